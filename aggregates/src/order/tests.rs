//! The rules of an order, given / when / then.

mod fulfilments;
mod laws;
mod parts;
mod pricing_laws;
mod refunds;
mod steps;
mod waterfall;

use super::*;
use crate::testing::{id, minute, money, points, units};
use crate::{Currency, UserId};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

const CUSTOMER: u128 = 100;
const SELLER: u128 = 200;

fn given(events: Vec<Event>) -> AggregateTestExecutor<Order> {
    TestFramework::with(()).given(events)
}

fn state(events: &[Event]) -> Order {
    events.iter().fold(Order::default(), Order::evolve)
}

fn new_line(product: u128, quantity: u32, price: &str) -> NewLine {
    NewLine {
        product_id: id(product),
        seller_id: id(SELLER),
        name: format!("Product {product}"),
        quantity: units(quantity),
        price: money(price),
        discount: Money::ZERO,
    }
}

/// 3 × 19.99 and 1 × 40.00.
fn two_lines() -> Vec<NewLine> {
    vec![new_line(1, 3, "19.99"), new_line(2, 1, "40.00")]
}

fn place(number: &str, lines: Vec<NewLine>, delivery_cost: &str) -> Command {
    place_paid_with(number, lines, delivery_cost, Points::ZERO, None)
}

fn place_paid_with(
    number: &str,
    lines: Vec<NewLine>,
    delivery_cost: &str,
    points: Points,
    gift_card: Option<CardPart>,
) -> Command {
    Command::Place {
        number: number.to_owned(),
        user_id: id(CUSTOMER),
        cart_id: Some(id(CUSTOMER)),
        lines,
        currency: Currency::KZT,
        delivery_method: DeliveryMethod::Express,
        delivery_cost: money(delivery_cost),
        promo_code: None,
        points,
        gift_card,
        payment_method: PaymentMethod::Card,
        payment_id: id(300),
        expires_at: minute(15),
        at: minute(0),
    }
}

fn card_part(amount: &str) -> CardPart {
    CardPart { gift_card_id: id(500), amount: money(amount) }
}

/// An order of [`two_lines`] with 5.00 of delivery: 104.97 in all.
fn placed() -> Event {
    placed_with(two_lines())
}

fn placed_with(lines: Vec<NewLine>) -> Event {
    Order::default().decide(place("N-1", lines, "5.00")).unwrap().remove(0)
}

fn confirmed() -> Event {
    let (booked, points_earned) = (None, Points::ZERO);
    Event::Confirmed { booked, points_earned, at: minute(1), by: "system".to_owned() }
}

fn processing_started() -> Event {
    Event::ProcessingStarted { at: minute(2), by: "admin".to_owned() }
}

fn shipped() -> Event {
    let tracking_number = "TRACK-1".to_owned();
    Event::Shipped { tracking_number, at: minute(3), by: "admin".to_owned() }
}

fn delivered() -> Event {
    Event::Delivered { at: minute(4), by: "admin".to_owned() }
}

fn cancelled() -> Event {
    let (reason, uncollected) = (CancelReason::ByStaff, Money::ZERO);
    Event::Cancelled { reason, uncollected, at: minute(5), by: "admin".to_owned() }
}

/// A history that ends in the status.
fn history(status: Status) -> Vec<Event> {
    let all = vec![placed(), confirmed(), processing_started(), shipped(), delivered()];
    let first = |n: usize| all[..n].to_vec();
    match status {
        Status::Pending => first(1),
        Status::Confirmed => first(2),
        Status::Processing => first(3),
        Status::Shipped => first(4),
        Status::Delivered => first(5),
        Status::Cancelled => vec![placed(), confirmed(), cancelled()],
        Status::Refunded => {
            let mut events = all;
            events.push(Event::Refunded {
                refund_id: id(400),
                lines: vec![],
                amount: money("104.97"),
                gift_card: Money::ZERO,
                points_value: Money::ZERO,
                points: Points::ZERO,
                reason: "broken".to_owned(),
                at: minute(6),
                by: "admin".to_owned(),
            });
            events
        }
    }
}

