//! What may be given back of an order. The order is 3 × 19.99, 1 × 40.00, and 5.00 of delivery.

use super::*;

const PAID: &str = "104.97";

type Lines<'a> = &'a [(u128, u32)];

fn refund(n: u128, lines: Option<Lines<'_>>, amount: Option<&str>, paid: &str) -> Command {
    Command::Refund {
        refund_id: id(n),
        lines: lines.map(|lines| {
            lines.iter().map(|(product, quantity)| (id(*product), units(*quantity))).collect()
        }),
        amount: amount.map(money),
        taken: Taken::money(money(paid)),
        reason: "broken".to_owned(),
        at: minute(9),
        by: Actor::Admin,
    }
}

fn refunded(n: u128, lines: &[(u128, u32, &str)], amount: &str) -> Event {
    Event::Refunded {
        refund_id: id(n),
        lines: lines
            .iter()
            .map(|(product, quantity, amount)| RefundedLine {
                product_id: id(*product),
                quantity: units(*quantity),
                amount: money(amount),
            })
            .collect(),
        amount: money(amount),
        gift_card: Money::ZERO,
        points_value: Money::ZERO,
        points: Points::ZERO,
        reason: "broken".to_owned(),
        at: minute(9),
        by: "admin".to_owned(),
    }
}

/// A delivered order after some refunds.
fn delivered_then(refunds: &[Event]) -> Vec<Event> {
    let mut events = history(Status::Delivered);
    events.extend_from_slice(refunds);
    events
}

#[test]
fn all_is_given_back_with_the_delivery() {
    let all = refunded(1, &[(1, 3, "59.97"), (2, 1, "40.00")], PAID);
    for status in [Status::Delivered, Status::Cancelled] {
        given(history(status))
            .when(refund(1, None, None, PAID))
            .then_expect_events(vec![all.clone()]);
        let order = state(&history(status)).evolve(&all);
        assert_eq!(order.status(), Some(Status::Refunded));
        assert_eq!(order.details().unwrap().refunded, money(PAID));
    }
}

#[test]
fn some_units_are_given_back_at_their_price() {
    given(history(Status::Delivered))
        .when(refund(1, Some(&[(1, 2)]), None, PAID))
        .then_expect_events(vec![refunded(1, &[(1, 2, "39.98")], "39.98")]);
    let order = state(&delivered_then(&[refunded(1, &[(1, 2, "39.98")], "39.98")]));
    let details = order.details().unwrap();
    assert_eq!(order.status(), Some(Status::Delivered));
    assert_eq!(details.refunded, money("39.98"));
    assert_eq!(details.refunded_units, [(id(1), 2)].into());
    assert_eq!(details.history.len(), 5, "a part changes no status");
}

#[test]
fn a_product_asked_for_twice_counts_together() {
    given(history(Status::Delivered))
        .when(refund(1, Some(&[(1, 1), (1, 1)]), None, PAID))
        .then_expect_events(vec![refunded(1, &[(1, 2, "39.98")], "39.98")]);
    given(history(Status::Delivered))
        .when(refund(1, Some(&[(1, 2), (1, 2)]), None, PAID))
        .then_expect_error(Error::RefundExceedsLine {
            product_id: id(1),
            available: 3,
            requested: 4,
        });
}

#[test]
fn no_unit_is_given_back_twice() {
    given(delivered_then(&[refunded(1, &[(1, 2, "39.98")], "39.98")]))
        .when(refund(2, Some(&[(1, 2)]), None, PAID))
        .then_expect_error(Error::RefundExceedsLine {
            product_id: id(1),
            available: 1,
            requested: 2,
        });
}

#[test]
fn more_units_than_a_quantity_holds_are_refused() {
    given(history(Status::Delivered))
        .when(refund(1, Some(&[(1, 999), (1, 999)]), None, PAID))
        .then_expect_error(Error::RefundExceedsLine {
            product_id: id(1),
            available: 3,
            requested: 1998,
        });
}

#[test]
fn only_what_was_bought_is_given_back() {
    given(history(Status::Delivered))
        .when(refund(1, Some(&[(9, 1)]), None, PAID))
        .then_expect_error(Error::NoSuchLine { product_id: id(9) });
}

