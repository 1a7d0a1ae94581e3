//! The rules of a cart, given / when / then, and its sums under any history.

mod payment;

use super::*;
use crate::testing::{id, money, points, units};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn given(events: Vec<Event>) -> AggregateTestExecutor<Cart> {
    TestFramework::with(()).given(events)
}

fn added(product: u128, quantity: u32) -> Event {
    Event::ItemAdded { product_id: id(product), quantity: units(quantity), price: money("10.00") }
}

fn add(product: u128, quantity: u32, available: u32) -> Command {
    Command::AddItem {
        product_id: id(product),
        quantity: units(quantity),
        price: money("10.00"),
        available,
    }
}

fn change(product: u128, quantity: u32, available: u32) -> Command {
    Command::ChangeQuantity { product_id: id(product), quantity: units(quantity), available }
}

fn line(product: u128, quantity: u32, price: &str) -> MergedLine {
    MergedLine { product_id: id(product), quantity: units(quantity), price: money(price) }
}

fn merge(lines: Vec<MergedLine>) -> Command {
    Command::Merge { from: id(90), into: id(91), lines }
}

fn state(events: &[Event]) -> Cart {
    events.iter().fold(Cart::default(), Cart::evolve)
}

/// The products of a cart with their units, in its order.
fn contents(cart: &Cart) -> Vec<(u128, u32)> {
    let line = |line: &Line| (line.product_id.uuid().as_u128(), line.quantity.get());
    cart.lines().iter().map(line).collect()
}

fn full() -> Vec<Event> {
    (0..200).map(|product| added(product, 1)).collect()
}

#[test]
fn an_item_is_added() {
    given(vec![]).when(add(1, 2, 2)).then_expect_events(vec![added(1, 2)]);
}

#[test]
fn adding_again_adds_up_and_takes_the_newer_price() {
    let cart = state(&[
        added(1, 2),
        added(2, 1),
        Event::ItemAdded { product_id: id(1), quantity: units(3), price: money("12.00") },
    ]);
    assert_eq!(contents(&cart), [(1, 5), (2, 1)]);
    assert_eq!(cart.line(id(1)).map(|line| line.price), Some(money("12.00")));
}

#[test]
fn a_line_cannot_exceed_the_stock() {
    given(vec![])
        .when(add(1, 3, 2))
        .then_expect_error(Error::InsufficientStock { available: 2, requested: 3 });
    given(vec![added(1, 2)])
        .when(add(1, 1, 2))
        .then_expect_error(Error::InsufficientStock { available: 2, requested: 3 });
    given(vec![added(1, 2)])
        .when(change(1, 3, 2))
        .then_expect_error(Error::InsufficientStock { available: 2, requested: 3 });
}

#[test]
fn a_line_has_at_most_999_units() {
    given(vec![added(1, 998)]).when(add(1, 1, 5000)).then_expect_events(vec![added(1, 1)]);
    given(vec![added(1, 998)])
        .when(add(1, 2, 5000))
        .then_expect_error(Error::QuantityTooLarge { requested: 1000 });
}

#[test]
fn a_cart_has_at_most_200_lines() {
    given(full()).when(add(200, 1, 5)).then_expect_error(Error::TooManyLines);
    given(full()).when(add(199, 1, 5)).then_expect_events(vec![added(199, 1)]);
}

#[test]
fn the_quantity_of_a_line_changes() {
    given(vec![added(1, 2)])
        .when(change(1, 3, 3))
        .then_expect_events(vec![Event::QuantityChanged { product_id: id(1), quantity: units(3) }]);
    given(vec![added(1, 2)]).when(change(1, 2, 3)).then_expect_events(vec![]);
}

#[test]
fn only_what_is_in_the_cart_changes_or_leaves() {
    let missing = || Error::NoSuchItem { product_id: id(2) };
    given(vec![added(1, 2)]).when(change(2, 3, 3)).then_expect_error(missing());
    given(vec![added(1, 2)])
        .when(Command::RemoveItem { product_id: id(2) })
        .then_expect_error(missing());
}

#[test]
fn an_item_is_removed() {
    given(vec![added(1, 2)])
        .when(Command::RemoveItem { product_id: id(1) })
        .then_expect_events(vec![Event::ItemRemoved { product_id: id(1) }]);
    let cart =
        state(&[added(1, 1), added(2, 1), added(3, 1), Event::ItemRemoved { product_id: id(2) }]);
    assert_eq!(contents(&cart), [(1, 1), (3, 1)]);
}

#[test]
fn a_cart_is_cleared_where_it_holds_anything() {
    given(vec![added(1, 2)]).when(Command::Clear).then_expect_events(vec![Event::Cleared {}]);
    given(vec![]).when(Command::Clear).then_expect_events(vec![]);
    assert!(state(&[added(1, 2), Event::Cleared {}]).is_empty());
}

