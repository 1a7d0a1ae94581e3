//! The feed: all events in an order that never changes behind a reader.
//!
//! Order is (transaction, position), and only transactions that began before every running one are
//! shown: a reader that keeps its place misses nothing, however commits overlap.

use crate::recorded::recorded_from;
use crate::{Position, Recorded};
use sqlx::PgExecutor;

/// At most `limit` events behind `after`, in feed order.
pub async fn read(
    db: impl PgExecutor<'_>,
    after: Position,
    limit: i64,
) -> Result<Vec<Recorded>, sqlx::Error> {
    // Trap: the order must name the columns of the table. Ordering by the text alias would be
    // wrong (text order) and a hundred times slower (no index).
    let rows = sqlx::query!(
        r#"SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                  e.payload::text AS "payload!", e.metadata::text AS "metadata!", e.event_id,
                  e.global_position, e.transaction_id::text AS "tx!", e.recorded_at,
                  e.prev_hash, e.hash
             FROM events e
            WHERE (e.transaction_id, e.global_position) > ($1::text::xid8, $2)
              AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY e.transaction_id, e.global_position
            LIMIT $3"#,
        after.transaction_id.to_string(),
        after.global_position,
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| recorded_from!(row)).collect()
}

/// The last position that the feed shows now, [`Position::START`] where the log is empty.
pub async fn head(db: impl PgExecutor<'_>) -> Result<Position, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT e.transaction_id::text AS "tx!", e.global_position
             FROM events e
            WHERE e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY e.transaction_id DESC, e.global_position DESC
            LIMIT 1"#
    )
    .fetch_optional(db)
    .await?;
    row.map_or(Ok(Position::START), |row| Position::from_stored(&row.tx, row.global_position))
}

/// The last position that is stored, whether the feed shows it already or not: what was appended
/// before this question is not after it.
pub async fn tip(db: impl PgExecutor<'_>) -> Result<Position, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT e.transaction_id::text AS "tx!", e.global_position
             FROM events e
            ORDER BY e.transaction_id DESC, e.global_position DESC
            LIMIT 1"#
    )
    .fetch_optional(db)
    .await?;
    row.map_or(Ok(Position::START), |row| Position::from_stored(&row.tx, row.global_position))
}
