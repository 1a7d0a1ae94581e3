//! Wishlists. The fold is the aggregate's own: no rule is repeated here. Prices and stock of now are
//! joined by the queries.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Item, Page, Product, item, list};

use crate::{ApplyError, Envelope, Projection};
use aggregates::{Decider, Fact, UserId, Wishlist};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Wishlists;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub user_id: UserId,
    pub state: Wishlist,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

impl Projection for Wishlists {
    const NAME: &'static str = "wishlists";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "wishlists";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["wishlist"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Wishlist(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        Ok(Some(Row {
            user_id: UserId::new(*key),
            state: row.map_or_else(Wishlist::default, |row| row.state).evolve(fact),
            version: event.sequence,
            updated_at: event.recorded_at,
        }))
    }
}
