//! Tells other processes how far the read models are.
//!
//! Never within a transaction that stores rows: NOTIFY makes commits wait for each other.

use crate::ReadModels;
use sqlx::PgPool;
use std::time::Duration;

/// Notices come at least this far apart.
const APART: Duration = Duration::from_millis(10);

pub(super) async fn announce(pool: PgPool, read_models: ReadModels) {
    let channel = read_models.group().channel();
    let mut reached = read_models.watch();
    while reached.changed().await.is_ok() {
        let position = reached.borrow_and_update().to_string();
        eventlog::fault!("notice.before");
        let sent = sqlx::query_scalar!("SELECT pg_notify($1, $2)::text", channel, position)
            .fetch_one(&pool)
            .await;
        eventlog::fault!("notice.sent");
        if let Err(error) = sent {
            tracing::debug!(%error, "a notice was not sent; the followers poll");
        }
        tokio::time::sleep(APART).await;
    }
}
