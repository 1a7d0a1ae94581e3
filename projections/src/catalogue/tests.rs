//! The fold of the catalogue.

use super::{Catalogue, Row};
use crate::testing::{History, at};
use aggregates::stock_item::ReleaseReason;
use aggregates::{Currency, Fact, Money, OrderId, Quantity, UserId, product, stock_item};
use std::collections::BTreeMap;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);
const ORDER: OrderId = OrderId::new(Uuid::from_u128(9));

fn created() -> Fact {
    Fact::Product(product::Event::Created {
        seller_id: UserId::new(Uuid::from_u128(2)),
        name: "Механическая клавиатура".to_owned(),
        description: "Brown switches".to_owned(),
        price: Money::from_minor(4_599_000).unwrap(),
        currency: Currency::KZT,
        category: "electronics".to_owned(),
        attributes: BTreeMap::new(),
        image_urls: vec![],
    })
}

fn received(quantity: u32) -> Fact {
    Fact::StockItem(stock_item::Event::Received { quantity, reason: "delivery".to_owned() })
}

fn row(facts: impl IntoIterator<Item = Fact>) -> Row {
    facts
        .into_iter()
        .fold(History::default(), |history, fact| history.then(ID, fact))
        .row::<Catalogue>()
}

#[test]
fn stock_may_come_before_or_after_its_product() {
    let (first, last) = (row([created(), received(5)]), row([received(5), created()]));
    assert_eq!((first.quantity, first.version, first.stock_version), (5, 1, 1));
    assert_eq!((last.quantity, last.version, last.stock_version), (5, 1, 1));
    assert_eq!((&first.name, first.is_active), (&last.name, last.is_active));
    assert_eq!((first.created_at, last.created_at), (at(0), at(1)));
}

#[test]
fn stock_without_a_product_is_hidden() {
    let row = row([received(5)]);
    assert_eq!((row.version, row.is_active), (0, false));
}

#[test]
fn a_reservation_takes_from_what_can_be_ordered_and_a_sale_from_what_is_there() {
    let quantity = Quantity::try_from(3).unwrap();
    let reserved = stock_item::Event::Reserved { order_id: ORDER, quantity, expires_at: at(900) };
    let committed = stock_item::Event::Committed { order_id: ORDER, quantity };
    let reason = ReleaseReason::Expired;
    let released = stock_item::Event::Released { order_id: ORDER, quantity, reason };
    let returned = stock_item::Event::Returned { order_id: ORDER, quantity };
    let units = |events: &[stock_item::Event]| {
        let stock = events.iter().cloned().map(Fact::StockItem);
        let row = row([created(), received(10)].into_iter().chain(stock));
        (row.on_hand, row.quantity)
    };
    assert_eq!(units(std::slice::from_ref(&reserved)), (10, 7));
    assert_eq!(units(&[reserved.clone(), committed.clone()]), (7, 7));
    assert_eq!(units(&[reserved.clone(), released]), (10, 10));
    assert_eq!(units(&[reserved, committed, returned]), (10, 10));
}

#[test]
fn details_change_only_where_they_are_named_and_stock_leaves_the_time_of_change() {
    let renamed = product::Event::DetailsChanged {
        name: Some("Keyboard".to_owned()),
        description: None,
        category: None,
        attributes: None,
        image_urls: None,
    };
    let row = row([created(), Fact::Product(renamed), received(1)]);
    assert_eq!((row.name.as_str(), row.description.as_str()), ("Keyboard", "Brown switches"));
    assert_eq!((row.version, row.updated_at), (2, at(1)));
}

#[test]
fn an_archived_product_keeps_its_details() {
    let row = row([created(), Fact::Product(product::Event::Archived {})]);
    assert!(row.archived);
    assert_eq!(row.category, "electronics");
}
