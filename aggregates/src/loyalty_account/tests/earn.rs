//! How points are earned, and when they can be spent.

use super::*;

#[test]
fn a_spend_earns_points_rounded_down_under_the_programme_of_the_day() {
    for (spend, n) in [("0.99", 0), ("99.99", 0), ("100.00", 1), ("299.99", 2), ("99999.99", 999)] {
        given(vec![])
            .when(earn(1, spend, 0))
            .then_expect_events(vec![earned_in("bronze", 1, n, spend, 0)]);
    }
}

#[test]
fn a_higher_tier_earns_more() {
    for (tier, n) in [("silver", 30), ("gold", 50)] {
        let reached = Event::TierChanged {
            from: Tier::default(),
            to: Tier::new(tier),
            spend: Money::ZERO,
            programme: 7,
            at: day(0),
            by: by(),
        };
        given(vec![reached])
            .when(earn(1, "1000.00", 1))
            .then_expect_events(vec![earned_in(tier, 1, n, "1000.00", 1)]);
    }
}

#[test]
fn an_order_earns_once() {
    for history in [vec![earned(1, 5, 0)], delivered(1, 5, 0).to_vec(), vec![earned(1, 0, 0)]] {
        given(history).when(earn(1, "100.00", 1)).then_expect_error(Error::AlreadyEarned);
    }
}

#[test]
fn points_are_spendable_once_the_order_is_delivered() {
    assert_eq!(counts(&[earned(1, 5, 0)]), [5, 0, 0, 0]);
    given(vec![earned(1, 5, 0)]).when(hold(2, 1, 1)).then_expect_error(Error::InsufficientPoints {
        available: Points::ZERO,
        requested: points(1),
    });
    given(vec![earned(1, 5, 0)])
        .when(activate(1, 3))
        .then_expect_events(vec![activated(1, 5, 0, 3)]);
    assert_eq!(counts(&[earned(1, 5, 0), activated(1, 5, 0, 3)]), [0, 5, 0, 0]);
}

#[test]
fn a_delivery_without_pending_points_causes_nothing() {
    for history in [vec![], vec![earned(1, 0, 0)], delivered(1, 5, 0).to_vec()] {
        given(history).when(activate(1, 4)).then_expect_events(vec![]);
    }
    let reversed = reversed(1, (5, vec![], 0), "500.00", 1);
    given(vec![earned(1, 5, 0), reversed]).when(activate(1, 4)).then_expect_events(vec![]);
}

#[test]
fn only_the_points_that_were_not_taken_back_become_spendable() {
    given(vec![earned(1, 5, 0), reversed(1, (2, vec![], 0), "200.00", 1)])
        .when(activate(1, 4))
        .then_expect_events(vec![activated(1, 3, 0, 4)]);
}

/// 5 points of an order that were spent, then taken back.
fn in_debt() -> Vec<Event> {
    let mut events = delivered(1, 5, 0).to_vec();
    events.extend([held(2, vec![part(1, 5, 365)], 1), spent(2, 5, 1)]);
    events.push(reversed(1, (0, vec![], 5), "500.00", 2));
    events
}

#[test]
fn later_earnings_repay_what_is_owed() {
    let mut history = in_debt();
    assert_eq!(counts(&history), [0, 0, 0, 5]);
    history.push(earned(3, 3, 3));
    given(history.clone()).when(activate(3, 4)).then_expect_events(vec![activated(3, 3, 3, 4)]);
    history.push(activated(3, 3, 3, 4));
    assert_eq!(counts(&history), [0, 0, 0, 2]);
    history.push(earned(4, 10, 5));
    given(history.clone()).when(activate(4, 6)).then_expect_events(vec![activated(4, 10, 2, 6)]);
    history.push(activated(4, 10, 2, 6));
    assert_eq!(counts(&history), [0, 8, 0, 0]);
}

#[test]
fn an_account_never_earns_more_points_than_there_can_be() {
    let all_but_five = Points::MAX.get() - 5;
    let full = || Event::Earned {
        order_id: id(1),
        points: points(all_but_five),
        spend: Money::ZERO,
        tier: Tier::default(),
        programme: 7,
        at: day(0),
        by: by(),
    };
    given(vec![full()])
        .when(earn(2, "600.00", 1))
        .then_expect_events(vec![earned_in("bronze", 2, 5, "600.00", 1)]);
    let account = state(&[full(), earned_in("bronze", 2, 5, "600.00", 1)]);
    assert_eq!((account.totals.earned, account.pending()), (Points::MAX, Points::MAX));
}
