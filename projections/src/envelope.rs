//! An event as the folds see it: decoded once per batch, shared by all projections.

use crate::ApplyError;
use aggregates::Fact;
use chrono::{DateTime, Utc};
use eventlog::{Metadata, Position, Recorded};
use uuid::Uuid;

/// One event with what is known about it.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub fact: Fact,
    pub stream_type: String,
    pub stream_id: String,
    /// From 1, without gaps within the stream.
    pub sequence: i64,
    pub event_id: Uuid,
    pub position: Position,
    pub recorded_at: DateTime<Utc>,
    /// JSON text; see [`Self::metadata`].
    pub metadata: String,
}

impl Envelope {
    pub fn decode(event: Recorded) -> Result<Self, ApplyError> {
        let fact = Fact::decode(
            &event.aggregate_type,
            &event.event_type,
            &event.event_version,
            &event.payload,
        )?;
        Ok(Self {
            fact,
            stream_type: event.aggregate_type,
            stream_id: event.aggregate_id,
            sequence: event.sequence,
            event_id: event.event_id,
            position: event.position,
            recorded_at: event.recorded_at,
            metadata: event.metadata,
        })
    }

    /// The stream's id where it is a UUID, as all ids of entities are.
    pub fn id(&self) -> Result<Uuid, ApplyError> {
        self.stream_id.parse().map_err(|_| ApplyError::StreamId(self.stream_id.clone()))
    }

    /// Who caused it and why. Parsed on demand: hardly any fold needs it.
    pub fn metadata(&self) -> Result<Metadata, ApplyError> {
        serde_json::from_str(&self.metadata).map_err(ApplyError::Metadata)
    }

    /// Checks that this is the stream's next event after `version`, which a row remembers.
    pub fn follows(&self, version: i64) -> Result<(), ApplyError> {
        if self.sequence == version + 1 {
            return Ok(());
        }
        Err(ApplyError::Gap {
            stream: format!("{}/{}", self.stream_type, self.stream_id),
            expected: version + 1,
            found: self.sequence,
        })
    }
}
