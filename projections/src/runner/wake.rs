//! When to look at the feed again. Notices are hints; polling is what can be relied on.

use crate::ReadModels;
use crate::notices::listen;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Other processes send a notice here after an append.
const EVENTS: &str = "ledgerline_events";
const RECONNECT: Duration = Duration::from_secs(1);
const SLOWEST: Duration = Duration::from_millis(250);
/// After a wake-up the events may show up only when an older transaction ends: look again soon.
const SOON: Duration = Duration::from_millis(1);
const QUICKEST_POLL: Duration = Duration::from_millis(50);

/// The pauses of an idle runner.
#[derive(Debug)]
pub(super) struct Pauses {
    next: Duration,
    gather: Duration,
}

impl Pauses {
    /// `gather` is how long events are left to gather at the head of the feed.
    pub fn new(gather: Duration) -> Self {
        Self { next: QUICKEST_POLL, gather }
    }

    /// There was something to do.
    pub fn reset(&mut self) {
        self.next = QUICKEST_POLL;
    }

    /// There was, and it is done. Lets the next events gather unless somebody waits for them.
    pub async fn gather(&mut self, read_models: &ReadModels) {
        self.reset();
        if !self.gather.is_zero() {
            let _ = tokio::time::timeout(self.gather, read_models.hurried()).await;
        }
    }

    pub async fn pause(&mut self, wake: &Notify) {
        if tokio::time::timeout(self.next, wake.notified()).await.is_ok() {
            self.next = SOON;
        } else {
            self.next = SLOWEST.min(self.next * 2);
        }
    }
}

/// Passes the notices of other processes on.
pub(super) async fn on_notice(pool: PgPool, wake: Arc<Notify>) {
    loop {
        let listened = async {
            let mut listener = listen(&pool, EVENTS).await?;
            loop {
                listener.recv().await?;
                wake.notify_one();
            }
        };
        let ended: Result<(), sqlx::Error> = listened.await;
        if let Err(error) = ended {
            tracing::info!(%error, "no notices of events for now; polling goes on");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}
