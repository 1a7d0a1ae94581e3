//! Tells other processes how far the read models are.
//!
//! Never within a transaction that stores rows: NOTIFY makes commits wait for each other.

use crate::read_models::PROJECTED;
use eventlog::Position;
use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::watch;

/// Notices come at least this far apart.
const APART: Duration = Duration::from_millis(10);

pub(super) async fn announce(pool: PgPool, mut reached: watch::Receiver<Position>) {
    while reached.changed().await.is_ok() {
        let position = reached.borrow_and_update().to_string();
        let sent = sqlx::query_scalar!("SELECT pg_notify($1, $2)::text", PROJECTED, position)
            .fetch_one(&pool)
            .await;
        if let Err(error) = sent {
            tracing::debug!(%error, "a notice was not sent; the followers poll");
        }
        tokio::time::sleep(APART).await;
    }
}
