//! Wakes the projections after an append: those of this process directly, those of others by a
//! notice. Only ever a hint: projections that miss it find the events by looking.

use sqlx::PgPool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;

/// Where the projections of other processes listen.
const CHANNEL: &str = "ledgerline_events";
/// Appends within this time share a notice: each is a transaction, and they commit one by one.
const AT_MOST_EVERY: Duration = Duration::from_millis(5);

/// Told of every append. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Appended(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    local: OnceLock<Vec<Arc<Notify>>>,
    others: Notify,
}

impl Appended {
    /// There are new events.
    pub fn tell(&self) {
        for projections in self.0.local.get().into_iter().flatten() {
            projections.notify_one();
        }
        self.0.others.notify_one();
    }

    /// Lets appends wake the projections of this process; to be called once.
    pub fn wake(&self, projections: Vec<Arc<Notify>>) {
        if self.0.local.set(projections).is_err() {
            tracing::error!("a process has one set of projections to wake");
        }
    }

    /// Passes appends on to other processes, for as long as it is polled.
    pub async fn notify_others(self, pool: PgPool) {
        loop {
            self.0.others.notified().await;
            eventlog::fault!("wake.before");
            let sent = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&pool).await;
            eventlog::fault!("wake.sent");
            if let Err(error) = sent {
                tracing::debug!(%error, "other processes were not told of an append");
            }
            tokio::time::sleep(AT_MOST_EVERY).await;
        }
    }
}
