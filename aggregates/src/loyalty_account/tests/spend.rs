//! How points pay: held, spent, released and restored.

use super::*;

/// 5 points until day 365 and 8 until day 375.
fn two_lots() -> Vec<Event> {
    [delivered(1, 5, 0), delivered(2, 8, 10)].concat()
}

/// The younger lot came first.
fn two_lots_in_disorder() -> Vec<Event> {
    let mut events = vec![earned(1, 5, 0), earned(2, 8, 0)];
    events.extend([activated(2, 8, 0, 10), activated(1, 5, 0, 0)]);
    events
}

#[test]
fn the_oldest_lot_is_spent_first() {
    for history in [two_lots(), two_lots_in_disorder()] {
        given(history.clone()).when(hold(3, 5, 20)).then_expect_events(vec![held(
            3,
            vec![part(1, 5, 365)],
            20,
        )]);
        given(history).when(hold(3, 7, 20)).then_expect_events(vec![held(
            3,
            vec![part(1, 5, 365), part(2, 2, 375)],
            20,
        )]);
    }
}

#[test]
fn an_expired_lot_is_not_spendable_even_before_it_is_booked() {
    assert_eq!(state(&two_lots()).spendable(day(364)), points(13));
    given(two_lots()).when(hold(3, 13, 364)).then_expect_events(vec![held(
        3,
        vec![part(1, 5, 365), part(2, 8, 375)],
        364,
    )]);
    assert_eq!(state(&two_lots()).spendable(day(365)), points(8));
    given(two_lots()).when(hold(3, 8, 365)).then_expect_events(vec![held(
        3,
        vec![part(2, 8, 375)],
        365,
    )]);
    given(two_lots()).when(hold(3, 9, 365)).then_expect_error(Error::InsufficientPoints {
        available: points(8),
        requested: points(9),
    });
}

#[test]
fn what_is_held_is_not_held_again() {
    let mut history = two_lots();
    history.push(held(3, vec![part(1, 5, 365), part(2, 2, 375)], 20));
    assert_eq!(counts(&history), [0, 6, 7, 0]);
    given(history.clone()).when(hold(4, 6, 21)).then_expect_events(vec![held(
        4,
        vec![part(2, 6, 375)],
        21,
    )]);
    given(history).when(hold(4, 7, 21)).then_expect_error(Error::InsufficientPoints {
        available: points(6),
        requested: points(7),
    });
}

#[test]
fn a_hold_of_nothing_is_refused() {
    given(two_lots()).when(hold(3, 0, 20)).then_expect_error(Error::ZeroPoints);
}

#[test]
fn an_order_holds_once() {
    let mut history = two_lots();
    history.push(held(3, vec![part(1, 1, 365)], 20));
    given(history).when(hold(3, 1, 20)).then_expect_error(Error::AlreadyHeld);
}

#[test]
fn an_order_spends_what_it_holds() {
    let mut history = two_lots();
    history.push(held(3, vec![part(1, 5, 365), part(2, 2, 375)], 20));
    given(history.clone()).when(spend(3, 21)).then_expect_events(vec![spent(3, 7, 21)]);
    history.push(spent(3, 7, 21));
    assert_eq!(counts(&history), [0, 6, 0, 0]);
    assert_eq!(state(&history).totals.redeemed, points(7));
}

#[test]
fn what_an_order_holds_outlives_its_lot() {
    let mut history = two_lots();
    history.push(held(3, vec![part(1, 5, 365)], 364));
    given(history.clone()).when(expire(366)).then_expect_events(vec![]);
    given(history).when(spend(3, 366)).then_expect_events(vec![spent(3, 5, 366)]);
}