#[test]
fn an_amount_may_be_less_than_the_lines_cost() {
    given(history(Status::Delivered))
        .when(refund(1, Some(&[(1, 1), (2, 1)]), Some("30.00"), PAID))
        .then_expect_events(vec![refunded(1, &[(1, 1, "9.99"), (2, 1, "20.01")], "30.00")]);
}

#[test]
fn an_amount_is_never_more_than_the_lines_cost() {
    given(history(Status::Delivered))
        .when(refund(1, Some(&[(2, 1)]), Some("40.01"), PAID))
        .then_expect_error(Error::RefundExceedsLines {
            value: money("40.00"),
            requested: money("40.01"),
        });
}

#[test]
fn just_money_is_given_back() {
    for lines in [None, Some(&[][..])] {
        given(history(Status::Delivered))
            .when(refund(1, lines, Some("10.00"), PAID))
            .then_expect_events(vec![refunded(1, &[], "10.00")]);
    }
}

#[test]
fn no_more_money_is_given_back_than_was_paid() {
    let exceeds = |available: &str, requested: &str| Error::RefundExceedsPaid {
        available: money(available),
        requested: money(requested),
    };
    given(history(Status::Delivered))
        .when(refund(1, None, Some("104.98"), PAID))
        .then_expect_error(exceeds(PAID, "104.98"));
    given(delivered_then(&[refunded(1, &[], "100.00")]))
        .when(refund(2, None, Some("4.98"), PAID))
        .then_expect_error(exceeds("4.97", "4.98"));
    given(delivered_then(&[refunded(1, &[], "100.00")]))
        .when(refund(2, Some(&[(2, 1)]), None, PAID))
        .then_expect_error(exceeds("4.97", "40.00"));
    given(history(Status::Delivered))
        .when(refund(1, Some(&[(2, 1)]), None, "30.00"))
        .then_expect_error(exceeds("30.00", "40.00"));
}

#[test]
fn a_refund_of_nothing_is_refused() {
    for command in [
        refund(1, None, Some("0.00"), PAID),
        refund(1, Some(&[]), None, PAID),
        refund(1, Some(&[(1, 1)]), Some("0.00"), PAID),
        // Delivered, to be paid in cash, and not paid yet.
        refund(1, None, None, "0.00"),
    ] {
        given(history(Status::Delivered)).when(command).then_expect_error(Error::NothingToRefund);
    }
}

#[test]
fn the_rest_is_given_back_to_the_last_hundredth() {
    let first = [refunded(1, &[(1, 2, "39.98")], "39.98"), refunded(2, &[], "0.01")];
    let rest = refunded(3, &[(1, 1, "19.99"), (2, 1, "40.00")], "64.98");
    given(delivered_then(&first))
        .when(refund(3, None, None, PAID))
        .then_expect_events(vec![rest.clone()]);
    let order = state(&delivered_then(&first)).evolve(&rest);
    assert_eq!(order.status(), Some(Status::Refunded));
}

#[test]
fn the_rest_may_be_less_than_the_units_that_are_left() {
    given(delivered_then(&[refunded(1, &[], "100.00")]))
        .when(refund(2, None, None, PAID))
        .then_expect_events(vec![refunded(2, &[(1, 3, "2.98"), (2, 1, "1.99")], "4.97")]);
}

#[test]
fn the_delivery_is_the_rest_where_all_units_are_back() {
    given(delivered_then(&[refunded(1, &[(1, 3, "59.97"), (2, 1, "40.00")], "99.97")]))
        .when(refund(2, None, None, PAID))
        .then_expect_events(vec![refunded(2, &[], "5.00")]);
}

#[test]
fn a_cancelled_order_that_was_not_paid_gives_nothing_back() {
    let refused = || Error::InvalidTransition { from: Status::Cancelled, to: Status::Refunded };
    given(history(Status::Cancelled))
        .when(refund(1, None, None, "0.00"))
        .then_expect_error(refused());
    let mut events = history(Status::Cancelled);
    events.push(refunded(1, &[], "50.00"));
    given(events).when(refund(2, None, None, "50.00")).then_expect_error(refused());
}

#[test]
fn the_same_refund_is_given_once() {
    let all = refunded(1, &[(1, 3, "59.97"), (2, 1, "40.00")], PAID);
    for given_before in [refunded(1, &[], "10.00"), all] {
        given(delivered_then(&[given_before]))
            .when(refund(1, None, Some("10.00"), PAID))
            .then_expect_events(vec![]);
    }
}
