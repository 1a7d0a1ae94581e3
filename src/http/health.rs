//! Whether the process lives, whether it can be used, and its metrics. For machines that look after
//! it; says nothing that a stranger could use.

use crate::http::problem::{FieldError, Problem};
use crate::migrations;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use projections::State as ProjectionState;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics))
}

/// All is well.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

const OK: Health = Health { status: "ok" };

/// Liveness: the process answers
#[utoipa::path(get, path = "/healthz", tag = "operations",
    responses((status = OK, description = "The process lives", body = Health)))]
async fn healthz() -> Json<Health> {
    Json(OK)
}

/// Readiness: the database answers, its migrations are applied, and every projection is of this version
/// and has not failed
#[utoipa::path(get, path = "/readyz", tag = "operations",
    responses((status = OK, description = "Requests can be served", body = Health),
              (status = SERVICE_UNAVAILABLE, description = "Not ready; `errors` says what is missing")))]
async fn readyz(State(state): State<AppState>) -> Result<Json<Health>, Problem> {
    let missing = missing(&state).await;
    if missing.is_empty() {
        return Ok(Json(OK));
    }
    tracing::warn!(?missing, "not ready");
    Err(Problem::overloaded("the server is not ready").errors(missing))
}

/// What keeps the process from being ready. The details are for operators and name no data.
async fn missing(state: &AppState) -> Vec<FieldError> {
    let unreachable = |what: &'static str| {
        move |error: sqlx::Error| {
            tracing::warn!(%error, what, "not reachable");
            vec![FieldError::parameter(what, "does not answer").code("unreachable")]
        }
    };
    let checks = async {
        let pending = migrations::pending(&state.pool).await.map_err(unreachable("database"))?;
        if pending > 0 {
            let detail = format!("{pending} migrations are not applied");
            return Ok(vec![FieldError::parameter("migrations", detail).code("pending")]);
        }
        sqlx::query("SELECT 1")
            .execute(&state.read_pool)
            .await
            .map_err(unreachable("read database"))?;
        let all = projections::status(&state.pool).await.map_err(unreachable("projections"))?;
        Ok(all.iter().filter_map(unusable).collect())
    };
    checks.await.unwrap_or_else(|missing: Vec<FieldError>| missing)
}

/// Why the rows of a projection cannot be used. Those that an older program built may lack what our
/// queries ask for.
fn unusable(one: &projections::Status) -> Option<FieldError> {
    let name = format!("projection {}", one.name);
    if one.state == ProjectionState::Failed {
        return Some(FieldError::parameter(name, "stopped by an event").code("failed"));
    }
    let ours = projections::all().into_iter().find(|definition| definition.name == one.name)?;
    let outdated = one.is_current && one.version < ours.version;
    outdated.then(|| FieldError::parameter(name, "being made anew").code("building"))
}

/// Metrics in the text format of Prometheus
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = OK, description = "Metrics", body = String, content_type = "text/plain")))]
async fn metrics(State(state): State<AppState>) -> Response {
    for (name, pool) in [("write", &state.pool), ("read", &state.read_pool)] {
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        metrics::gauge!("db_pool_connections", "pool" => name).set(pool.size());
        metrics::gauge!("db_pool_idle_connections", "pool" => name).set(idle);
    }
    let text = state.metrics.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
