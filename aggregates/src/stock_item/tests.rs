//! The rules of stock, given / when / then, and its law under any history.

use super::*;
use crate::testing::{id, minute, units};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use proptest::prelude::*;

fn given(events: Vec<Event>) -> AggregateTestExecutor<StockItem> {
    TestFramework::with(()).given(events)
}

fn received(quantity: u32) -> Event {
    Event::Received { quantity, reason: "delivery".to_owned() }
}

fn receive(quantity: u32) -> Command {
    Command::Receive { quantity, reason: "delivery".to_owned() }
}

fn adjusted(delta: i64) -> Event {
    Event::Adjusted { delta, reason: "count".to_owned() }
}

fn adjust(delta: i64) -> Command {
    Command::Adjust { delta, reason: "count".to_owned() }
}

fn set_available(quantity: u32) -> Command {
    Command::SetAvailable { quantity, reason: "count".to_owned() }
}

fn reserved(order: u128, quantity: u32) -> Event {
    Event::Reserved { order_id: id(order), quantity: units(quantity), expires_at: minute(15) }
}

fn reserve(order: u128, quantity: u32) -> Command {
    Command::Reserve { order_id: id(order), quantity: units(quantity), expires_at: minute(15) }
}

fn committed(order: u128, quantity: u32) -> Event {
    Event::Committed { order_id: id(order), quantity: units(quantity) }
}

fn give_back(order: u128, quantity: u32) -> Command {
    Command::Return { order_id: id(order), quantity: units(quantity) }
}

fn release(order: u128, reason: ReleaseReason) -> Command {
    Command::Release { order_id: id(order), reason }
}

#[test]
fn units_arrive() {
    given(vec![]).when(receive(5)).then_expect_events(vec![received(5)]);
}

#[test]
fn no_units_are_no_change_to_ask_for() {
    given(vec![]).when(receive(0)).then_expect_error(Error::ZeroQuantity);
    given(vec![]).when(adjust(0)).then_expect_error(Error::ZeroQuantity);
}

#[test]
fn a_warehouse_has_a_limit() {
    let limit = StockItem::LIMIT;
    given(vec![]).when(receive(limit)).then_expect_events(vec![received(limit)]);
    let too_many = |requested| Error::TooMany { limit, requested };
    given(vec![received(1)]).when(receive(limit)).then_expect_error(too_many(1_000_000_001));
    given(vec![received(limit)]).when(adjust(1)).then_expect_error(too_many(1_000_000_001));
    given(vec![]).when(adjust(i64::MAX)).then_expect_error(too_many(i64::MAX));
    given(vec![]).when(set_available(u32::MAX)).then_expect_error(too_many(4_294_967_295));
    given(vec![received(5), reserved(1, 5), committed(1, 5), received(limit)])
        .when(give_back(1, 5))
        .then_expect_error(too_many(1_000_000_005));
}

#[test]
fn the_count_is_corrected_down_to_what_is_reserved() {
    let history = || vec![received(5), reserved(1, 3)];
    given(history()).when(adjust(-2)).then_expect_events(vec![adjusted(-2)]);
    given(history())
        .when(adjust(-3))
        .then_expect_error(Error::BelowReserved { reserved: 3, requested: 2 });
    given(history())
        .when(adjust(i64::MIN))
        .then_expect_error(Error::BelowReserved { reserved: 3, requested: i64::MIN + 5 });
}

#[test]
fn what_is_available_is_set_whatever_is_reserved() {
    let history = || vec![received(5), reserved(1, 3)];
    given(history()).when(set_available(10)).then_expect_events(vec![adjusted(8)]);
    given(history()).when(set_available(0)).then_expect_events(vec![adjusted(-2)]);
    given(history()).when(set_available(2)).then_expect_events(vec![]);
}

#[test]
fn units_are_reserved_until_none_is_left() {
    given(vec![received(5)]).when(reserve(1, 5)).then_expect_events(vec![reserved(1, 5)]);
    given(vec![received(5), reserved(1, 3)])
        .when(reserve(2, 3))
        .then_expect_error(Error::InsufficientStock { available: 2, requested: 3 });
    given(vec![])
        .when(reserve(1, 1))
        .then_expect_error(Error::InsufficientStock { available: 0, requested: 1 });
}

#[test]
fn an_order_reserves_once() {
    given(vec![received(5), reserved(1, 1)])
        .when(reserve(1, 1))
        .then_expect_error(Error::AlreadyReserved);
}

#[test]
fn a_reservation_becomes_a_sale() {
    given(vec![received(5), reserved(1, 3)])
        .when(Command::Commit { order_id: id(1) })
        .then_expect_events(vec![committed(1, 3)]);
}

