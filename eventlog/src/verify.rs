//! Proving the log intact: every hash recomputed, every chain followed, every tree head checked.
//!
//! Reads only. Memory does not grow with the log.

mod stream;
mod tree;

pub use stream::{StreamReport, length, stream};
pub use tree::{TreeReport, tree, tree_against};

use crate::chain::{GENESIS, HashedFields, event_hash};
use crate::recorded::recorded_from;
use crate::tree::TreeError;
use crate::{Hash, Position, Recorded};
use futures_util::TryStreamExt;
use sqlx::PgPool;

/// What was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    pub events: u64,
    pub streams: u64,
}

/// Why the log cannot be trusted, and where.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("{stream} event {sequence}: {problem}")]
    BadEvent { stream: String, sequence: i64, problem: String },
    #[error(
        "tree head {size}: events were dropped, added or reordered in the feed after the first \
         {good} (the last event it covers was at position {position})"
    )]
    BadTreeHead { size: u64, good: u64, position: Position },
    #[error(
        "leaf {index} of the tree: {event} is not what was sealed there; events were changed, \
         dropped, added or reordered in the feed from here on"
    )]
    BadLeaf { index: u64, event: String },
    #[error("tile {tile} of level {level} of the tree is missing, or is not what the log says")]
    BadTile { level: i16, tile: u64 },
    #[error(
        "the checkpoint of {size} events: the log has another history; events were changed, \
         dropped, added or reordered after the first {good}"
    )]
    BadCheckpoint { size: u64, good: u64 },
    #[error("the checkpoint of {size} events: the log ends after {events}; its end was cut off")]
    TooShort { size: u64, events: u64 },
    #[error("{stream} event {sequence}: it is not leaf {leaf} of the sealed tree: {problem}")]
    NotInTree { stream: String, sequence: i64, leaf: u64, problem: String },
    #[error(transparent)]
    Tree(TreeError),
    #[error("the log cannot be read")]
    Unavailable(#[from] sqlx::Error),
}

impl From<TreeError> for VerifyError {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Unavailable(error) => Self::Unavailable(error),
            TreeError::BadTile { level, tile } => Self::BadTile { level, tile },
            other => Self::Tree(other),
        }
    }
}

/// How many events there are to check, for a progress bar. An estimate by the planner is enough.
pub async fn estimated_events(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let estimate = sqlx::query_scalar!(
        r#"SELECT GREATEST(reltuples, 0)::bigint AS "n!" FROM pg_class WHERE oid = 'events'::regclass"#
    )
    .fetch_one(pool)
    .await?;
    Ok(u64::try_from(estimate).unwrap_or_default())
}

/// Follows the chains of all streams, or of one (`(type, id)`). Calls `progress` with the number of
/// events checked, now and then.
pub async fn chains(
    pool: &PgPool,
    stream: Option<(&str, &str)>,
    mut progress: impl FnMut(u64),
) -> Result<Report, VerifyError> {
    let (only_type, only_id) = (stream.map(|(t, _)| t), stream.map(|(_, id)| id));
    let mut rows = sqlx::query!(
        r#"SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                  e.payload::text AS "payload!", e.metadata::text AS "metadata!", e.event_id,
                  e.global_position, e.transaction_id::text AS "tx!", e.recorded_at,
                  e.prev_hash, e.hash
             FROM events e
            WHERE ($1::text IS NULL OR (e.aggregate_type = $1 AND e.aggregate_id = $2))
            ORDER BY e.aggregate_type, e.aggregate_id, e.sequence"#,
        only_type,
        only_id
    )
    .fetch(pool);
    let mut report = Report::default();
    let mut previous: Option<Recorded> = None;
    while let Some(row) = rows.try_next().await? {
        let event = recorded_from!(row)?;
        let same_stream = previous.as_ref().filter(|p| {
            p.aggregate_id == event.aggregate_id && p.aggregate_type == event.aggregate_type
        });
        if same_stream.is_none() {
            report.streams += 1;
        }
        check(same_stream, &event)?;
        report.events += 1;
        if report.events.is_multiple_of(4096) {
            progress(report.events);
        }
        previous = Some(event);
    }
    progress(report.events);
    Ok(report)
}

/// One link: `previous` is the event before in the same stream.
fn check(previous: Option<&Recorded>, event: &Recorded) -> Result<(), VerifyError> {
    let bad = |problem: &str| {
        Err(VerifyError::BadEvent {
            stream: format!("{}/{}", event.aggregate_type, event.aggregate_id),
            sequence: event.sequence,
            problem: problem.to_owned(),
        })
    };
    let expected = previous.map_or(1, |previous| previous.sequence + 1);
    if event.sequence != expected {
        return bad(&format!("event {expected} is missing before it"));
    }
    if event.prev_hash != previous.map_or(GENESIS, |previous| previous.hash) {
        return bad("it does not follow the event before it (previous hash)");
    }
    if previous.is_some_and(|previous| previous.position >= event.position) {
        return bad("the feed shows it before the event before it");
    }
    if recomputed(event) != event.hash {
        return bad("its contents do not match its hash");
    }
    Ok(())
}

/// The hash that an event with these contents must have.
pub fn recomputed(event: &Recorded) -> Hash {
    event_hash(
        &event.prev_hash,
        &HashedFields {
            aggregate_type: &event.aggregate_type,
            aggregate_id: &event.aggregate_id,
            sequence: event.sequence,
            event_type: &event.event_type,
            event_version: &event.event_version,
            event_id: event.event_id,
            recorded_at: event.recorded_at,
            payload: &event.payload,
            metadata: &event.metadata,
        },
    )
}
