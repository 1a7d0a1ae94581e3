//! What a refund takes back of the points that its order earned. The order is of 100.00 in money
//! and earned 10 points for a spend of 1,000.00, so that the shares are easy to read.

use super::*;

#[test]
fn pending_points_are_taken_back_first() {
    given(vec![earned(1, 10, 0)]).when(reverse(1, "100.00", 1)).then_expect_events(vec![reversed(
        1,
        (10, vec![], 0),
        "1000.00",
        1,
    )]);
    let history = [earned(1, 10, 0), reversed(1, (10, vec![], 0), "1000.00", 1)];
    assert_eq!(counts(&history), [0, 0, 0, 0]);
    assert_eq!(state(&history).totals.reversed, points(10));
}

#[test]
fn points_are_taken_back_in_proportion_and_all_of_them_in_the_end() {
    let mut history = vec![earned(1, 10, 0)];
    // Of 10 points, those for what is left are kept, rounded down: 6 of 6.67, 3 of 3.33, 0.
    for (refunded, taken, spend) in
        [("33.33", 4, "333.30"), ("66.67", 3, "333.40"), ("100.00", 3, "333.30")]
    {
        let event = reversed(1, (taken, vec![], 0), spend, 1);
        given(history.clone())
            .when(reverse(1, refunded, 1))
            .then_expect_events(vec![event.clone()]);
        history.push(event);
    }
    assert_eq!(counts(&history), [0, 0, 0, 0]);
}

#[test]
fn the_same_refunds_take_nothing_back_twice() {
    let history = || vec![earned(1, 10, 0), reversed(1, (5, vec![], 0), "500.00", 1)];
    for refunded in ["50.00", "49.00"] {
        given(history()).when(reverse(1, refunded, 2)).then_expect_events(vec![]);
    }
}

#[test]
fn an_order_that_earned_nothing_loses_nothing() {
    given(vec![]).when(reverse(1, "100.00", 1)).then_expect_events(vec![]);
    given(vec![earned(2, 10, 0)]).when(reverse(1, "100.00", 1)).then_expect_events(vec![]);
}

#[test]
fn a_spend_that_was_too_little_for_points_no_longer_counts_towards_the_tier() {
    given(vec![earned_in("bronze", 1, 0, "50.00", 0)])
        .when(reverse(1, "100.00", 1))
        .then_expect_events(vec![reversed(1, (0, vec![], 0), "50.00", 1)]);
}

#[test]
fn the_lot_of_the_order_pays_before_those_of_others() {
    let history = || [delivered(2, 8, 0), delivered(1, 10, 5)].concat();
    given(history()).when(reverse(1, "100.00", 6)).then_expect_events(vec![reversed(
        1,
        (0, vec![part(1, 10, 370)], 0),
        "1000.00",
        6,
    )]);
    let mut spent_in_part = history();
    spent_in_part.extend([held(3, vec![part(2, 8, 365), part(1, 7, 370)], 6), spent(3, 15, 6)]);
    spent_in_part.extend(delivered(4, 2, 7));
    given(spent_in_part).when(reverse(1, "100.00", 8)).then_expect_events(vec![reversed(
        1,
        (0, vec![part(1, 3, 370), part(4, 2, 372)], 5),
        "1000.00",
        8,
    )]);
}

#[test]
fn what_was_spent_already_is_owed() {
    let mut history = delivered(1, 10, 0).to_vec();
    history.extend([held(2, vec![part(1, 10, 365)], 1), spent(2, 10, 1)]);
    let event = reversed(1, (0, vec![], 10), "1000.00", 2);
    given(history.clone()).when(reverse(1, "100.00", 2)).then_expect_events(vec![event.clone()]);
    history.push(event);
    assert_eq!(counts(&history), [0, 0, 0, 10]);
}

#[test]
fn what_is_held_for_another_order_stays_held() {
    let mut history = delivered(1, 10, 0).to_vec();
    history.push(held(2, vec![part(1, 6, 365)], 1));
    let event = reversed(1, (0, vec![part(1, 4, 365)], 6), "1000.00", 2);
    given(history.clone()).when(reverse(1, "100.00", 2)).then_expect_events(vec![event.clone()]);
    history.push(event);
    assert_eq!(counts(&history), [0, 0, 6, 6]);
    given(history).when(spend(2, 3)).then_expect_events(vec![spent(2, 6, 3)]);
}
