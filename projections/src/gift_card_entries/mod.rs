//! What moved the balances of gift cards, one row for each such event.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Entry, Page, history};

use crate::{ApplyError, Envelope, Group, Projection};
use aggregates::gift_card::Event;
use aggregates::{Fact, GiftCardId, Money, OrderId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub struct GiftCardEntries;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Issued,
    Held,
    Captured,
    Voided,
    CreditedBack,
    Expired,
}

impl Kind {
    /// Whether it is in favour of the holder.
    pub const fn is_gain(self) -> bool {
        match self {
            Self::Issued | Self::Voided | Self::CreditedBack => true,
            Self::Held | Self::Captured | Self::Expired => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The stream and the sequence of the event.
    pub id: String,
    pub card_id: GiftCardId,
    pub sequence: i64,
    pub at: DateTime<Utc>,
    pub kind: Kind,
    pub amount: Money,
    pub order_id: Option<OrderId>,
    /// Who bought the card, or whose order holds of it; in other entries absent.
    pub user_id: Option<UserId>,
}

/// An entry before it has its place.
struct Movement {
    kind: Kind,
    amount: Money,
    order_id: Option<OrderId>,
    user_id: Option<UserId>,
    at: DateTime<Utc>,
}

/// `None` where no balance moved.
fn movement(event: &Event) -> Option<Movement> {
    let (kind, amount, order_id, user_id, at) = match event {
        Event::Issued { amount, buyer, at, .. } => (Kind::Issued, amount, None, *buyer, at),
        Event::Held { order_id, amount, at, by, .. } => {
            // Always a customer: the one who placed the order.
            (Kind::Held, amount, Some(order_id), by.parse().ok(), at)
        }
        Event::Captured { order_id, amount, at, .. } => {
            (Kind::Captured, amount, Some(order_id), None, at)
        }
        Event::Voided { order_id, amount, at, .. } => {
            (Kind::Voided, amount, Some(order_id), None, at)
        }
        Event::CreditedBack { order_id, amount, at, .. } => {
            (Kind::CreditedBack, amount, Some(order_id), None, at)
        }
        Event::Expired { amount, at, .. } => (Kind::Expired, amount, None, None, at),
        Event::Requested { .. }
        | Event::Withdrawn { .. }
        | Event::Disabled { .. }
        | Event::Reissued { .. } => return None,
    };
    Some(Movement { kind, amount: *amount, order_id: order_id.copied(), user_id, at: *at })
}

impl Projection for GiftCardEntries {
    const NAME: &'static str = "gift_card_entries";
    const VERSION: i32 = 1;
    const GROUP: Group = Group::Books;
    const TABLE: &'static str = "gift_card_entries";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["gift_card"];
    type Key = String;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = String>, ApplyError> {
        let Fact::GiftCard(fact) = &event.fact else {
            return Ok(None);
        };
        Ok(movement(fact).map(|_| format!("{}:{}", event.stream_id, event.sequence)))
    }

    fn apply(row: Option<Row>, key: &String, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::GiftCard(fact) = &event.fact else {
            return Ok(row);
        };
        let Some(Movement { kind, amount, order_id, user_id, at }) = movement(fact) else {
            return Ok(row);
        };
        Ok(Some(Row {
            id: key.clone(),
            card_id: GiftCardId::new(event.id()?),
            sequence: event.sequence,
            at,
            kind,
            amount,
            order_id,
            user_id,
        }))
    }
}
