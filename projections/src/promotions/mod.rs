//! Promotions by code. The fold is the aggregate's own: no rule is repeated here.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Page, active, ended, promotion};

use crate::{ApplyError, Envelope, Projection};
use aggregates::{Decider, Fact, PromoCode, Promotion};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub struct Promotions;

/// How far a promotion has come. An active one may still lie ahead, be over or be used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Active,
    Expired,
    Withdrawn,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub code: PromoCode,
    pub status: Status,
    /// Uses of orders that were settled.
    pub used: u64,
    /// Uses set aside for orders that were not.
    pub held: u64,
    pub usage_limit: Option<u32>,
    pub stackable: bool,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
    pub state: Promotion,
}

impl Projection for Promotions {
    const NAME: &'static str = "promotions";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "promotions";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["promotion"];
    type Key = String;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = String>, ApplyError> {
        Ok(Some(event.stream_id.clone()))
    }

    fn apply(row: Option<Row>, key: &String, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Promotion(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let code = key.parse().map_err(|_| ApplyError::StreamId(key.clone()))?;
        let state = row.map_or_else(Promotion::default, |row| row.state).evolve(fact);
        let (Some(details), Some(status)) = (state.details(), status(&state)) else {
            return Err(ApplyError::NotCreated("the promotion"));
        };
        Ok(Some(Row {
            code,
            status,
            used: details.used,
            held: u64::try_from(details.holds.len()).map_err(|_| ApplyError::Overflow)?,
            usage_limit: details.terms.usage_limit,
            stackable: details.terms.stackable,
            starts_at: details.terms.starts_at,
            ends_at: details.terms.ends_at,
            created_at: details.created_at,
            updated_at: details.updated_at,
            version: event.sequence,
            state,
        }))
    }
}

fn status(promotion: &Promotion) -> Option<Status> {
    match promotion {
        Promotion::Nonexistent => None,
        Promotion::Active(_) => Some(Status::Active),
        Promotion::Expired(_) => Some(Status::Expired),
        Promotion::Withdrawn(_) => Some(Status::Withdrawn),
    }
}
