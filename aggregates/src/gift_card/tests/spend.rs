//! What an order takes of a gift card, and what a refund gives back.

use super::*;

#[test]
fn an_amount_is_held_then_captured() {
    given(vec![issued()]).when(hold(1, "30.00", 1)).then_expect_events(vec![held(1, "30.00", 1)]);
    let mut history = vec![issued(), held(1, "30.00", 1)];
    assert_eq!(sums(&history), amounts(["70.00", "30.00", "0.00", "0.00"]));
    assert_eq!(state(&history).details().unwrap().balance(), money("100.00"));
    given(history.clone()).when(capture(1, 2)).then_expect_events(vec![captured(1, "30.00", 2)]);
    history.push(captured(1, "30.00", 2));
    assert_eq!(sums(&history), amounts(["70.00", "0.00", "30.00", "0.00"]));
}

#[test]
fn a_hold_that_ends_without_the_order_is_available_again() {
    let mut history = vec![issued(), held(1, "30.00", 1)];
    given(history.clone()).when(void(1, 2)).then_expect_events(vec![voided(1, "30.00", 2)]);
    history.push(voided(1, "30.00", 2));
    assert_eq!(sums(&history), amounts(["100.00", "0.00", "0.00", "0.00"]));
}

#[test]
fn what_is_held_is_not_held_again() {
    let history = || vec![issued(), held(1, "30.00", 1)];
    given(history()).when(hold(2, "70.00", 2)).then_expect_events(vec![held(2, "70.00", 2)]);
    given(history()).when(hold(2, "70.01", 2)).then_expect_error(Error::InsufficientBalance {
        available: money("70.00"),
        requested: money("70.01"),
    });
}

#[test]
fn what_was_captured_is_gone() {
    given(vec![issued(), held(1, "30.00", 1), captured(1, "30.00", 2)])
        .when(hold(2, "70.01", 3))
        .then_expect_error(Error::InsufficientBalance {
            available: money("70.00"),
            requested: money("70.01"),
        });
}

#[test]
fn an_order_holds_once() {
    given(vec![issued(), held(1, "30.00", 1)])
        .when(hold(1, "30.00", 2))
        .then_expect_error(Error::AlreadyHeld);
}

#[test]
fn a_hold_of_nothing_is_refused() {
    given(vec![issued()]).when(hold(1, "0.00", 1)).then_expect_error(Error::ZeroAmount);
}

#[test]
fn only_an_open_hold_ends() {
    for history in [
        vec![issued()],
        vec![issued(), held(2, "30.00", 1)],
        vec![issued(), held(1, "30.00", 1), captured(1, "30.00", 2)],
        vec![issued(), held(1, "30.00", 1), voided(1, "30.00", 2)],
    ] {
        given(history.clone()).when(capture(1, 3)).then_expect_error(Error::NothingHeld);
        given(history).when(void(1, 3)).then_expect_error(Error::NothingHeld);
    }
}

#[test]
fn a_wrong_code_opens_no_card() {
    given(vec![issued()]).when(hold_with(2, 1, "1.00", 1)).then_expect_error(Error::NotFound);
}

#[test]
fn a_card_is_spent_until_its_last_moment() {
    given(vec![issued()]).when(hold(1, "1.00", 99)).then_expect_events(vec![held(1, "1.00", 99)]);
    for at in [100, 101] {
        given(vec![issued()])
            .when(hold(1, "1.00", at))
            .then_expect_error(Error::Expired { expired_at: minute(100) });
    }
}

#[test]
fn what_an_order_holds_outlives_the_card() {
    let history = vec![issued(), held(1, "30.00", 99), expired("70.00", 100)];
    assert_eq!(sums(&history), amounts(["0.00", "30.00", "0.00", "70.00"]));
    given(history.clone()).when(expire(101)).then_expect_events(vec![]);
    given(history).when(capture(1, 101)).then_expect_events(vec![captured(1, "30.00", 101)]);
}