#[test]
fn a_hold_that_ends_without_the_order_goes_back_to_its_lots() {
    let lots = || vec![part(1, 5, 365), part(2, 2, 375)];
    let mut history = two_lots();
    history.push(held(3, lots(), 20));
    given(history.clone()).when(release(3, 21)).then_expect_events(vec![released(3, lots(), 21)]);
    history.push(released(3, lots(), 21));
    let account = state(&history);
    assert_eq!((account.lots, account.holds.len()), (state(&two_lots()).lots, 0));
}

#[test]
fn points_that_come_back_after_their_time_expire() {
    let mut history = two_lots();
    history.push(held(3, vec![part(1, 5, 365)], 364));
    history.push(released(3, vec![part(1, 5, 365)], 366));
    assert_eq!(state(&history).spendable(day(366)), points(8));
    given(history).when(expire(367)).then_expect_events(vec![expired(vec![part(1, 5, 365)], 367)]);
}

#[test]
fn only_an_open_hold_ends() {
    let after = |more: Vec<Event>| {
        let mut events = two_lots();
        events.push(held(3, vec![part(1, 5, 365)], 20));
        events.extend(more);
        events
    };
    for history in [
        two_lots(),
        after(vec![spent(3, 5, 21)]),
        after(vec![released(3, vec![part(1, 5, 365)], 21)]),
    ] {
        given(history.clone()).when(spend(3, 22)).then_expect_error(Error::NothingHeld);
        given(history).when(release(3, 22)).then_expect_error(Error::NothingHeld);
    }
}

/// 7 points that order 3 took on day 21.
fn after_spending() -> Vec<Event> {
    let mut events = two_lots();
    events.extend([held(3, vec![part(1, 5, 365), part(2, 2, 375)], 20), spent(3, 7, 21)]);
    events
}

#[test]
fn spent_points_come_back_with_a_new_lifetime() {
    let mut history = after_spending();
    given(history.clone())
        .when(restore(3, 401, 4, 100))
        .then_expect_events(vec![restored(3, 401, 4, 0, 100)]);
    history.push(restored(3, 401, 4, 0, 100));
    let account = state(&history);
    assert_eq!((account.available(), account.totals.redeemed), (points(10), points(3)));
    assert_eq!(account.spendable(day(464)), points(4), "the lots of the orders are over by then");
    assert_eq!(account.spendable(day(465)), Points::ZERO);
    given(history)
        .when(restore(3, 402, 3, 101))
        .then_expect_events(vec![restored(3, 402, 3, 0, 101)]);
}

#[test]
fn no_more_points_come_back_than_the_order_took() {
    let exceeds =
        |taken, requested| Error::RestoreExceedsSpent { taken, requested: points(requested) };
    given(after_spending()).when(restore(3, 401, 8, 100)).then_expect_error(exceeds(points(7), 8));
    given(after_spending())
        .when(restore(9, 401, 1, 100))
        .then_expect_error(exceeds(Points::ZERO, 1));
    let mut history = after_spending();
    history.push(restored(3, 401, 4, 0, 100));
    given(history).when(restore(3, 402, 4, 101)).then_expect_error(exceeds(points(3), 4));
}

#[test]
fn a_return_of_no_points_is_refused() {
    given(after_spending()).when(restore(3, 401, 0, 100)).then_expect_error(Error::ZeroPoints);
}

#[test]
fn points_that_come_back_repay_what_is_owed_first() {
    let mut history = delivered(1, 5, 0).to_vec();
    history.extend([held(3, vec![part(1, 5, 365)], 20), spent(3, 5, 21)]);
    history.push(reversed(1, (0, vec![], 3), "300.00", 22));
    assert_eq!(counts(&history), [0, 0, 0, 3]);
    given(history.clone())
        .when(restore(3, 401, 2, 100))
        .then_expect_events(vec![restored(3, 401, 2, 2, 100)]);
    given(history.clone())
        .when(restore(3, 401, 5, 100))
        .then_expect_events(vec![restored(3, 401, 5, 3, 100)]);
    history.push(restored(3, 401, 5, 3, 100));
    assert_eq!(counts(&history), [0, 2, 0, 0]);
}
