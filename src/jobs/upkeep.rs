//! Deleting what has had its time. Touches no event.

use crate::auth::{erasure, links};
use crate::gift_cards::SEALED_CODE;
use crate::state::AppState;
use crate::webhooks::deliveries;
use chrono::TimeDelta;

/// How long an answer is kept for a repeated request, and a code for whoever is to be told it.
const KEPT: TimeDelta = TimeDelta::hours(48);

/// Deletes recorded answers, sessions that ended, what an erasure left, the sealed codes of
/// cards that were made long ago, and old deliveries of webhooks; returns how many rows.
pub async fn tidy_up(state: &AppState) -> Result<u64, sqlx::Error> {
    let now = state.clock.now();
    let answers = sqlx::query!("DELETE FROM idempotency WHERE recorded_at < $1", now - KEPT)
        .execute(&state.pool)
        .await?
        .rows_affected();
    let sessions = state.sessions.purge(now).await?;
    let links = links::purge(&state.pool, now).await?;
    let forgotten = erasure::sweep(&state.pool).await?;
    let codes = sqlx::query!(
        "DELETE FROM personal_data p USING read.gift_cards c
          WHERE p.subject_id = c.id AND p.key = $1 AND c.updated_at < $2",
        SEALED_CODE,
        now - KEPT
    )
    .execute(&state.pool)
    .await?
    .rows_affected();
    let kept = TimeDelta::days(state.config.webhooks.kept_days.into());
    let delivered = deliveries::purge(&state.pool, now - kept).await?;
    tracing::debug!(answers, links, sessions, forgotten, codes, delivered, "tidied up");
    Ok(answers + links + sessions + forgotten + codes + delivered)
}
