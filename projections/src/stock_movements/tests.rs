//! The fold of what moved stock.

use super::Kind::{Adjusted, Received, Released, Reserved, Returned, Sold};
use super::StockMovements;
use crate::testing::{History, at};
use aggregates::stock_item::{Event, ReleaseReason};
use aggregates::{Decider, Fact, OrderId, Quantity, StockItem};
use uuid::Uuid;

const PRODUCT: Uuid = Uuid::from_u128(1);
const ORDER: OrderId = OrderId::new(Uuid::from_u128(2));

#[test]
fn the_movements_add_up_to_the_stock() {
    let quantity = Quantity::try_from(3).unwrap();
    let (order_id, expires_at) = (ORDER, at(900));
    let events = [
        Event::Received { quantity: 10, reason: "initial stock".to_owned() },
        Event::Adjusted { delta: -2, reason: "broken".to_owned() },
        Event::Reserved { order_id, quantity, expires_at },
        Event::Committed { order_id, quantity },
        Event::Returned { order_id, quantity: Quantity::ONE },
        Event::Reserved { order_id, quantity, expires_at },
        Event::Released { order_id, quantity, reason: ReleaseReason::Expired },
    ];
    let mut stock = StockItem::default();
    let mut history = History::default();
    let mut expected = Vec::new();
    for event in events {
        stock = stock.evolve(&event);
        expected.push((i64::from(stock.on_hand()), i64::from(stock.reserved())));
        history = history.then(PRODUCT, Fact::StockItem(event));
    }
    let rows = history.fold::<StockMovements>().unwrap();
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by_key(|row| row.sequence);
    let mut sums = (0, 0);
    let balances: Vec<_> = rows
        .iter()
        .map(|row| {
            sums = (sums.0 + row.on_hand, sums.1 + row.reserved);
            sums
        })
        .collect();
    assert_eq!(balances, expected);
    let kinds: Vec<_> = rows.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [Received, Adjusted, Reserved, Sold, Returned, Reserved, Released]);
    let first = &rows[0];
    assert_eq!(
        (first.reason.as_deref(), first.by.as_deref()),
        (Some("initial stock"), Some("somebody"))
    );
    assert_eq!((first.order_id, first.at), (None, at(0)));
    // Who ordered is nobody's business here.
    assert!(rows[2..].iter().all(|row| row.by.is_none() && row.order_id == Some(ORDER)));
    assert_eq!(rows[6].reason.as_deref(), Some("expired"));
}
