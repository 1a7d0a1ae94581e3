//! An event as the log stores it.

use crate::{Hash, Position};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// One stored event, bytes as stored.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub aggregate_type: String,
    pub aggregate_id: String,
    /// From 1, without gaps within the stream.
    pub sequence: i64,
    pub event_type: String,
    pub event_version: String,
    /// JSON text.
    pub payload: String,
    /// JSON text of a [`crate::Metadata`].
    pub metadata: String,
    pub event_id: Uuid,
    pub position: Position,
    /// Microsecond precision.
    pub recorded_at: DateTime<Utc>,
    pub prev_hash: Hash,
    pub hash: Hash,
}

/// The stored bytes as a hash; a missing or short one reads as all zeros, which no event has.
pub(crate) fn hash_from_stored(bytes: Option<&[u8]>) -> Hash {
    bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; 32])
}

/// A [`Recorded`] from a row with the usual columns, `transaction_id` as text in `tx`.
macro_rules! recorded_from {
    ($row:expr) => {{
        let row = $row;
        $crate::Position::from_stored(&row.tx, row.global_position).map(|position| {
            $crate::Recorded {
                prev_hash: $crate::recorded::hash_from_stored(row.prev_hash.as_deref()),
                hash: $crate::recorded::hash_from_stored(row.hash.as_deref()),
                aggregate_type: row.aggregate_type,
                aggregate_id: row.aggregate_id,
                sequence: row.sequence,
                event_type: row.event_type,
                event_version: row.event_version,
                payload: row.payload,
                metadata: row.metadata,
                event_id: row.event_id,
                position,
                recorded_at: row.recorded_at,
            }
        })
    }};
}
pub(crate) use recorded_from;
