//! From an event to what came with it and what it caused. Reads only.

use crate::Recorded;
use crate::recorded::recorded_from;
use sqlx::PgExecutor;
use uuid::Uuid;

/// The event with this id.
pub async fn event(
    db: impl PgExecutor<'_>,
    event_id: Uuid,
) -> Result<Option<Recorded>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                  e.payload::text AS "payload!", e.metadata::text AS "metadata!", e.event_id,
                  e.global_position, e.transaction_id::text AS "tx!", e.recorded_at,
                  e.prev_hash, e.hash
             FROM events e
            WHERE e.event_id = $1"#,
        event_id
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| recorded_from!(row)).transpose()
}

/// The other events that the same command appended with this one, at most `limit`: those of its
/// transaction with its request id. A transaction may hold the commands of several requests.
pub async fn siblings(
    db: impl PgExecutor<'_>,
    event: &Recorded,
    request_id: Uuid,
    limit: i64,
) -> Result<Vec<Recorded>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                  e.payload::text AS "payload!", e.metadata::text AS "metadata!", e.event_id,
                  e.global_position, e.transaction_id::text AS "tx!", e.recorded_at,
                  e.prev_hash, e.hash
             FROM events e
            WHERE e.transaction_id = $1::text::xid8 AND e.global_position <> $2
              AND e.metadata ->> 'request_id' = $3
            ORDER BY e.transaction_id, e.global_position
            LIMIT $4"#,
        event.position.transaction_id.to_string(),
        event.position.global_position,
        request_id.to_string(),
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| recorded_from!(row)).collect()
}

/// The events that processes appended because of this one, at most `limit`, in feed order.
pub async fn effects(
    db: impl PgExecutor<'_>,
    event_id: Uuid,
    limit: i64,
) -> Result<Vec<Recorded>, sqlx::Error> {
    // The second condition is the index's own. Without the fence, the planner may walk the whole feed
    // for the sake of its order.
    let rows = sqlx::query!(
        r#"WITH caused AS MATERIALIZED (
               SELECT * FROM events e
                WHERE e.metadata ->> 'causation_id' = $1
                  AND e.metadata ->> 'causation_id' <> e.metadata ->> 'request_id')
           SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                  e.payload::text AS "payload!", e.metadata::text AS "metadata!", e.event_id,
                  e.global_position, e.transaction_id::text AS "tx!", e.recorded_at,
                  e.prev_hash, e.hash
             FROM caused e
            ORDER BY e.transaction_id, e.global_position
            LIMIT $2"#,
        event_id.to_string(),
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| recorded_from!(row)).collect()
}
