//! How a gift card is stopped, gets a new code, and ends.

use super::*;

#[test]
fn a_disabled_card_pays_nothing() {
    given(vec![issued()]).when(disable()).then_expect_events(vec![disabled()]);
    given(vec![issued(), disabled()]).when(disable()).then_expect_events(vec![]);
    given(vec![issued(), disabled()]).when(hold(1, "1.00", 6)).then_expect_error(Error::Disabled);
    assert_eq!(sums(&[issued(), disabled()]), amounts(["100.00", "0.00", "0.00", "0.00"]));
}

#[test]
fn what_an_order_holds_outlives_the_disabling() {
    let history = || vec![issued(), held(1, "30.00", 1), disabled()];
    given(history()).when(capture(1, 6)).then_expect_events(vec![captured(1, "30.00", 6)]);
    given(history()).when(void(1, 6)).then_expect_events(vec![voided(1, "30.00", 6)]);
    let card = state(&history()).evolve(&voided(1, "30.00", 6));
    assert_eq!(card.status(minute(6)), Some(Status::Disabled));
}

#[test]
fn a_reissued_card_has_a_new_code_and_the_old_one_is_worthless() {
    for mut history in [vec![issued()], vec![issued(), disabled()]] {
        given(history.clone()).when(reissue(2, 6)).then_expect_events(vec![reissued(2, 6)]);
        history.push(reissued(2, 6));
        given(history.clone()).when(hold(1, "1.00", 7)).then_expect_error(Error::NotFound);
        given(history.clone())
            .when(hold_with(2, 1, "100.00", 7))
            .then_expect_events(vec![held(1, "100.00", 7)]);
        let card = state(&history);
        assert_eq!(card.status(minute(7)), Some(Status::Active));
        assert_eq!(card.details().unwrap().hint, "HNT2");
    }
}

#[test]
fn a_thief_learns_nothing_from_the_old_code_of_a_disabled_card() {
    given(vec![issued(), reissued(2, 3), disabled()])
        .when(hold(1, "1.00", 6))
        .then_expect_error(Error::NotFound);
}

#[test]
fn what_an_order_holds_outlives_the_code() {
    given(vec![issued(), held(1, "30.00", 1), reissued(2, 6)])
        .when(capture(1, 7))
        .then_expect_events(vec![captured(1, "30.00", 7)]);
}

#[test]
fn an_expired_card_gets_no_new_code() {
    for history in [vec![issued()], vec![issued(), disabled()]] {
        given(history)
            .when(reissue(2, 100))
            .then_expect_error(Error::Expired { expired_at: minute(100) });
    }
}

#[test]
fn what_is_available_expires_when_the_time_is_up() {
    given(vec![issued()]).when(expire(99)).then_expect_events(vec![]);
    for history in [vec![issued()], vec![issued(), disabled()]] {
        given(history).when(expire(100)).then_expect_events(vec![expired("100.00", 100)]);
    }
    given(vec![issued(), expired("100.00", 100)]).when(expire(101)).then_expect_events(vec![]);
}

#[test]
fn a_card_that_was_used_up_does_not_expire() {
    given(vec![issued(), held(1, "100.00", 1), captured(1, "100.00", 2)])
        .when(expire(100))
        .then_expect_events(vec![]);
}

#[test]
fn the_status_tells_what_can_be_done_with_it() {
    let used = || vec![issued(), held(1, "100.00", 1), captured(1, "100.00", 2)];
    let back = || {
        let mut events = vec![issued(), held(1, "30.00", 1), captured(1, "30.00", 2)];
        events.extend([expired("70.00", 100), credited_back(1, "30.00", 200, 150)]);
        events
    };
    let used_again = || [back(), vec![held(2, "30.00", 151), captured(2, "30.00", 152)]].concat();
    for (history, at, status) in [
        (vec![requested()], 1, Status::Pending),
        (vec![requested(), withdrawn()], 3, Status::Withdrawn),
        (vec![issued()], 99, Status::Active),
        (vec![issued()], 100, Status::Expired),
        (vec![issued(), expired("100.00", 100)], 101, Status::Expired),
        (vec![issued(), held(1, "100.00", 1)], 2, Status::Active),
        (vec![issued(), disabled()], 6, Status::Disabled),
        (used(), 3, Status::Used),
        (used(), 101, Status::Used),
        (back(), 151, Status::Active),
        (back(), 200, Status::Expired),
        (used_again(), 153, Status::Used),
    ] {
        assert_eq!(state(&history).status(minute(at)), Some(status), "{at} {history:?}");
    }
}

#[test]
fn the_text_of_a_status_is_its_json() {
    for status in [
        Status::Pending,
        Status::Active,
        Status::Disabled,
        Status::Expired,
        Status::Used,
        Status::Withdrawn,
    ] {
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{status}\""));
    }
}
