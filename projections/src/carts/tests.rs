//! The fold of carts.

use super::Carts;
use crate::testing::{History, at};
use aggregates::cart::Event;
use aggregates::{CartId, Fact, Money, OrderId, ProductId, Quantity};
use uuid::Uuid;

const USER: Uuid = Uuid::from_u128(1);
const GUEST: Uuid = Uuid::from_u128(2);

fn added(product: u128) -> Fact {
    Fact::Cart(Event::ItemAdded {
        product_id: ProductId::new(Uuid::from_u128(product)),
        quantity: Quantity::ONE,
        price: Money::from_minor(259_900).unwrap(),
    })
}

#[test]
fn lines_add_up_and_a_checkout_empties_the_cart_but_keeps_it() {
    let order_id = OrderId::new(Uuid::from_u128(9));
    let filled = History::default().then(USER, added(5)).then(USER, added(6)).then(USER, added(5));
    let row = filled.row::<Carts>();
    let quantities: Vec<_> = row.state.lines().iter().map(|line| line.quantity.get()).collect();
    assert_eq!((quantities, row.version), (vec![2, 1], 3));

    let row = filled.then(USER, Fact::Cart(Event::CheckedOut { order_id })).row::<Carts>();
    assert!(row.state.is_empty());
    assert_eq!((row.state.last_order(), row.version, row.updated_at), (Some(order_id), 4, at(3)));
}

#[test]
fn each_owner_has_a_cart_of_their_own() {
    let to = CartId::new(USER);
    let rows = History::default()
        .then(USER, added(5))
        .then(GUEST, added(6))
        .then(GUEST, Fact::Cart(Event::HandedOver { to }))
        .fold::<Carts>()
        .unwrap();
    let lines: Vec<_> = rows.values().map(|row| row.state.lines().len()).collect();
    assert_eq!(lines, [1, 0]);
}
