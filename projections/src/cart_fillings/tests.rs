//! The fold of when carts were filled.

use super::{CartFillings, quarter};
use crate::testing::History;
use aggregates::cart::{Event, MergedLine};
use aggregates::{CartId, Fact, Money, OrderId, ProductId, Quantity};
use chrono::{DateTime, Utc};
use uuid::Uuid;

const CART: Uuid = Uuid::from_u128(1);

fn product(number: u128) -> ProductId {
    ProductId::new(Uuid::from_u128(number))
}

fn added(number: u128) -> Event {
    Event::ItemAdded { product_id: product(number), quantity: Quantity::ONE, price: Money::ZERO }
}

/// How often a cart was filled by these events.
fn filled(events: Vec<Event>) -> u32 {
    let history = events
        .into_iter()
        .fold(History::default(), |history, event| history.then(CART, Fact::Cart(event)));
    history.row::<CartFillings>().filled.values().sum()
}

#[test]
fn a_cart_is_filled_by_its_first_line_and_again_once_it_was_empty() {
    assert_eq!(filled(vec![added(1), added(2), added(1)]), 1);
    let removed = Event::ItemRemoved { product_id: product(1) };
    assert_eq!(filled(vec![added(1), added(2), removed.clone(), added(1)]), 1);
    assert_eq!(filled(vec![added(1), removed, added(1)]), 2);
    let order_id = OrderId::new(Uuid::from_u128(9));
    for emptied in [
        Event::CheckedOut { order_id },
        Event::Cleared {},
        Event::HandedOver { to: CartId::new(Uuid::from_u128(8)) },
    ] {
        assert_eq!(filled(vec![added(1), added(2), emptied.clone()]), 1);
        assert_eq!(filled(vec![added(1), added(2), emptied, added(2)]), 2);
    }
}

#[test]
fn what_a_guest_brings_along_was_filled_before() {
    let line = MergedLine { product_id: product(1), quantity: Quantity::ONE, price: Money::ZERO };
    let merged = Event::Merged { from: CartId::new(Uuid::from_u128(8)), lines: vec![line] };
    assert_eq!(filled(vec![merged.clone()]), 0);
    assert_eq!(filled(vec![merged, added(2)]), 0, "it has a line already");
}

#[test]
fn quarters_of_an_hour_begin_where_those_of_postgresql_do() {
    for (at, begins) in [
        ("2026-01-01T10:14:59.999999Z", "2026-01-01T10:00:00Z"),
        ("2026-01-01T10:15:00Z", "2026-01-01T10:15:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:45:00Z"),
    ] {
        let begins: DateTime<Utc> = begins.parse().unwrap();
        assert_eq!(quarter(at.parse().unwrap()), begins, "{at}");
    }
}