#[test]
fn a_reservation_ends_without_a_sale() {
    for reason in [ReleaseReason::Cancelled, ReleaseReason::Expired] {
        given(vec![received(5), reserved(1, 3)]).when(release(1, reason)).then_expect_events(vec![
            Event::Released { order_id: id(1), quantity: units(3), reason },
        ]);
    }
}

#[test]
fn only_an_open_reservation_can_end() {
    for history in [vec![received(5)], vec![received(5), reserved(1, 3), committed(1, 3)]] {
        given(history.clone())
            .when(Command::Commit { order_id: id(1) })
            .then_expect_error(Error::NoReservation);
        given(history)
            .when(release(1, ReleaseReason::Expired))
            .then_expect_error(Error::NoReservation);
    }
}

#[test]
fn only_sold_units_come_back() {
    let history = || vec![received(5), reserved(1, 3), committed(1, 3)];
    given(history())
        .when(give_back(1, 3))
        .then_expect_events(vec![Event::Returned { order_id: id(1), quantity: units(3) }]);
    given(history())
        .when(give_back(1, 4))
        .then_expect_error(Error::ReturnExceedsSold { sold: 3, requested: 4 });
}

#[test]
fn the_counters_tell_where_the_units_are() {
    let stock = [
        received(10),
        adjusted(-1),
        reserved(1, 3),
        reserved(2, 2),
        reserved(3, 1),
        committed(1, 3),
        Event::Released { order_id: id(3), quantity: units(1), reason: ReleaseReason::Expired },
        Event::Returned { order_id: id(1), quantity: units(1) },
    ]
    .iter()
    .fold(StockItem::default(), StockItem::evolve);
    assert_eq!((stock.on_hand(), stock.reserved(), stock.available()), (7, 2, 5));
    assert_eq!((stock.received, stock.adjusted), (10, -1));
    assert_eq!((stock.committed, stock.returned), (3, 1));
    assert_eq!(stock.reservation(id(2)), Some(units(2)));
    assert_eq!(stock.reservation(id(1)), None);
    assert_eq!(stock.reservation(id(3)), None);
}

#[test]
fn a_snapshot_holds_the_whole_state() {
    let stock = [received(10), reserved(1, 3)].iter().fold(StockItem::default(), StockItem::evolve);
    let snapshot = serde_json::to_string(&stock).unwrap();
    assert_eq!(serde_json::from_str::<StockItem>(&snapshot).unwrap(), stock);
}

fn any_command() -> impl Strategy<Value = Command> {
    let order = 0..6_u128;
    let quantity = 1..=20_u32;
    prop_oneof![
        1 => prop_oneof![0..50_u32, Just(StockItem::LIMIT), any::<u32>()].prop_map(receive),
        1 => prop_oneof![-30..30_i64, any::<i64>()].prop_map(adjust),
        1 => prop_oneof![0..60_u32, any::<u32>()].prop_map(set_available),
        4 => (order.clone(), quantity.clone()).prop_map(|(order, n)| reserve(order, n)),
        2 => order.clone().prop_map(|order| Command::Commit { order_id: id(order) }),
        1 => order.clone().prop_map(|order| release(order, ReleaseReason::Cancelled)),
        2 => (order, quantity).prop_map(|(order, n)| give_back(order, n)),
    ]
}

proptest! {
    #[test]
    fn no_unit_is_lost_or_sold_twice(commands in prop::collection::vec(any_command(), 0..80)) {
        let mut stock = StockItem::default();
        for command in commands {
            let events = stock.decide(command).unwrap_or_default();
            stock = events.iter().fold(stock, StockItem::evolve);
            let expected = i128::from(stock.received) + i128::from(stock.adjusted)
                - i128::from(stock.committed) + i128::from(stock.returned);
            prop_assert_eq!(i128::from(stock.on_hand()), expected);
            prop_assert!(stock.reserved() <= stock.on_hand());
            prop_assert!(stock.on_hand() <= StockItem::LIMIT);
            prop_assert!(stock.returned <= stock.committed);
            let open: u32 = (0..6).filter_map(|n| stock.reservation(id(n))).map(Quantity::get).sum();
            prop_assert_eq!(stock.reserved(), open);
            prop_assert_eq!(stock.available(), stock.on_hand() - stock.reserved());
        }
    }

    #[test]
    fn what_is_set_available_is_available(
        commands in prop::collection::vec(any_command(), 0..20),
        quantity in 0..1000_u32,
    ) {
        let mut stock = StockItem::default();
        for command in commands {
            let events = stock.decide(command).unwrap_or_default();
            stock = events.iter().fold(stock, StockItem::evolve);
        }
        if let Ok(events) = stock.decide(set_available(quantity)) {
            stock = events.iter().fold(stock, StockItem::evolve);
            prop_assert_eq!(stock.available(), quantity);
        }
    }
}
