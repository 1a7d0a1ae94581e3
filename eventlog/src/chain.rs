//! The hash that chains the events of one stream.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub type Hash = [u8; 32];

/// What the first event of a stream has as its previous hash.
pub const GENESIS: Hash = [0; 32];

/// What an event's hash covers. Text is hashed exactly as stored.
#[derive(Debug, Clone, Copy)]
pub struct HashedFields<'a> {
    pub aggregate_type: &'a str,
    pub aggregate_id: &'a str,
    pub sequence: i64,
    pub event_type: &'a str,
    pub event_version: &'a str,
    pub event_id: Uuid,
    pub recorded_at: DateTime<Utc>,
    pub payload: &'a str,
    pub metadata: &'a str,
}

/// `sha256(prev_hash || fields)`: every text with its length in bytes before it (u64, big-endian),
/// so that no two lists of fields give the same bytes; numbers as big-endian 64 bit, the time in
/// microseconds since 1970.
pub fn event_hash(prev_hash: &Hash, fields: &HashedFields<'_>) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(prev_hash);
    let mut text = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    text(fields.aggregate_type);
    text(fields.aggregate_id);
    text(fields.event_type);
    text(fields.event_version);
    text(fields.payload);
    text(fields.metadata);
    hasher.update(fields.sequence.to_be_bytes());
    hasher.update(fields.event_id.as_bytes());
    hasher.update(fields.recorded_at.timestamp_micros().to_be_bytes());
    hasher.finalize().into()
}
