//! The limit of how long a request may take until its response begins. Streams that follow, such as
//! server-sent events, are not limited; nor is a command, which runs on in its own task.

use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// Answers 503 where the time is over.
pub async fn time_out(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let limit = Duration::from_secs(state.config.http.request_timeout_s);
    if let Ok(response) = tokio::time::timeout(limit, next.run(request)).await {
        return response;
    }
    tracing::warn!(limit_s = limit.as_secs(), "a request took too long");
    Problem::overloaded("the request took too long; try again").into_response()
}
