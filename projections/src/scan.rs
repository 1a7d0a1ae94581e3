//! The feed between two places, of some stream types only: what rebuilding and catching up read.
//!
//! Only goes as far as a checkpoint stands already: all events up to there are settled, so that the
//! order cannot change behind the reader.

use eventlog::{Position, Recorded};
use sqlx::PgConnection;

/// Events of the whole log that one statement passes by at most, so that it stays short however
/// rare the wanted stream types are.
const WINDOW: i64 = 100_000;

pub(crate) struct Scanner {
    streams: Vec<String>,
    /// Where the current window ends.
    window: Position,
}

impl Scanner {
    pub fn new(streams: &[&str]) -> Self {
        let streams = streams.iter().map(|stream| (*stream).to_owned()).collect();
        Self { streams, window: Position::START }
    }

    /// At most `limit` events behind `after` and not behind `upto`, in feed order, and the place that
    /// is reached with them: there may be no events on the way there. Calls go forward only.
    pub async fn next(
        &mut self,
        db: &mut PgConnection,
        after: Position,
        upto: Position,
        limit: i64,
    ) -> Result<(Vec<Recorded>, Position), sqlx::Error> {
        if after >= self.window {
            self.window = window(db, after, upto).await?;
        }
        let events = read(db, after, self.window, &self.streams, limit).await?;
        let to = match events.last() {
            Some(last) if i64::try_from(events.len()) == Ok(limit) => last.position,
            _ => self.window,
        };
        Ok((events, to))
    }
}

async fn window(
    db: &mut PgConnection,
    after: Position,
    upto: Position,
) -> Result<Position, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT e.transaction_id::text AS "tx!", e.global_position
             FROM events e
            WHERE (e.transaction_id, e.global_position) > ($1::text::xid8, $2)
              AND (e.transaction_id, e.global_position) <= ($3::text::xid8, $4)
            ORDER BY e.transaction_id, e.global_position
           OFFSET $5 LIMIT 1"#,
        after.transaction_id.to_string(),
        after.global_position,
        upto.transaction_id.to_string(),
        upto.global_position,
        WINDOW
    )
    .fetch_optional(db)
    .await?;
    row.map_or(Ok(upto), |row| Position::from_stored(&row.tx, row.global_position))
}

/// Their hashes are left out: nobody here needs them.
async fn read(
    db: &mut PgConnection,
    after: Position,
    upto: Position,
    streams: &[String],
    limit: i64,
) -> Result<Vec<Recorded>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                  e.payload::text AS "payload!", e.metadata::text AS "metadata!", e.event_id,
                  e.global_position, e.transaction_id::text AS "tx!", e.recorded_at
             FROM events e
            WHERE (e.transaction_id, e.global_position) > ($1::text::xid8, $2)
              AND (e.transaction_id, e.global_position) <= ($3::text::xid8, $4)
              AND e.aggregate_type = ANY ($5)
            ORDER BY e.transaction_id, e.global_position
            LIMIT $6"#,
        after.transaction_id.to_string(),
        after.global_position,
        upto.transaction_id.to_string(),
        upto.global_position,
        streams,
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Recorded {
                aggregate_type: row.aggregate_type,
                aggregate_id: row.aggregate_id,
                sequence: row.sequence,
                event_type: row.event_type,
                event_version: row.event_version,
                payload: row.payload,
                metadata: row.metadata,
                event_id: row.event_id,
                position: Position::from_stored(&row.tx, row.global_position)?,
                recorded_at: row.recorded_at,
                prev_hash: [0; 32],
                hash: [0; 32],
            })
        })
        .collect()
}
