//! How the server's own work stands: `/admin/jobs`, `/admin/projections`.

use crate::http::extract::Admin;
use crate::http::problem::Problem;
use crate::jobs::{self, JobRun};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use projections::Status;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that comes round by the clock.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JobResource {
    #[schema(example = "expire-points")]
    pub name: &'static str,
    pub about: &'static str,
    /// In UTC: seconds, minutes, hours, days, months, weekdays.
    #[schema(example = "0 5 * * * *")]
    pub schedule: &'static str,
    /// The beginning of its last run.
    pub started_at: Option<DateTime<Utc>>,
    /// The last end without an error.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many things that run changed.
    pub done: Option<i64>,
    /// Why the last run failed.
    pub error: Option<String>,
}

/// All jobs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JobList {
    pub items: Vec<JobResource>,
}

impl From<JobRun> for JobResource {
    fn from(run: JobRun) -> Self {
        let JobRun { job, started_at, finished_at, done, error } = run;
        let (name, about, schedule) = (job.name(), job.about(), job.schedule());
        Self { name, about, schedule, started_at, finished_at, done, error }
    }
}

/// List the jobs and their last runs
#[utoipa::path(get, path = "/admin/jobs", tag = "admin", security(("bearer" = [])),
    responses((status = 200, description = "The jobs", body = JobList)))]
pub async fn jobs(State(state): State<AppState>, _: Admin) -> Result<Json<JobList>, Problem> {
    let runs = jobs::list(&state.read_pool).await?;
    Ok(Json(JobList { items: runs.into_iter().map(JobResource::from).collect() }))
}

/// A generation of a read model.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProjectionResource {
    #[schema(example = "orders")]
    pub name: String,
    pub version: i32,
    pub generation: i32,
    /// Whether queries see this generation.
    pub is_current: bool,
    /// building, live or failed.
    #[schema(value_type = String, example = "live")]
    pub state: &'static str,
    /// How far it has come in the log.
    #[schema(example = "2f5-3a")]
    pub position: String,
    /// Events that are still to come.
    pub lag_events: i64,
    pub updated_at: Option<DateTime<Utc>>,
    /// Why it failed.
    pub error: Option<String>,
}

/// All read models.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProjectionList {
    pub items: Vec<ProjectionResource>,
}

impl From<Status> for ProjectionResource {
    fn from(status: Status) -> Self {
        Self {
            state: status.state.as_str(),
            position: status.position.to_string(),
            name: status.name,
            version: status.version,
            generation: status.generation,
            is_current: status.is_current,
            lag_events: status.lag_events,
            updated_at: status.updated_at,
            error: status.error,
        }
    }
}

/// List the read models and how far they are
#[utoipa::path(get, path = "/admin/projections", tag = "admin", security(("bearer" = [])),
    responses((status = 200, description = "The read models", body = ProjectionList)))]
pub async fn projections(
    State(state): State<AppState>,
    _: Admin,
) -> Result<Json<ProjectionList>, Problem> {
    // From the primary: a replica does not know what the worker is doing now.
    let all = projections::status(&state.pool).await?;
    Ok(Json(ProjectionList { items: all.into_iter().map(ProjectionResource::from).collect() }))
}
