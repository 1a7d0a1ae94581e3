//! The append: one autocommit statement for any number of streams.
//!
//! Either all events of all streams, the snapshots, the personal data and the idempotency records
//! are stored, or nothing is. The primary key of `events` is the lock: two appends of the same
//! sequence cannot both succeed.

use crate::chain::{Hash, HashedFields, event_hash};
use crate::{AppendError, Position, StreamId};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
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

/// Everything that one statement stores.
#[derive(Debug, Default)]
pub struct Append {
    pub streams: Vec<StreamAppend>,
    /// Streams that were read, and how far: nothing is stored where one has moved on.
    pub guards: Vec<(StreamId, i64)>,
    pub idempotency: Vec<IdempotencyRecord>,
    pub personal: Vec<PersonalChange>,
}

/// What the statement stored.
#[derive(Debug)]
pub struct Appended {
    /// Of the last event stored.
    pub position: Position,
    /// The hash of the last event of each stream, in the order of [`Append::streams`].
    pub heads: Vec<Hash>,
}

/// Columns of the events, ready to be bound as arrays.
#[derive(Default)]
struct Columns<'a> {
    aggregate_types: Vec<&'a str>,
    aggregate_ids: Vec<&'a str>,
    sequences: Vec<i64>,
    event_types: Vec<&'a str>,
    event_versions: Vec<&'a str>,
    payloads: Vec<&'a str>,
    metadatas: Vec<&'a str>,
    event_ids: Vec<Uuid>,
    prev_hashes: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
}

impl<'a> Columns<'a> {
    /// Chains and lays out the events; returns the head hash of each stream.
    fn of(streams: &'a [StreamAppend], recorded_at: DateTime<Utc>) -> (Self, Vec<Hash>) {
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

const INSERT_EVENTS: &str = "\
    INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                        payload, metadata, event_id, prev_hash, hash, recorded_at)
    SELECT t, i, s, et, ev, p::json, m::json, e, ph, h, $11
      FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                  $7::text[], $8::uuid[], $9::bytea[], $10::bytea[])
           WITH ORDINALITY AS n(t, i, s, et, ev, p, m, e, ph, h, ord)";

/// Most appends store events and nothing else.
static PLAIN: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "WITH ev AS ({INSERT_EVENTS} ORDER BY ord RETURNING transaction_id, global_position)
         SELECT transaction_id::text AS tx, max(global_position) AS position
           FROM ev GROUP BY transaction_id"
    )
});

/// With guards, idempotency records, snapshots and personal data: nothing happens at all where a
/// guarded stream has moved on.
static FULL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "WITH moved AS MATERIALIZED (
            SELECT 1 FROM UNNEST($12::text[], $13::text[], $14::bigint[]) AS g(t, i, s)
              JOIN events e ON e.aggregate_type = g.t AND e.aggregate_id = g.i
                           AND e.sequence = g.s + 1
             LIMIT 1),
         idem AS (
            INSERT INTO idempotency (scope, key, request_hash, response, recorded_at)
            SELECT s, k, h, r::json, $11
              FROM UNNEST($15::text[], $16::text[], $17::bytea[], $18::text[]) AS n(s, k, h, r)
             WHERE NOT EXISTS (SELECT 1 FROM moved)),
         erased AS (
            DELETE FROM personal_data WHERE subject_id = ANY($19::uuid[])
               AND NOT EXISTS (SELECT 1 FROM moved)),
         personal AS (
            INSERT INTO personal_data (subject_id, key, value)
            SELECT s, k, v FROM UNNEST($20::uuid[], $21::text[], $22::text[]) AS n(s, k, v)
             WHERE NOT EXISTS (SELECT 1 FROM moved)
            ON CONFLICT (subject_id, key) DO UPDATE SET value = excluded.value),
         snap AS (
            INSERT INTO snapshots (aggregate_type, aggregate_id, sequence, schema_version, hash, state)
            SELECT t, i, s, v, h, d::json
              FROM UNNEST($23::text[], $24::text[], $25::bigint[], $26::int[], $27::bytea[],
                          $28::text[]) AS n(t, i, s, v, h, d)
             WHERE NOT EXISTS (SELECT 1 FROM moved)
            ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE
               SET sequence = excluded.sequence, schema_version = excluded.schema_version,
                   hash = excluded.hash, state = excluded.state
             WHERE snapshots.sequence < excluded.sequence),
         ev AS ({INSERT_EVENTS} WHERE NOT EXISTS (SELECT 1 FROM moved)
                ORDER BY ord RETURNING transaction_id, global_position)
         SELECT transaction_id::text AS tx, max(global_position) AS position
           FROM ev GROUP BY transaction_id"
    )
});

