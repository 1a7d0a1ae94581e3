//! Reviews and their lists. The fold is the aggregate's own: no rule is repeated here. The text is
//! personal data, joined by the queries and never stored here. What a product's reviews make of its
//! rating is in the catalogue.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Filter, Page, ReviewView, Sort, list, review};

use crate::{ApplyError, Envelope, Projection};
use aggregates::review::{self, Rating};
use aggregates::{Decider, Fact, ProductId, Review, ReviewId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Reviews;

/// What became of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Published,
    Rejected,
    /// Kept, for its author may post another one to the same stream.
    Deleted,
}

impl From<review::Status> for Status {
    fn from(status: review::Status) -> Self {
        match status {
            review::Status::Pending => Self::Pending,
            review::Status::Published => Self::Published,
            review::Status::Rejected => Self::Rejected,
        }
    }
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Published => "published",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: ReviewId,
    pub product_id: ProductId,
    pub user_id: UserId,
    pub rating: Rating,
    pub status: Status,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub state: Review,
}

impl Projection for Reviews {
    const NAME: &'static str = "reviews";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "reviews";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["review"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Review(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let state = row.map_or_else(Review::default, |row| row.state).evolve(fact);
        let (status, details) = match &state {
            Review::Nonexistent => return Err(ApplyError::NotCreated("the review")),
            Review::Posted { status, details } => (Status::from(*status), details),
            Review::Deleted(details) => (Status::Deleted, details),
        };
        Ok(Some(Row {
            id: ReviewId::new(*key),
            product_id: details.product_id,
            user_id: details.user_id,
            rating: details.rating,
            status,
            version: event.sequence,
            created_at: details.created_at,
            updated_at: details.updated_at,
            state,
        }))
    }
}
