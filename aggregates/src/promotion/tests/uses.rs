//! How a promotion comes and goes, and how its uses are counted.

use super::*;

#[test]
fn a_promotion_is_created_once() {
    given(vec![]).when(create(ten_percent())).then_expect_events(vec![created(ten_percent())]);
    for end in [vec![], vec![withdrawn()], vec![expired(20)]] {
        given([vec![created(until(20))], end].concat())
            .when(create(ten_percent()))
            .then_expect_error(Error::AlreadyExists);
    }
}

#[test]
fn what_was_never_created_takes_no_step() {
    for command in
        [change(ten_percent()), withdraw(), expire(1), hold(1, 1), take(1), release(1), restore(1)]
    {
        given(vec![]).when(command).then_expect_error(Error::NotFound);
    }
    assert_eq!(Promotion::default().details(), None);
    assert_eq!(Promotion::default().discounts(&[], minute(0)), Err(Error::NotFound));
}

#[test]
fn its_terms_change_for_whoever_uses_it_from_then_on() {
    let new = always(fixed("1.00"));
    given(vec![created(ten_percent())])
        .when(change(new.clone()))
        .then_expect_events(vec![changed(new.clone())]);
    given(vec![created(ten_percent())]).when(change(ten_percent())).then_expect_events(vec![]);
    let promotion = state(&[created(ten_percent()), held(1, 1), changed(new.clone())]);
    let items = [item(1, "100.00", "jazz")];
    assert_eq!(promotion.discounts(&items, minute(6)), Ok(vec![money("1.00")]));
    let details = promotion.details().unwrap();
    assert_eq!(details.holds[&id(1)].discount, money("5.00"), "what was promised stays");
    assert_eq!((details.created_at, details.updated_at), (minute(0), minute(5)));
}

#[test]
fn a_withdrawn_promotion_is_over_for_good() {
    given(vec![created(ten_percent())]).when(withdraw()).then_expect_events(vec![withdrawn()]);
    let history = || vec![created(until(20)), withdrawn()];
    given(history()).when(withdraw()).then_expect_events(vec![]);
    given(history()).when(expire(20)).then_expect_events(vec![]);
    given(history()).when(change(ten_percent())).then_expect_error(Error::Withdrawn);
    given(history()).when(hold(1, 7)).then_expect_error(Error::Withdrawn);
    let items = [item(1, "100.00", "jazz")];
    assert_eq!(state(&history()).discounts(&items, minute(7)), Err(Error::Withdrawn));
}

#[test]
fn a_promotion_expires_when_its_window_closes() {
    given(vec![created(until(20))]).when(expire(19)).then_expect_events(vec![]);
    given(vec![created(until(20))]).when(expire(20)).then_expect_events(vec![expired(20)]);
    given(vec![created(ten_percent())]).when(expire(99)).then_expect_events(vec![]);
    let history = || vec![created(until(20)), expired(20)];
    given(history()).when(expire(21)).then_expect_events(vec![]);
    let over = || Error::Over { ended_at: minute(20) };
    given(history()).when(hold(1, 21)).then_expect_error(over());
    let items = [item(1, "100.00", "jazz")];
    assert_eq!(state(&history()).discounts(&items, minute(21)), Err(over()));
}

#[test]
fn an_expired_promotion_ends_for_good_when_it_is_withdrawn() {
    given(vec![created(until(20)), expired(20)])
        .when(withdraw())
        .then_expect_events(vec![withdrawn()]);
}

#[test]
fn new_terms_open_an_expired_promotion_again() {
    let mut history = vec![created(until(20)), held(1, 1), used(1), expired(20)];
    given(history.clone()).when(change(until(90))).then_expect_events(vec![changed(until(90))]);
    history.push(changed(until(90)));
    given(history.clone()).when(hold(2, 30)).then_expect_events(vec![held(2, 30)]);
    assert_eq!(state(&history).details().unwrap().used, 1, "its uses still count");
    given(history).when(expire(90)).then_expect_events(vec![expired(90)]);
}

