//! The fold of wishlists.

use super::Wishlists;
use crate::testing::{History, at};
use aggregates::wishlist::Event;
use aggregates::{Fact, Money, ProductId};
use uuid::Uuid;

const USER: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn product(n: u128) -> ProductId {
    ProductId::new(Uuid::from_u128(n))
}

fn added(n: u128) -> Fact {
    let price = Money::from_minor(100).unwrap();
    Fact::Wishlist(Event::ItemAdded { product_id: product(n), price, at: at(0) })
}

fn removed(n: u128) -> Fact {
    Fact::Wishlist(Event::ItemRemoved { product_id: product(n), at: at(1) })
}

#[test]
fn each_user_has_a_list_of_their_own() {
    let rows = History::default()
        .then(USER, added(5))
        .then(OTHER, added(6))
        .then(USER, added(6))
        .then(USER, removed(5))
        .fold::<Wishlists>()
        .unwrap();
    let items: Vec<_> = rows.values().map(|row| row.state.items().len()).collect();
    let versions: Vec<_> = rows.values().map(|row| row.version).collect();
    assert_eq!((items, versions), (vec![1, 1], vec![3, 1]));
    assert!(rows.values().all(|row| row.state.item(product(6)).is_some()));
}

#[test]
fn a_lost_event_stops_the_fold() {
    let history =
        History::default().then(USER, added(5)).then(USER, added(6)).then(USER, removed(5));
    assert!(history.without(1).fold::<Wishlists>().is_err());
}
