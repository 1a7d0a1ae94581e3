//! Orders and their lists. The fold is the aggregate's own: no rule is repeated here. Address and
//! phone are personal data, joined by the queries and never stored here.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Filter, OrderView, Page, by_number, delivered_with, list, order};

use crate::{ApplyError, Envelope, Projection};
use aggregates::order::{PaymentMethod, Status};
use aggregates::{Decider, Fact, Money, Order, OrderId, PaymentId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

#[derive(Debug)]
pub struct Orders;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: OrderId,
    pub number: String,
    pub user_id: UserId,
    pub status: Status,
    /// The sellers of its lines, each once.
    pub seller_ids: BTreeSet<UserId>,
    pub payment_method: PaymentMethod,
    /// The current payment.
    pub payment_id: PaymentId,
    pub total: Money,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub version: i64,
    pub state: Order,
}

impl Projection for Orders {
    const NAME: &'static str = "orders";
    const VERSION: i32 = 4;
    const TABLE: &'static str = "orders";
    const DERIVED: &'static [&'static str] = &["orders_sellers"];
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["order"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Order(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let state = row.map_or_else(Order::default, |row| row.state).evolve(fact);
        let (Some(details), Some(status)) = (state.details(), state.status()) else {
            return Err(ApplyError::NotCreated("the order"));
        };
        Ok(Some(Row {
            id: OrderId::new(*key),
            number: details.number.clone(),
            user_id: details.user_id,
            status,
            seller_ids: details.lines.iter().map(|line| line.seller_id).collect(),
            payment_method: details.payment_method,
            payment_id: details.payment_id,
            total: details.total_amount,
            created_at: details.created_at,
            updated_at: details.updated_at,
            expires_at: details.expires_at,
            version: event.sequence,
            state,
        }))
    }
}
