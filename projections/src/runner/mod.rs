//! Keeps the read models of a group up to date: one loop per process, of which one leads at a time.
//!
//! The lease only saves work. What makes every event count exactly once is that rows and checkpoint
//! commit together, and that a checkpoint only moves from where the process believes it to be. So
//! the loop may be cut off anywhere.

mod announce;
mod health;
mod lead;
mod lockstep;
mod wake;

use crate::rebuild::{RebuildError, rebuild};
use crate::{Definition, ReadModels, generation};
use eventlog::leases;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use uuid::Uuid;

const LEASE_TTL: Duration = Duration::from_secs(5);
/// How long to wait before trying again, after another process leads or the database failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The projector of a process for one group.
#[derive(Debug)]
pub struct Runner {
    pool: PgPool,
    read_models: ReadModels,
    /// This process among those that share the work.
    holder: Uuid,
    wake: Arc<Notify>,
}

/// Why a process stopped leading, though nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Another process leads.
    Follower,
    /// Rows were built by a newer program: leave them to it.
    Outdated,
    /// Somebody else moved a checkpoint, for instance a rebuild: read all anew.
    Changed,
}

impl Runner {
    /// `pool` must lead to the primary. `holder` is a fresh id for this process.
    pub fn new(pool: PgPool, read_models: ReadModels, holder: Uuid) -> Self {
        Self { pool, read_models, holder, wake: Arc::new(Notify::new()) }
    }

    fn definitions(&self) -> &[Definition] {
        self.read_models.definitions()
    }

    fn lease(&self) -> &'static str {
        self.read_models.group().lease()
    }

    /// To be notified after every append, so that the projections need not poll for it.
    pub fn waker(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    /// Runs until `stop` ends, then leaves the work to other processes.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        tokio::select! {
            () = stop => {}
            () = self.work() => {}
        }
        if let Err(error) = leases::release(&self.pool, self.lease(), self.holder).await {
            tracing::info!(%error, "the projections' lease was left to expire");
        }
    }

    async fn work(&self) {
        while let Err(error) = generation::ensure(&self.pool, self.definitions()).await {
            tracing::error!(%error, "cannot create the projections");
            tokio::time::sleep(PAUSE).await;
        }
        // Aborted with this function.
        let mut helpers = JoinSet::new();
        helpers.spawn(wake::on_notice(self.pool.clone(), self.waker()));
        helpers.spawn(announce::announce(self.pool.clone(), self.read_models.clone()));
        for definition in self.definitions() {
            helpers.spawn(rebuild_outdated(self.pool.clone(), *definition, self.holder));
        }
        loop {
            match self.lead().await {
                Ok(Ended::Changed) => {}
                Ok(Ended::Follower) => tokio::time::sleep(PAUSE).await,
                Ok(Ended::Outdated) => {
                    let _ = leases::release(&self.pool, self.lease(), self.holder).await;
                    tokio::time::sleep(LEASE_TTL).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "projecting was interrupted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn lead(&self) -> Result<Ended, sqlx::Error> {
        let asked = Instant::now();
        if !leases::acquire(&self.pool, self.lease(), self.holder, LEASE_TTL).await? {
            return Ok(Ended::Follower);
        }
        match lead::Lead::start(self, asked).await? {
            Ok(lead) => {
                let ended = lead.run().await;
                self.read_models.revisions().forget();
                ended
            }
            Err(ended) => Ok(ended),
        }
    }
}

/// Rebuilds a projection whose rows an older program made. Until then the old rows stay visible,
/// but nothing moves them any more.
async fn rebuild_outdated(pool: PgPool, definition: Definition, holder: Uuid) {
    loop {
        let version = sqlx::query_scalar!(
            "SELECT p.version FROM checkpoints c
               JOIN projections p ON p.name = c.name AND p.generation = c.generation
              WHERE c.name = $1",
            definition.name
        )
        .fetch_optional(&pool)
        .await;
        let outcome = match version {
            Ok(Some(version)) if version >= definition.version => return,
            Ok(_) => rebuild(&pool, &definition, holder).await,
            Err(error) => Err(error.into()),
        };
        match outcome {
            Ok(rebuilt) => tracing::info!(projection = definition.name, ?rebuilt, "rebuilt"),
            Err(RebuildError::Busy) => {}
            Err(error) => {
                tracing::error!(projection = definition.name, %error, "the rebuild failed");
            }
        }
        tokio::time::sleep(LEASE_TTL).await;
    }
}
