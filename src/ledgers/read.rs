//! The events of the ledgers, streamed once in the order of the feed.

use super::{Checker, Event, LedgersError, Report};
use eventlog::Position;
use futures_util::TryStreamExt;
use sqlx::PgPool;

/// Checks the ledgers of the whole log. Calls `progress` with the number of events, now and
/// then.
pub async fn verify(pool: &PgPool, mut progress: impl FnMut(u64)) -> Result<Report, LedgersError> {
    let mut rows = sqlx::query!(
        r#"SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                  e.payload::text AS "payload!", e.global_position,
                  e.transaction_id::text AS "tx!"
             FROM events e
            WHERE e.aggregate_type IN
                  ('gift_card', 'loyalty_account', 'order', 'promotion', 'promotion_usage')
            ORDER BY e.transaction_id, e.global_position"#
    )
    .fetch(pool);
    let mut checker = Checker::default();
    let mut events = 0_u64;
    while let Some(row) = rows.try_next().await? {
        checker.check(&Event {
            aggregate_type: &row.aggregate_type,
            aggregate_id: &row.aggregate_id,
            sequence: row.sequence,
            event_type: &row.event_type,
            event_version: &row.event_version,
            payload: &row.payload,
            position: Position::from_stored(&row.tx, row.global_position)?,
        })?;
        events += 1;
        if events.is_multiple_of(4096) {
            progress(events);
        }
    }
    progress(events);
    Ok(checker.report())
}