#[test]
fn a_use_is_held_then_taken() {
    given(vec![created(ten_percent())]).when(hold(1, 1)).then_expect_events(vec![held(1, 1)]);
    let mut history = vec![created(ten_percent()), held(1, 1)];
    given(history.clone()).when(take(1)).then_expect_events(vec![used(1)]);
    history.push(used(1));
    let promotion = state(&history);
    let details = promotion.details().unwrap();
    assert_eq!((details.used, details.holds.len(), details.uses()), (1, 0, 1));
}

#[test]
fn held_uses_count_towards_the_limit() {
    let reached = || Error::LimitReached { limit: 2 };
    let history = || vec![created(limited(2)), held(1, 1), used(1)];
    given(history()).when(hold(2, 2)).then_expect_events(vec![held(2, 2)]);
    let full = || [history(), vec![held(2, 2)]].concat();
    given(full()).when(hold(3, 3)).then_expect_error(reached());
    let items = [item(1, "100.00", "jazz")];
    assert_eq!(state(&history()).discounts(&items, minute(3)), Ok(vec![money("10.00")]));
    assert_eq!(state(&full()).discounts(&items, minute(3)), Err(reached()));
}

#[test]
fn a_use_that_ends_without_the_order_is_free_again() {
    let mut history = vec![created(limited(1)), held(1, 1)];
    given(history.clone()).when(release(1)).then_expect_events(vec![released(1)]);
    history.push(released(1));
    given(history).when(hold(2, 8)).then_expect_events(vec![held(2, 8)]);
}

#[test]
fn a_cancelled_order_gives_its_use_back() {
    let mut history = vec![created(limited(1)), held(1, 1), used(1)];
    given(history.clone()).when(restore(1)).then_expect_events(vec![restored(1)]);
    history.push(restored(1));
    assert_eq!(state(&history).details().unwrap().uses(), 0);
    given(history.clone()).when(hold(2, 9)).then_expect_events(vec![held(2, 9)]);
    given(history).when(restore(1)).then_expect_error(Error::NeverUsed);
}

#[test]
fn only_a_use_that_was_taken_is_given_back() {
    for history in [vec![created(limited(1))], vec![created(limited(1)), held(1, 1)]] {
        given(history).when(restore(1)).then_expect_error(Error::NeverUsed);
    }
}

#[test]
fn an_order_holds_one_use() {
    given(vec![created(ten_percent()), held(1, 1)])
        .when(hold(1, 2))
        .then_expect_error(Error::AlreadyHeld);
}

#[test]
fn only_an_open_hold_ends() {
    for history in [
        vec![created(ten_percent())],
        vec![created(ten_percent()), held(2, 1)],
        vec![created(ten_percent()), held(1, 1), used(1)],
        vec![created(ten_percent()), held(1, 1), released(1)],
    ] {
        given(history.clone()).when(take(1)).then_expect_error(Error::NothingHeld);
        given(history).when(release(1)).then_expect_error(Error::NothingHeld);
    }
}

#[test]
fn an_order_that_holds_a_use_outlives_the_promotion() {
    for end in [withdrawn(), expired(20)] {
        let history = || vec![created(until(20)), held(1, 1), end.clone()];
        given(history()).when(take(1)).then_expect_events(vec![used(1)]);
        given(history()).when(release(1)).then_expect_events(vec![released(1)]);
        let after_use = [history(), vec![used(1)]].concat();
        given(after_use).when(restore(1)).then_expect_events(vec![restored(1)]);
    }
}

#[test]
fn a_lower_limit_takes_no_use_away_and_allows_no_further_one() {
    let history =
        || vec![created(limited(3)), held(1, 1), used(1), held(2, 2), changed(limited(1))];
    given(history()).when(take(2)).then_expect_events(vec![used(2)]);
    given(history()).when(hold(3, 6)).then_expect_error(Error::LimitReached { limit: 1 });
}
