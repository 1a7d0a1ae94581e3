//! The feed between two places, of some stream types only: what rebuilding and catching up read.
//!
//! Only goes as far as a checkpoint stands already: all events up to there are settled, so that the
//! order cannot change behind the reader.

use eventlog::{Position, Recorded};
use sqlx::PgConnection;

/// At most `limit` events behind `after` and not behind `upto`, in feed order. Their hashes are
/// left out: nobody here needs them.
pub(crate) async fn scan(
    db: &mut PgConnection,
    after: Position,
    upto: Position,
    streams: &[&str],
    limit: i64,
) -> Result<Vec<Recorded>, sqlx::Error> {
    let streams: Vec<String> = streams.iter().map(|stream| (*stream).to_owned()).collect();
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
        &streams,
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