#[test]
fn an_order_is_placed_with_exact_totals() {
    let line = |new: NewLine, line_total: &str| Line {
        product_id: new.product_id,
        seller_id: new.seller_id,
        name: new.name,
        quantity: new.quantity,
        price: new.price,
        line_total: money(line_total),
        discount: new.discount,
    };
    given(vec![]).when(place("N-1", two_lines(), "5.00")).then_expect_events(vec![Event::Placed {
        number: "N-1".to_owned(),
        user_id: id(CUSTOMER),
        cart_id: Some(id(CUSTOMER)),
        lines: vec![line(new_line(1, 3, "19.99"), "59.97"), line(new_line(2, 1, "40.00"), "40.00")],
        currency: Currency::KZT,
        subtotal: money("99.97"),
        discount: Money::ZERO,
        delivery_method: DeliveryMethod::Express,
        delivery_cost: money("5.00"),
        total_amount: money("104.97"),
        promo_code: None,
        points: Points::ZERO,
        gift_card: None,
        payment_method: PaymentMethod::Card,
        payment_id: id(300),
        expires_at: minute(15),
        at: minute(0),
        by: id::<UserId>(CUSTOMER).to_string(),
    }]);
}

#[test]
fn an_order_is_placed_once() {
    given(vec![placed()])
        .when(place("N-2", two_lines(), "5.00"))
        .then_expect_error(Error::AlreadyPlaced);
}

#[test]
fn an_order_needs_a_number() {
    given(vec![]).when(place("  ", two_lines(), "5.00")).then_expect_error(Error::NumberMissing);
}

#[test]
fn an_order_has_1_to_200_lines() {
    let lines = |count| (0..count).map(|product| new_line(product, 1, "1.00")).collect::<Vec<_>>();
    given(vec![]).when(place("N-1", vec![], "0.00")).then_expect_error(Error::NoLines);
    given(vec![])
        .when(place("N-1", lines(201), "0.00"))
        .then_expect_error(Error::TooManyLines { count: 201 });
    let event = given(vec![]).when(place("N-1", lines(200), "0.00")).inspect_result();
    assert!(event.is_ok());
}

#[test]
fn a_product_is_in_one_line_only() {
    given(vec![])
        .when(place("N-1", vec![new_line(1, 1, "1.00"), new_line(1, 2, "1.00")], "0.00"))
        .then_expect_error(Error::DuplicateProduct { product_id: id(1) });
}

#[test]
fn a_total_past_the_largest_amount_is_refused() {
    let largest = "999999999999.99";
    for (lines, delivery_cost) in [
        (vec![new_line(1, 2, largest)], "0.00"),
        (vec![new_line(1, 1, largest), new_line(2, 1, "0.01")], "0.00"),
        (vec![new_line(1, 1, largest)], "0.01"),
    ] {
        given(vec![]).when(place("N-1", lines, delivery_cost)).then_expect_error(Error::Overflow);
    }
}

#[test]
fn an_order_remembers_what_was_placed() {
    let order = state(&[placed()]);
    let details = order.details().unwrap();
    assert_eq!(order.status(), Some(Status::Pending));
    assert_eq!((details.number.as_str(), details.user_id), ("N-1", id(CUSTOMER)));
    assert_eq!(details.cart_id, Some(id(CUSTOMER)));
    assert_eq!(details.lines.len(), 2);
    assert_eq!((details.subtotal, details.discount), (money("99.97"), Money::ZERO));
    assert_eq!((details.delivery_cost, details.total_amount), (money("5.00"), money("104.97")));
    assert_eq!((details.payment_id, details.payments.clone()), (id(300), vec![id(300)]));
    assert_eq!((details.created_at, details.expires_at), (minute(0), minute(15)));
    assert_eq!(details.history.len(), 1);
}

#[test]
fn there_is_nothing_before_it_is_placed() {
    assert_eq!((Order::default().status(), Order::default().details()), (None, None));
}