#[test]
fn a_hold_that_ends_after_the_card_expires_with_it() {
    let mut history = vec![issued(), held(1, "30.00", 99), expired("70.00", 100)];
    given(history.clone()).when(void(1, 101)).then_expect_events(vec![voided(1, "30.00", 101)]);
    history.push(voided(1, "30.00", 101));
    given(history.clone())
        .when(hold(2, "30.00", 102))
        .then_expect_error(Error::Expired { expired_at: minute(100) });
    given(history.clone()).when(expire(102)).then_expect_events(vec![expired("30.00", 102)]);
    history.push(expired("30.00", 102));
    assert_eq!(sums(&history), amounts(["0.00", "0.00", "0.00", "100.00"]));
}

#[test]
fn a_refund_comes_back_to_the_card() {
    let mut history = vec![issued(), held(1, "30.00", 1), captured(1, "30.00", 2)];
    given(history.clone())
        .when(credit_back(1, "20.00", 50, 3))
        .then_expect_events(vec![credited_back(1, "20.00", 100, 3)]);
    history.push(credited_back(1, "20.00", 100, 3));
    assert_eq!(sums(&history), amounts(["90.00", "0.00", "10.00", "0.00"]));
    given(history).when(credit_back(1, "10.01", 50, 4)).then_expect_error(
        Error::CreditExceedsTaken { taken: money("10.00"), requested: money("10.01") },
    );
}

#[test]
fn no_more_comes_back_than_the_order_took() {
    let exceeds =
        |taken: &str| Error::CreditExceedsTaken { taken: money(taken), requested: money("30.01") };
    for (history, taken) in [
        (vec![issued()], "0.00"),
        (vec![issued(), held(1, "30.00", 1)], "0.00"),
        (vec![issued(), held(2, "40.00", 1), captured(2, "40.00", 2)], "0.00"),
        (vec![issued(), held(1, "30.00", 1), captured(1, "30.00", 2)], "30.00"),
    ] {
        given(history).when(credit_back(1, "30.01", 50, 3)).then_expect_error(exceeds(taken));
    }
}

#[test]
fn a_refund_of_nothing_is_refused() {
    given(vec![issued(), held(1, "30.00", 1), captured(1, "30.00", 2)])
        .when(credit_back(1, "0.00", 50, 3))
        .then_expect_error(Error::ZeroAmount);
}

#[test]
fn money_that_comes_back_to_an_expired_card_can_be_spent_for_a_while() {
    let mut history =
        vec![issued(), held(1, "30.00", 1), captured(1, "30.00", 2), expired("70.00", 100)];
    given(history.clone())
        .when(credit_back(1, "30.00", 190, 160))
        .then_expect_events(vec![credited_back(1, "30.00", 190, 160)]);
    history.push(credited_back(1, "30.00", 190, 160));
    assert_eq!(sums(&history), amounts(["30.00", "0.00", "0.00", "70.00"]));
    assert_eq!(state(&history).status(minute(160)), Some(Status::Active));
    given(history.clone())
        .when(hold(2, "30.00", 189))
        .then_expect_events(vec![held(2, "30.00", 189)]);
    given(history.clone())
        .when(hold(2, "30.00", 190))
        .then_expect_error(Error::Expired { expired_at: minute(190) });
    given(history).when(expire(190)).then_expect_events(vec![expired("30.00", 190)]);
}

#[test]
fn a_refund_to_a_disabled_card_waits_for_its_new_code() {
    let mut history = vec![issued(), held(1, "30.00", 1), captured(1, "30.00", 2), disabled()];
    given(history.clone())
        .when(credit_back(1, "30.00", 50, 6))
        .then_expect_events(vec![credited_back(1, "30.00", 100, 6)]);
    history.push(credited_back(1, "30.00", 100, 6));
    given(history.clone()).when(hold(2, "1.00", 7)).then_expect_error(Error::Disabled);
    history.push(reissued(2, 8));
    given(history)
        .when(hold_with(2, 2, "100.00", 9))
        .then_expect_events(vec![held(2, "100.00", 9)]);
}
