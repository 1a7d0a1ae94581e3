//! Jobs that come round by the clock. Each runs on one node at a time, and doing one twice changes
//! nothing.

use crate::auth::erasure;
use crate::state::AppState;
use chrono::TimeDelta;
use eventlog::leases;
use std::time::Duration;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

/// A node that died in a job is replaced after this.
const LEASE: Duration = Duration::from_mins(2);
/// How long an answer is kept for a repeated request.
const KEPT: TimeDelta = TimeDelta::hours(48);

/// Every ten minutes, at the half minute.
const TIDY_UP: &str = "30 */10 * * * *";

/// Runs the jobs until it is told to stop.
pub async fn run(state: AppState, stop: CancellationToken) {
    match schedule(&state).await {
        Ok(mut scheduler) => {
            stop.cancelled().await;
            if let Err(error) = scheduler.shutdown().await {
                tracing::debug!(%error, "the job scheduler did not end cleanly");
            }
        }
        Err(error) => tracing::error!(%error, "no job can be run"),
    }
}

async fn schedule(state: &AppState) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let state = state.clone();
    let tidy = Job::new_async(TIDY_UP, move |_, _| {
        let state = state.clone();
        Box::pin(async move {
            if let Err(error) = on_one_node(&state).await {
                tracing::warn!(%error, "tidying up failed; it comes round again");
            }
        })
    })?;
    scheduler.add(tidy).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

async fn on_one_node(state: &AppState) -> Result<(), sqlx::Error> {
    let holder = state.entropy.new_id();
    if !leases::acquire(&state.pool, "job: tidy up", holder, LEASE).await? {
        return Ok(());
    }
    let done = tidy_up(state).await;
    leases::release(&state.pool, "job: tidy up", holder).await?;
    done
}

/// Deletes what has had its time: recorded answers and sessions that ended.
pub async fn tidy_up(state: &AppState) -> Result<(), sqlx::Error> {
    let answers =
        sqlx::query!("DELETE FROM idempotency WHERE recorded_at < $1", state.clock.now() - KEPT)
            .execute(&state.pool)
            .await?;
    let sessions = state.sessions.purge(state.clock.now()).await?;
    let forgotten = erasure::sweep(&state.pool).await?;
    tracing::info!(forgotten, answers = answers.rows_affected(), sessions, "tidied up");
    Ok(())
}
