//! What moved the stock of products, one row for each event. The balance after a movement does not
//! follow from its event alone: the query sums it up. Never says who ordered.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Movement, Page, history};

use crate::{ApplyError, Envelope, Group, Projection};
use aggregates::stock_item::{Event, ReleaseReason};
use aggregates::{Fact, OrderId, ProductId, Quantity};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub struct StockMovements;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Received,
    /// The count was corrected.
    Adjusted,
    /// Set aside for an order.
    Reserved,
    /// A reservation became a sale.
    Sold,
    /// A reservation ended without a sale.
    Released,
    /// Sold units came back.
    Returned,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The stream and the sequence of the event.
    pub id: String,
    pub product_id: ProductId,
    pub sequence: i64,
    pub at: DateTime<Utc>,
    pub kind: Kind,
    /// What it changed of the units on hand.
    pub on_hand: i64,
    /// What it changed of the units that are set aside for orders.
    pub reserved: i64,
    pub reason: Option<String>,
    pub order_id: Option<OrderId>,
    /// Who received or counted: an account's id, or the name of a process.
    pub by: Option<String>,
}

/// What an event changed: kind, units on hand, units reserved.
fn changes(event: &Event) -> (Kind, i64, i64) {
    let units = |quantity: &Quantity| i64::from(quantity.get());
    match event {
        Event::Received { quantity, .. } => (Kind::Received, i64::from(*quantity), 0),
        Event::Adjusted { delta, .. } => (Kind::Adjusted, *delta, 0),
        Event::Reserved { quantity, .. } => (Kind::Reserved, 0, units(quantity)),
        Event::Committed { quantity, .. } => (Kind::Sold, -units(quantity), -units(quantity)),
        Event::Released { quantity, .. } => (Kind::Released, 0, -units(quantity)),
        Event::Returned { quantity, .. } => (Kind::Returned, units(quantity), 0),
    }
}

fn reason(event: &Event) -> Option<String> {
    match event {
        Event::Received { reason, .. } | Event::Adjusted { reason, .. } => Some(reason.clone()),
        Event::Released { reason: ReleaseReason::Cancelled, .. } => Some("cancelled".to_owned()),
        Event::Released { reason: ReleaseReason::Expired, .. } => Some("expired".to_owned()),
        Event::Reserved { .. } | Event::Committed { .. } | Event::Returned { .. } => None,
    }
}

fn order_id(event: &Event) -> Option<OrderId> {
    match event {
        Event::Received { .. } | Event::Adjusted { .. } => None,
        Event::Reserved { order_id, .. }
        | Event::Committed { order_id, .. }
        | Event::Released { order_id, .. }
        | Event::Returned { order_id, .. } => Some(*order_id),
    }
}

impl Projection for StockMovements {
    const NAME: &'static str = "stock_movements";
    const VERSION: i32 = 1;
    const GROUP: Group = Group::Books;
    const TABLE: &'static str = "stock_movements";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["stock_item"];
    type Key = String;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = String>, ApplyError> {
        Ok(Some(format!("{}:{}", event.stream_id, event.sequence)))
    }

    fn apply(row: Option<Row>, key: &String, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::StockItem(fact) = &event.fact else {
            return Ok(row);
        };
        let (kind, on_hand, reserved) = changes(fact);
        let order_id = order_id(fact);
        let by = if order_id.is_none() { Some(event.metadata()?.actor) } else { None };
        Ok(Some(Row {
            id: key.clone(),
            product_id: ProductId::new(event.id()?),
            sequence: event.sequence,
            at: event.recorded_at,
            kind,
            on_hand,
            reserved,
            reason: reason(fact),
            order_id,
            by,
        }))
    }
}
