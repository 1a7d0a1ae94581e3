//! One run of a job: on one node, with its end recorded.

use super::Job;
use crate::state::AppState;
use chrono::{DateTime, Utc};
use eventlog::leases;
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

/// A node that died in a job is replaced after this.
const LEASE: Duration = Duration::from_mins(2);

/// Why a job did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{failed} of {tried} could not be done; the first: {first}")]
    Some { failed: u64, tried: u64, first: String },
    #[error("another node has taken the job over")]
    TakenOver,
    #[error(transparent)]
    Sign(#[from] crate::audit::SignError),
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRun {
    pub job: Job,
    pub started_at: Option<DateTime<Utc>>,
    /// The last end without an error.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many things the last run changed.
    pub done: Option<i64>,
    /// Why the last run failed.
    pub error: Option<String>,
}

/// The right to do a job, which is lost when it is not kept up.
#[derive(Debug)]
pub(super) struct Lease {
    pool: PgPool,
    name: String,
    holder: Uuid,
}

impl Lease {
    async fn take(state: &AppState, job: Job) -> Result<Option<Self>, sqlx::Error> {
        let (name, holder) = (format!("job: {job}"), state.entropy.new_id());
        let taken = leases::acquire(&state.pool, &name, holder, LEASE).await?;
        Ok(taken.then(|| Self { pool: state.pool.clone(), name, holder }))
    }

    /// To be called between the parts of a job.
    pub async fn keep(&self) -> Result<(), JobsError> {
        let kept = leases::acquire(&self.pool, &self.name, self.holder, LEASE).await?;
        if kept { Ok(()) } else { Err(JobsError::TakenOver) }
    }

    async fn release(self) -> Result<(), sqlx::Error> {
        leases::release(&self.pool, &self.name, self.holder).await
    }
}

/// All jobs, with their last runs.
pub async fn list(pool: &PgPool) -> Result<Vec<JobRun>, sqlx::Error> {
    let rows = sqlx::query!("SELECT name, started_at, finished_at, done, error FROM job_runs")
        .fetch_all(pool)
        .await?;
    let runs = Job::ALL.map(|job| match rows.iter().find(|row| row.name == job.name()) {
        Some(row) => JobRun {
            job,
            started_at: Some(row.started_at),
            finished_at: row.finished_at,
            done: row.done,
            error: row.error.clone(),
        },
        None => JobRun { job, started_at: None, finished_at: None, done: None, error: None },
    });
    Ok(runs.to_vec())
}

/// Does a job now; `None` where another node is at it. Returns how many things were changed.
pub async fn run_now(state: &AppState, job: Job) -> Result<Option<u64>, JobsError> {
    let Some(lease) = Lease::take(state, job).await? else { return Ok(None) };
    let started_at = state.clock.now();
    eventlog::fault!("job.leased");
    let done = job.perform(state, &lease).await;
    eventlog::fault!("job.performed");
    record(state, job, started_at, &done).await?;
    eventlog::fault!("job.recorded");
    lease.release().await?;
    done.map(Some)
}

async fn record(
    state: &AppState,
    job: Job,
    started_at: DateTime<Utc>,
    done: &Result<u64, JobsError>,
) -> Result<(), sqlx::Error> {
    let (finished_at, count, error) = match done {
        Ok(count) => (Some(state.clock.now()), i64::try_from(*count).ok(), None),
        Err(error) => (None, None, Some(error.to_string())),
    };
    sqlx::query!(
        "INSERT INTO job_runs (name, started_at, finished_at, done, error)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO UPDATE
            SET started_at = excluded.started_at,
                finished_at = coalesce(excluded.finished_at, job_runs.finished_at),
                done = coalesce(excluded.done, job_runs.done),
                error = excluded.error",
        job.name(),
        started_at,
        finished_at,
        count,
        error
    )
    .execute(&state.pool)
    .await?;
    Ok(())
}
