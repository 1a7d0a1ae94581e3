//! The events of one stream, page by page, as far as a moment. Reads only, and never a whole stream
//! at once: some are long.

use crate::recorded::recorded_from;
use crate::{AsOf, Position, Recorded};
use chrono::{DateTime, SubsecRound, Utc};
use sqlx::{PgExecutor, PgPool};
use std::time::Duration;

/// A stretch of the log. The default is all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Only what the feed shows behind it.
    pub after: Position,
    /// The last position of it.
    pub until: Position,
    /// Only what was recorded then or later.
    pub since: Option<DateTime<Utc>>,
    /// Only what was recorded then or earlier.
    pub up_to: Option<DateTime<Utc>>,
}

impl Default for Stretch {
    fn default() -> Self {
        Self { after: Position::START, until: END, since: None, up_to: None }
    }
}

/// Behind everything.
const END: Position = Position { transaction_id: u64::MAX, global_position: i64::MAX };

impl Stretch {
    /// All that had happened by then, that moment included. PostgreSQL knows microseconds, so the
    /// rest of a time is cut off.
    pub fn as_of(as_of: AsOf) -> Self {
        Self::default().ending(as_of)
    }

    /// The same, but nothing behind this moment.
    pub fn ending(self, as_of: AsOf) -> Self {
        match as_of {
            AsOf::Time(time) => Self { up_to: Some(time.trunc_subsecs(6)), ..self },
            AsOf::Position(until) => Self { until, ..self },
        }
    }

    /// The same, but only from this time on, or only behind this position.
    pub fn beginning(self, from: AsOf) -> Self {
        match from {
            AsOf::Time(time) => Self { since: Some(time.trunc_subsecs(6)), ..self },
            AsOf::Position(after) => Self { after, ..self },
        }
    }
}

/// At most `limit` events of a stream behind the given sequence, in order.
pub async fn page(
    db: impl PgExecutor<'_>,
    (aggregate_type, aggregate_id): (&str, &str),
    after_sequence: i64,
    stretch: &Stretch,
    limit: i64,
) -> Result<Vec<Recorded>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                  e.payload::text AS "payload!", e.metadata::text AS "metadata!", e.event_id,
                  e.global_position, e.transaction_id::text AS "tx!", e.recorded_at,
                  e.prev_hash, e.hash
             FROM events e
            WHERE e.aggregate_type = $1 AND e.aggregate_id = $2 AND e.sequence > $3
              AND (e.transaction_id, e.global_position) > ($4::text::xid8, $5)
              AND (e.transaction_id, e.global_position) <= ($6::text::xid8, $7)
              AND ($8::timestamptz IS NULL OR e.recorded_at >= $8)
              AND ($9::timestamptz IS NULL OR e.recorded_at <= $9)
            ORDER BY e.sequence
            LIMIT $10"#,
        aggregate_type,
        aggregate_id,
        after_sequence,
        stretch.after.transaction_id.to_string(),
        stretch.after.global_position,
        stretch.until.transaction_id.to_string(),
        stretch.until.global_position,
        stretch.since,
        stretch.up_to,
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| recorded_from!(row)).collect()
}

/// What the log can say about a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// All that belongs to it is stored: what is asked about it is answered the same for ever.
    Yes,
    /// It lies ahead.
    NotYet,
    /// A transaction that may still add to it has not ended within the given time.
    Stalled,
}

/// An append takes its time just before its statement: after this long it has a transaction id.
const BEFORE_THE_STATEMENT: Duration = Duration::from_secs(1);
/// No append runs longer: the server's statements have a time-out of half of it.
const LONGEST_APPEND: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// Waits until nothing can be added to the past of a moment any more, for `patience` at most.
///
/// A position is settled once the feed has gone beyond it. A time is settled when every append that
/// may bear it has ended: that is waited for where it is less than a minute ago.
pub async fn settled(
    pool: &PgPool,
    as_of: AsOf,
    now: DateTime<Utc>,
    patience: Duration,
) -> Result<Settled, sqlx::Error> {
    let deadline = tokio::time::Instant::now() + patience;
    let (_, next) = snapshot(pool).await?;
    let wanted = match as_of {
        AsOf::Position(position) if position.transaction_id >= next => return Ok(Settled::NotYet),
        AsOf::Position(position) => position.transaction_id + 1,
        AsOf::Time(time) => {
            let Ok(age) = (now - time).to_std() else { return Ok(Settled::NotYet) };
            if age > LONGEST_APPEND {
                return Ok(Settled::Yes);
            }
            tokio::time::sleep(BEFORE_THE_STATEMENT.saturating_sub(age)).await;
            snapshot(pool).await?.1
        }
    };
    loop {
        let (oldest_running, _) = snapshot(pool).await?;
        if oldest_running >= wanted {
            return Ok(Settled::Yes);
        }
        if tokio::time::Instant::now() >= deadline {
            return Ok(Settled::Stalled);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The oldest transaction that is running, and the first that has not begun.
async fn snapshot(db: impl PgExecutor<'_>) -> Result<(u64, u64), sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT pg_snapshot_xmin(s)::text AS "oldest!", pg_snapshot_xmax(s)::text AS "next!"
             FROM pg_current_snapshot() AS s"#
    )
    .fetch_one(db)
    .await?;
    Ok((transaction_id(&row.oldest)?, transaction_id(&row.next)?))
}

/// A transaction id as PostgreSQL prints it.
pub(crate) fn transaction_id(text: &str) -> Result<u64, sqlx::Error> {
    text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
