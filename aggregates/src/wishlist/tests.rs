//! The rules of a wishlist, given / when / then.

use super::*;
use crate::testing::{id, minute, money};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

fn given(events: Vec<Event>) -> AggregateTestExecutor<Wishlist> {
    TestFramework::with(()).given(events)
}

fn added(product: u128, price: &str) -> Event {
    Event::ItemAdded { product_id: id(product), price: money(price), at: minute(0) }
}

fn add(product: u128, price: &str) -> Command {
    Command::Add { product_id: id(product), price: money(price), at: minute(0) }
}

fn remove(product: u128) -> Command {
    Command::Remove { product_id: id(product), at: minute(1) }
}

fn removed(product: u128) -> Event {
    Event::ItemRemoved { product_id: id(product), at: minute(1) }
}

fn state(events: &[Event]) -> Wishlist {
    events.iter().fold(Wishlist::default(), Wishlist::evolve)
}

#[test]
fn a_product_is_added_with_its_price() {
    given(vec![]).when(add(1, "10.00")).then_expect_events(vec![added(1, "10.00")]);
    let list = state(&[added(1, "10.00"), added(2, "20.00")]);
    let item = list.item(id(2)).unwrap();
    assert_eq!((item.price, item.added_at), (money("20.00"), minute(0)));
    assert_eq!(list.item(id(3)), None);
}

#[test]
fn what_is_added_again_keeps_the_price_of_the_first_time() {
    given(vec![added(1, "10.00")]).when(add(1, "8.00")).then_expect_events(vec![]);
}

#[test]
fn a_product_is_removed_and_can_come_back_at_another_price() {
    given(vec![added(1, "10.00")]).when(remove(1)).then_expect_events(vec![removed(1)]);
    let list = state(&[added(1, "10.00"), added(2, "1.00"), removed(1), added(1, "8.00")]);
    let prices: Vec<_> = list.items().iter().map(|item| item.price).collect();
    assert_eq!(prices, [money("1.00"), money("8.00")]);
}

#[test]
fn only_what_is_on_the_list_is_removed() {
    let missing = || Error::NoSuchItem { product_id: id(1) };
    given(vec![added(2, "1.00")]).when(remove(1)).then_expect_error(missing());
    given(vec![added(1, "1.00"), removed(1)]).when(remove(1)).then_expect_error(missing());
}

#[test]
fn a_wishlist_has_at_most_500_items() {
    let full: Vec<_> = (0..500).map(|product| added(product, "1.00")).collect();
    given(full.clone()).when(add(500, "1.00")).then_expect_error(Error::TooManyItems);
    given(full.clone()).when(add(499, "1.00")).then_expect_events(vec![]);
    let mut less = full;
    less.push(removed(7));
    given(less).when(add(500, "1.00")).then_expect_events(vec![added(500, "1.00")]);
}
