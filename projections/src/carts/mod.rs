//! Carts of users and guests. The fold is the aggregate's own: no rule is repeated here.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{CartView, Item, Product, cart};

use crate::{ApplyError, Envelope, Projection};
use aggregates::{Cart, CartId, Decider, Fact};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Carts;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: CartId,
    pub state: Cart,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

impl Projection for Carts {
    const NAME: &'static str = "carts";
    const VERSION: i32 = 2;
    const TABLE: &'static str = "carts";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["cart"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Cart(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        Ok(Some(Row {
            id: CartId::new(*key),
            state: row.map_or_else(Cart::default, |row| row.state).evolve(fact),
            version: event.sequence,
            updated_at: event.recorded_at,
        }))
    }
}
