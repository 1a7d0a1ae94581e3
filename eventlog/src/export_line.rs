//! One line of an export: an event as JSON, with all that its hash covers, byte for byte.
//!
//! The form is fixed: exports are kept for years and verified by later versions. Payload and metadata
//! are JSON texts within JSON strings, because their hashes are over their exact bytes.

use crate::{Hash, Position, Recorded};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

/// A line of NDJSON. Unknown members are refused: nothing in an export is left unchecked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportLine {
    /// The place in the feed, from 0: the event's leaf of the tree.
    pub leaf_index: u64,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub event_type: String,
    pub event_version: String,
    pub event_id: Uuid,
    /// Decimal; text, because JSON numbers end at 2^53 for many readers.
    pub transaction_id: String,
    pub global_position: i64,
    /// RFC 3339, UTC, always with six digits of a second.
    #[serde(serialize_with = "with_microseconds")]
    pub recorded_at: DateTime<Utc>,
    /// Hexadecimal, lower case.
    pub prev_hash: String,
    /// Hexadecimal, lower case.
    pub hash: String,
    /// The exact stored text.
    pub payload: String,
    /// The exact stored text.
    pub metadata: String,
}

/// Why a line is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLine {
    #[error("`{member}` is not a SHA-256 hash in hexadecimal, lower case")]
    Hash { member: &'static str },
    #[error("`transaction_id` is not a decimal number")]
    TransactionId,
    /// The hash of an event covers its time to the microsecond, and no leap seconds.
    #[error("`recorded_at` is not a time in microseconds")]
    Time,
}

impl ExportLine {
    /// The event as the leaf with this index.
    pub fn new(leaf_index: u64, event: Recorded) -> Self {
        Self {
            leaf_index,
            aggregate_type: event.aggregate_type,
            aggregate_id: event.aggregate_id,
            sequence: event.sequence,
            event_type: event.event_type,
            event_version: event.event_version,
            event_id: event.event_id,
            transaction_id: event.position.transaction_id.to_string(),
            global_position: event.position.global_position,
            recorded_at: event.recorded_at,
            prev_hash: hex::encode(event.prev_hash),
            hash: hex::encode(event.hash),
            payload: event.payload,
            metadata: event.metadata,
        }
    }
}

impl TryFrom<ExportLine> for Recorded {
    type Error = InvalidLine;

    fn try_from(line: ExportLine) -> Result<Self, InvalidLine> {
        let transaction_id = line.transaction_id.parse().ok();
        let transaction_id = transaction_id
            .filter(|number: &u64| number.to_string() == line.transaction_id)
            .ok_or(InvalidLine::TransactionId)?;
        let nanoseconds = line.recorded_at.timestamp_subsec_nanos();
        if !nanoseconds.is_multiple_of(1000) || nanoseconds >= 1_000_000_000 {
            return Err(InvalidLine::Time);
        }
        Ok(Self {
            prev_hash: hash_from_hex("prev_hash", &line.prev_hash)?,
            hash: hash_from_hex("hash", &line.hash)?,
            aggregate_type: line.aggregate_type,
            aggregate_id: line.aggregate_id,
            sequence: line.sequence,
            event_type: line.event_type,
            event_version: line.event_version,
            payload: line.payload,
            metadata: line.metadata,
            event_id: line.event_id,
            position: Position { transaction_id, global_position: line.global_position },
            recorded_at: line.recorded_at,
        })
    }
}

fn hash_from_hex(member: &'static str, text: &str) -> Result<Hash, InvalidLine> {
    let mut hash = Hash::default();
    let is_lower = !text.bytes().any(|digit| digit.is_ascii_uppercase());
    match hex::decode_to_slice(text, &mut hash) {
        Ok(()) if is_lower => Ok(hash),
        _ => Err(InvalidLine::Hash { member }),
    }
}

fn with_microseconds<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = concat!(
        r#"{"leaf_index":7,"aggregate_type":"cart","aggregate_id":"1","sequence":2,"#,
        r#""event_type":"ItemAdded","event_version":"1.0","#,
        r#""event_id":"00000000-0000-0000-0000-000000000009","transaction_id":"18446744073709551615","#,
        r#""global_position":3,"recorded_at":"2026-11-21T10:00:00.500000Z","#,
        r#""prev_hash":"0101010101010101010101010101010101010101010101010101010101010101","#,
        r#""hash":"0202020202020202020202020202020202020202020202020202020202020202","#,
        r#""payload":"{ \"q\":1.0 }","metadata":"{\"actor\":\"\\u0041\"}"}"#
    );

    #[test]
    fn a_line_comes_back_byte_for_byte() {
        let line: ExportLine = serde_json::from_str(LINE).unwrap();
        let event = Recorded::try_from(line).unwrap();
        assert_eq!(event.payload, r#"{ "q":1.0 }"#);
        assert_eq!(event.metadata, r#"{"actor":"\u0041"}"#);
        assert_eq!(event.position, Position { transaction_id: u64::MAX, global_position: 3 });
        assert_eq!((event.prev_hash, event.hash), ([1; 32], [2; 32]));
        assert_eq!(serde_json::to_string(&ExportLine::new(7, event)).unwrap(), LINE);
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let line: ExportLine = serde_json::from_str(LINE).unwrap();
        let short = ExportLine { hash: "02".to_owned(), ..line.clone() };
        let refused = Recorded::try_from(short).unwrap_err();
        assert_eq!(refused, InvalidLine::Hash { member: "hash" });
        let capital = ExportLine { hash: "AB".repeat(32), ..line.clone() };
        assert_eq!(Recorded::try_from(capital).unwrap_err(), InvalidLine::Hash { member: "hash" });
        for transaction_id in ["x", "+5", "007", ""] {
            let named = ExportLine { transaction_id: transaction_id.to_owned(), ..line.clone() };
            assert_eq!(Recorded::try_from(named).unwrap_err(), InvalidLine::TransactionId);
        }
        // None of these would change the hash of the event.
        for time in ["2026-11-21T10:00:00.5000001Z", "2026-11-21T09:59:60.5Z"] {
            let finer = ExportLine { recorded_at: time.parse().unwrap(), ..line.clone() };
            assert_eq!(Recorded::try_from(finer).unwrap_err(), InvalidLine::Time, "{time}");
        }
        let more = LINE.replacen('{', r#"{"note":"unchecked","#, 1);
        assert!(serde_json::from_str::<ExportLine>(&more).is_err());
    }
}
