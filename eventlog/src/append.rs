//! The append: one autocommit statement for any number of streams.
//!
//! Either all events of all streams, the snapshots, the personal data and the idempotency records
//! are stored, or nothing is. The primary key of `events` is the lock: two appends of the same
//! sequence cannot both succeed.

mod columns;
mod statement;

use crate::chain::Hash;
use crate::{AppendError, Position, StreamId};
use chrono::{DateTime, SubsecRound, Utc};
use columns::Columns;
use sqlx::PgExecutor;
use statement::Parts;
use uuid::Uuid;

/// An event about to be stored. All text is stored, and hashed, byte for byte.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub event_id: Uuid,
    pub event_type: String,
    pub event_version: String,
    /// JSON text.
    pub payload: String,
    /// JSON text of a [`crate::Metadata`].
    pub metadata: std::sync::Arc<str>,
}

/// The new events of one stream, to follow the event `expected` whose hash is `prev_hash`.
#[derive(Debug, Clone)]
pub struct StreamAppend {
    pub stream: StreamId,
    pub expected: i64,
    pub prev_hash: Hash,
    pub events: Vec<NewEvent>,
    /// The state after the events, where the stream is snapshotted.
    pub snapshot: Option<Snapshot>,
}

impl StreamAppend {
    /// The sequence of the last event.
    fn last(&self) -> i64 {
        self.expected + i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }
}

#[derive(Debug, Clone)]
pub struct Snapshot {
    pub schema_version: i32,
    /// JSON text.
    pub state: String,
}

/// The answer that a repeated request gets.
#[derive(Debug, Clone)]
pub struct IdempotencyRecord {
    pub scope: String,
    pub key: String,
    pub request_hash: Hash,
    pub response: serde_json::Value,
}

/// A change of personal data that belongs to the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonalChange {
    Set {
        subject: Uuid,
        key: String,
        value: String,
    },
    /// Erases all that is stored of the subject.
    EraseAll {
        subject: Uuid,
    },
}

impl PersonalChange {
    pub fn subject(&self) -> Uuid {
        match self {
            Self::Set { subject, .. } | Self::EraseAll { subject } => *subject,
        }
    }
}

/// Everything that one statement stores.
#[derive(Debug, Default)]
pub struct Append {
    pub streams: Vec<StreamAppend>,
    /// Streams that were read, and how far: nothing is stored where one has moved on.
    pub guards: Vec<(StreamId, i64)>,
    pub idempotency: Vec<IdempotencyRecord>,
    /// Without an order: a value is set at most once, and not of a subject that is erased after it.
    pub personal: Vec<PersonalChange>,
}

impl Append {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty() && self.idempotency.is_empty() && self.personal.is_empty()
    }
}

/// What the statement stored.
#[derive(Debug)]
pub struct Appended {
    /// Of the last event; `None` where there was none.
    pub position: Option<Position>,
    /// The hash of the last event of each stream, in the order of [`Append::streams`].
    pub heads: Vec<Hash>,
}

/// Stores everything, or nothing. `recorded_at` is cut to microseconds, which is what is hashed.
pub async fn append(
    db: impl PgExecutor<'_>,
    append: &Append,
    recorded_at: DateTime<Utc>,
) -> Result<Appended, AppendError> {
    let recorded_at = recorded_at.trunc_subsecs(6);
    let (columns, heads) = Columns::of(&append.streams, recorded_at);
    let parts = Parts::of(append);
    let query = parts.bind(columns, append, &heads, recorded_at);
    crate::fault!("append.before");
    let (transaction_id, global_position, moved) = query.fetch_one(db).await?;
    crate::fault!("append.committed");
    if moved {
        return Err(AppendError::Conflict);
    }
    let position = match (transaction_id, global_position) {
        (Some(transaction), Some(position)) => Some(Position::from_stored(&transaction, position)?),
        _ => None,
    };
    Ok(Appended { position, heads })
}
