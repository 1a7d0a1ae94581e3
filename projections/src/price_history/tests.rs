//! The fold of prices.

use super::PriceHistory;
use crate::testing::{History, at};
use aggregates::product::Event;
use aggregates::{Currency, Fact, Money, UserId};
use uuid::Uuid;

const PRODUCT: Uuid = Uuid::from_u128(1);

#[test]
fn each_price_is_there_with_the_one_before() {
    let money = |minor| Money::from_minor(minor).unwrap();
    let created = Event::Created {
        seller_id: UserId::new(Uuid::from_u128(2)),
        name: "Lamp".to_owned(),
        description: String::new(),
        price: money(1_000),
        currency: Currency::KZT,
        category: "home".to_owned(),
        attributes: std::collections::BTreeMap::new(),
        image_urls: vec![],
    };
    let dearer = Event::PriceChanged { price: money(1_200), previous: money(1_000) };
    let events = [created, Event::Deactivated {}, dearer].map(Fact::Product);
    let history =
        events.into_iter().fold(History::default(), |history, fact| history.then(PRODUCT, fact));
    let rows = history.fold::<PriceHistory>().unwrap();
    let seen: Vec<_> = rows.values().map(|row| (row.at, row.price, row.previous)).collect();
    assert_eq!(seen, [(at(0), money(1_000), None), (at(2), money(1_200), Some(money(1_000)))]);
}
