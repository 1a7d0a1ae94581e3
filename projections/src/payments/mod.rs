//! Payments by id and by order. The fold is the aggregate's own: no rule is repeated here.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{by_order, by_user, payment};

use crate::{ApplyError, Envelope, Projection};
use aggregates::payment::Status;
use aggregates::{Decider, Fact, GiftCardId, OrderId, Payment, PaymentId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Payments;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: PaymentId,
    /// What it pays for: an order or a gift card.
    pub order_id: Option<OrderId>,
    pub gift_card_id: Option<GiftCardId>,
    pub user_id: UserId,
    pub status: Status,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub state: Payment,
}

impl Projection for Payments {
    const NAME: &'static str = "payments";
    const VERSION: i32 = 2;
    const TABLE: &'static str = "payments";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["payment"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Payment(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let state = row.map_or_else(Payment::default, |row| row.state).evolve(fact);
        let (Some(details), Some(status)) = (state.details(), state.status()) else {
            return Err(ApplyError::NotCreated("the payment"));
        };
        Ok(Some(Row {
            id: PaymentId::new(*key),
            order_id: details.purpose.order_id(),
            gift_card_id: details.purpose.gift_card_id(),
            user_id: details.user_id,
            status,
            version: event.sequence,
            created_at: details.created_at,
            updated_at: details.updated_at,
            state,
        }))
    }
}
