//! The events of an append as columns, chained and ready to be bound as arrays.

use super::{NewEvent, StreamAppend};
use crate::StreamId;
use crate::chain::{Hash, HashedFields, event_hash};
use chrono::{DateTime, Utc};
use uuid::Uuid;

#[derive(Default)]
pub(super) struct Columns<'a> {
    pub aggregate_types: Vec<&'a str>,
    pub aggregate_ids: Vec<&'a str>,
    pub sequences: Vec<i64>,
    pub event_types: Vec<&'a str>,
    pub event_versions: Vec<&'a str>,
    pub payloads: Vec<&'a str>,
    pub metadatas: Vec<&'a str>,
    pub event_ids: Vec<Uuid>,
    pub prev_hashes: Vec<Vec<u8>>,
    pub hashes: Vec<Vec<u8>>,
}

impl<'a> Columns<'a> {
    /// Chains and lays out the events; returns the head hash of each stream.
    pub fn of(streams: &'a [StreamAppend], recorded_at: DateTime<Utc>) -> (Self, Vec<Hash>) {
        let mut columns = Self::default();
        let heads = streams
            .iter()
            .map(|append| {
                let mut head = append.prev_hash;
                for (sequence, event) in (append.expected + 1..).zip(&append.events) {
                    head = columns.push(&append.stream, sequence, head, event, recorded_at);
                }
                head
            })
            .collect();
        (columns, heads)
    }

    fn push(
        &mut self,
        stream: &'a StreamId,
        sequence: i64,
        prev_hash: Hash,
        event: &'a NewEvent,
        recorded_at: DateTime<Utc>,
    ) -> Hash {
        let hash = event_hash(
            &prev_hash,
            &HashedFields {
                aggregate_type: stream.aggregate_type,
                aggregate_id: &stream.aggregate_id,
                sequence,
                event_type: &event.event_type,
                event_version: &event.event_version,
                event_id: event.event_id,
                recorded_at,
                payload: &event.payload,
                metadata: &event.metadata,
            },
        );
        self.aggregate_types.push(stream.aggregate_type);
        self.aggregate_ids.push(&stream.aggregate_id);
        self.sequences.push(sequence);
        self.event_types.push(&event.event_type);
        self.event_versions.push(&event.event_version);
        self.payloads.push(&event.payload);
        self.metadatas.push(&event.metadata);
        self.event_ids.push(event.event_id);
        self.prev_hashes.push(prev_hash.to_vec());
        self.hashes.push(hash.to_vec());
        hash
    }
}

/// One column of a table, to be bound as an array.
pub(super) fn column<'a, Row, Value>(
    rows: &'a [Row],
    value: impl Fn(&'a Row) -> Value,
) -> Vec<Value> {
    rows.iter().map(value).collect()
}