/// Stores everything, or nothing. `recorded_at` must have microsecond precision: it is hashed.
pub async fn append(
    pool: &PgPool,
    append: &Append,
    recorded_at: DateTime<Utc>,
) -> Result<Appended, AppendError> {
    let (columns, heads) = Columns::of(&append.streams, recorded_at);
    debug_assert!(!columns.sequences.is_empty(), "an append stores at least one event");
    let full = !(append.guards.is_empty()
        && append.idempotency.is_empty()
        && append.personal.is_empty()
        && append.streams.iter().all(|stream| stream.snapshot.is_none()));
    let sql: &str = if full { &FULL } else { &PLAIN };
    let query = sqlx::query_as::<_, (String, i64)>(sql)
        .bind(columns.aggregate_types)
        .bind(columns.aggregate_ids)
        .bind(columns.sequences)
        .bind(columns.event_types)
        .bind(columns.event_versions)
        .bind(columns.payloads)
        .bind(columns.metadatas)
        .bind(columns.event_ids)
        .bind(columns.prev_hashes)
        .bind(columns.hashes)
        .bind(recorded_at);
    let query = if full { bind_rest(query, append, &heads) } else { query };
    let stored = query.fetch_optional(pool).await?;
    let (transaction_id, global_position) = stored.ok_or(AppendError::Conflict)?;
    Ok(Appended { position: Position::from_stored(&transaction_id, global_position)?, heads })
}

type AppendQuery<'q> =
    sqlx::query::QueryAs<'q, sqlx::Postgres, (String, i64), sqlx::postgres::PgArguments>;

/// Binds what [`FULL`] has beyond [`PLAIN`].
fn bind_rest<'q>(query: AppendQuery<'q>, append: &'q Append, heads: &[Hash]) -> AppendQuery<'q> {
    let guards = &append.guards;
    let idempotency = &append.idempotency;
    let mut erased = Vec::new();
    let (mut subjects, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for change in &append.personal {
        match change {
            PersonalChange::Set { subject, key, value } => {
                subjects.push(*subject);
                keys.push(key.as_str());
                values.push(value.as_str());
            }
            PersonalChange::EraseAll { subject } => erased.push(*subject),
        }
    }
    let snapshots: Vec<_> = append
        .streams
        .iter()
        .zip(heads)
        .filter_map(|(stream, head)| stream.snapshot.as_ref().map(|s| (stream, s, head)))
        .collect();
    let length = |stream: &StreamAppend| i64::try_from(stream.events.len()).unwrap_or(i64::MAX);
    query
        .bind(column(guards, |(stream, _)| stream.aggregate_type))
        .bind(column(guards, |(stream, _)| &*stream.aggregate_id))
        .bind(column(guards, |(_, sequence)| *sequence))
        .bind(column(idempotency, |record| record.scope.as_str()))
        .bind(column(idempotency, |record| record.key.as_str()))
        .bind(column(idempotency, |record| record.request_hash.to_vec()))
        .bind(column(idempotency, |record| record.response.to_string()))
        .bind(erased)
        .bind(subjects)
        .bind(keys)
        .bind(values)
        .bind(column(&snapshots, |(s, ..)| s.stream.aggregate_type))
        .bind(column(&snapshots, |(s, ..)| &*s.stream.aggregate_id))
        .bind(column(&snapshots, |(s, ..)| s.expected + length(s)))
        .bind(column(&snapshots, |(_, snapshot, _)| snapshot.schema_version))
        .bind(column(&snapshots, |(.., head)| head.to_vec()))
        .bind(column(&snapshots, |(_, snapshot, _)| snapshot.state.as_str()))
}

/// One column of a table, to be bound as an array.
fn column<'a, Row, Value>(rows: &'a [Row], value: impl Fn(&'a Row) -> Value) -> Vec<Value> {
    rows.iter().map(value).collect()
}
