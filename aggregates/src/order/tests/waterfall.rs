//! Where the parts of a refund go: money first, then the gift card, then points. The order costs
//! 104.97, of which 30 points, a gift card 25.00 and money 49.97.

use super::*;
use crate::Points;

fn placed() -> Event {
    let command = place_paid_with("N-1", two_lines(), "5.00", points(30), Some(card_part("25.00")));
    Order::default().decide(command).unwrap().remove(0)
}

fn taken() -> Taken {
    Taken { money: money("49.97"), gift_card: money("25.00"), points: points(30) }
}

fn delivered_then(refunds: &[Event]) -> Vec<Event> {
    let mut events = vec![placed(), confirmed(), processing_started(), shipped(), delivered()];
    events.extend_from_slice(refunds);
    events
}

fn refund(n: u128, amount: Option<&str>, taken: Taken) -> Command {
    Command::Refund {
        refund_id: id(n),
        lines: None,
        amount: amount.map(money),
        taken,
        reason: "broken".to_owned(),
        at: minute(9),
        by: Actor::Admin,
    }
}

/// A refund of an amount: its parts for the gift card and for points, and the points.
fn refunded(n: u128, amount: &str, gift_card: &str, points_value: &str, back: u64) -> Event {
    Event::Refunded {
        refund_id: id(n),
        lines: vec![],
        amount: money(amount),
        gift_card: money(gift_card),
        points_value: money(points_value),
        points: points(back),
        reason: "broken".to_owned(),
        at: minute(9),
        by: "admin".to_owned(),
    }
}

#[test]
fn money_comes_back_first() {
    for amount in ["10.00", "49.97"] {
        given(delivered_then(&[]))
            .when(refund(1, Some(amount), taken()))
            .then_expect_events(vec![refunded(1, amount, "0.00", "0.00", 0)]);
    }
}

#[test]
fn the_gift_card_follows_when_the_money_is_back() {
    given(delivered_then(&[]))
        .when(refund(1, Some("49.98"), taken()))
        .then_expect_events(vec![refunded(1, "49.98", "0.01", "0.00", 0)]);
    given(delivered_then(&[refunded(1, "40.00", "0.00", "0.00", 0)]))
        .when(refund(2, Some("30.00"), taken()))
        .then_expect_events(vec![refunded(2, "30.00", "20.03", "0.00", 0)]);
}

#[test]
fn points_come_back_last() {
    let before = [refunded(1, "70.00", "20.03", "0.00", 0)];
    given(delivered_then(&before))
        .when(refund(2, Some("10.00"), taken()))
        .then_expect_events(vec![refunded(2, "10.00", "4.97", "5.03", 5)]);
}

#[test]
fn only_whole_points_come_back_and_none_is_lost() {
    let mut refunds = vec![refunded(1, "74.97", "25.00", "0.00", 0)];
    for (n, amount, back) in [(2, "0.99", 0), (3, "0.01", 1), (4, "1.50", 1), (5, "1.50", 2)] {
        let event = refunded(n, amount, "0.00", amount, back);
        given(delivered_then(&refunds))
            .when(refund(n, Some(amount), taken()))
            .then_expect_events(vec![event.clone()]);
        refunds.push(event);
    }
    let order = state(&delivered_then(&refunds));
    let events = order.decide(refund(6, None, taken())).unwrap();
    let Event::Refunded { amount, points: back, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((*amount, *back), (money("26.00"), points(26)));
    let order = events.iter().fold(order, Order::evolve);
    assert_eq!(order.status(), Some(Status::Refunded));
}

#[test]
fn all_parts_come_back_at_once() {
    let order = state(&delivered_then(&[]));
    let events = order.decide(refund(1, None, taken())).unwrap();
    let Event::Refunded { amount, gift_card, points_value, points: back, .. } = &events[0] else {
        panic!("{events:?}");
    };
    assert_eq!((*amount, *gift_card), (money("104.97"), money("25.00")));
    assert_eq!((*points_value, *back), (money("30.00"), points(30)));
    let order = events.iter().fold(order, Order::evolve);
    let details = order.details().unwrap();
    assert_eq!(order.status(), Some(Status::Refunded));
    assert_eq!(details.refunded_money(), money("49.97"));
    assert_eq!(details.refunded_gift_card, money("25.00"));
    assert_eq!(details.refunded_points_value, money("30.00"));
}

#[test]
fn only_what_was_really_taken_comes_back() {
    let exceeds = |available: &str| Error::RefundExceedsPaid {
        available: money(available),
        requested: money("80.00"),
    };
    for (taken, available) in [
        (Taken { money: Money::ZERO, ..taken() }, "55.00"),
        (Taken { gift_card: Money::ZERO, ..taken() }, "79.97"),
        (Taken { points: Points::ZERO, ..taken() }, "74.97"),
        (Taken::default(), "0.00"),
    ] {
        given(delivered_then(&[]))
            .when(refund(1, Some("80.00"), taken))
            .then_expect_error(exceeds(available));
    }
    let to_be_paid_in_cash = Taken { money: Money::ZERO, ..taken() };
    given(delivered_then(&[]))
        .when(refund(1, Some("26.50"), to_be_paid_in_cash))
        .then_expect_events(vec![refunded(1, "26.50", "25.00", "1.50", 1)]);
}

#[test]
fn a_cancelled_order_that_took_only_points_gives_them_back() {
    let history = || vec![placed(), confirmed(), cancelled()];
    let only_points = Taken { points: points(30), ..Taken::default() };
    let events = state(&history()).decide(refund(1, None, only_points)).unwrap();
    let Event::Refunded { amount, points: back, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((*amount, *back), (money("30.00"), points(30)));
    given(history()).when(refund(1, None, Taken::default())).then_expect_error(
        Error::InvalidTransition { from: Status::Cancelled, to: Status::Refunded },
    );
}

#[test]
fn units_are_given_back_at_what_was_paid_for_them() {
    let mut lines = two_lines();
    // 49.97 for three of them.
    lines[0].discount = money("10.00");
    let mut order = state(&[placed_with(lines), confirmed(), cancelled()]);
    for (n, value) in [(1, "16.65"), (2, "16.66"), (3, "16.66")] {
        let command = Command::Refund {
            refund_id: id(n),
            lines: Some(vec![(id(1), units(1))]),
            amount: None,
            taken: Taken::money(money("94.97")),
            reason: "broken".to_owned(),
            at: minute(9),
            by: Actor::Admin,
        };
        let events = order.decide(command).unwrap();
        let Event::Refunded { amount, lines, .. } = &events[0] else { panic!("{events:?}") };
        assert_eq!((*amount, lines[0].amount), (money(value), money(value)));
        order = events.iter().fold(order, Order::evolve);
    }
}