#[test]
fn a_merge_keeps_the_larger_quantity_of_a_line_in_both() {
    let taken = vec![line(2, 9, "11.00"), line(3, 4, "12.00")];
    given(vec![added(1, 5), added(2, 5)])
        .when(merge(vec![line(1, 5, "99.00"), taken[0].clone(), taken[1].clone()]))
        .then_expect_events(vec![Event::Merged { from: id(90), lines: taken.clone() }]);
    let cart = state(&[added(1, 5), added(2, 5), Event::Merged { from: id(90), lines: taken }]);
    assert_eq!(contents(&cart), [(1, 5), (2, 9), (3, 4)]);
    assert_eq!(cart.line(id(2)).map(|line| line.price), Some(money("11.00")));
}

#[test]
fn a_merge_of_nothing_new_causes_nothing() {
    given(vec![added(1, 5)]).when(merge(vec![])).then_expect_events(vec![]);
    given(vec![added(1, 5)]).when(merge(vec![line(1, 4, "1.00")])).then_expect_events(vec![]);
}

#[test]
fn a_merge_leaves_out_the_lines_past_the_limit() {
    let mut history = full();
    history.pop();
    let lines = vec![line(300, 1, "1.00"), line(301, 1, "1.00"), line(0, 7, "1.00")];
    let taken = vec![lines[0].clone(), lines[2].clone()];
    given(history)
        .when(merge(lines))
        .then_expect_events(vec![Event::Merged { from: id(90), lines: taken }]);
}

#[test]
fn a_cart_is_not_merged_into_itself() {
    given(vec![added(1, 5)])
        .when(Command::Merge { from: id(90), into: id(90), lines: vec![] })
        .then_expect_error(Error::OwnCart);
}

#[test]
fn a_merged_cart_is_empty() {
    given(vec![added(1, 5)])
        .when(Command::HandOver { to: id(91) })
        .then_expect_events(vec![Event::HandedOver { to: id(91) }]);
    given(vec![]).when(Command::HandOver { to: id(91) }).then_expect_events(vec![]);
    assert!(state(&[added(1, 5), Event::HandedOver { to: id(91) }]).is_empty());
}

#[test]
fn a_checkout_empties_the_cart_and_remembers_the_order() {
    given(vec![added(1, 5)])
        .when(Command::CheckOut { order_id: id(7) })
        .then_expect_events(vec![Event::CheckedOut { order_id: id(7) }]);
    let cart = state(&[added(1, 5), Event::CheckedOut { order_id: id(7) }]);
    assert_eq!((cart.is_empty(), cart.last_order()), (true, Some(id(7))));
    let cart = cart.evolve(&added(2, 1));
    assert_eq!((contents(&cart), cart.last_order()), (vec![(2, 1)], Some(id(7))));
}

#[test]
fn an_empty_cart_is_not_checked_out() {
    for history in [vec![], vec![added(1, 5), Event::CheckedOut { order_id: id(7) }]] {
        given(history).when(Command::CheckOut { order_id: id(8) }).then_expect_error(Error::Empty);
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let product = 0..8_u128;
    let quantity = 1..=999_u32;
    let guest = (product.clone(), quantity.clone()).prop_map(|(id, n)| line(id, n, "3.00"));
    prop_oneof![
        4 => (product.clone(), quantity.clone(), 0..2000_u32).prop_map(|(id, n, a)| add(id, n, a)),
        2 => (product.clone(), quantity, 0..2000_u32).prop_map(|(id, n, a)| change(id, n, a)),
        1 => payment::any_command(),
        1 => product.prop_map(|product| Command::RemoveItem { product_id: id(product) }),
        1 => prop::collection::vec(guest, 0..5).prop_map(merge),
        1 => Just(Command::Clear),
    ]
}

/// What the cart must hold after a command, computed the plain way.
fn expect(model: &mut BTreeMap<ProductId, u32>, command: Command) {
    match command {
        Command::AddItem { product_id, quantity, .. } => {
            *model.entry(product_id).or_default() += quantity.get();
        }
        Command::ChangeQuantity { product_id, quantity, .. } => {
            model.insert(product_id, quantity.get());
        }
        Command::RemoveItem { product_id } => {
            model.remove(&product_id);
        }
        Command::Merge { lines, .. } => {
            for line in lines {
                let units = model.entry(line.product_id).or_default();
                *units = line.quantity.get().max(*units);
            }
        }
        Command::UsePromo { .. } | Command::UseGiftCard { .. } | Command::UsePoints { .. } => {}
        Command::Clear | Command::HandOver { .. } | Command::CheckOut { .. } => model.clear(),
    }
}

proptest! {
    #[test]
    fn a_cart_holds_what_was_put_in(commands in prop::collection::vec(any_command(), 0..40)) {
        let mut cart = Cart::default();
        let mut model = BTreeMap::new();
        for command in commands {
            // A refused command changes nothing.
            if let Ok(events) = cart.decide(command.clone()) {
                cart = events.iter().fold(cart, Cart::evolve);
                expect(&mut model, command);
            }
            let held: BTreeMap<_, _> =
                cart.lines().iter().map(|line| (line.product_id, line.quantity.get())).collect();
            prop_assert_eq!(held.len(), cart.lines().len(), "a product in two lines");
            prop_assert_eq!(&held, &model);
        }
    }
}
