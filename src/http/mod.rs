//! HTTP: the routes, the layers around them and the form of every answer. Holds no business rule:
//! a handler extracts, calls one command or one query, and responds.

pub mod commands;
mod connections;
pub mod docs;
mod errors;
pub mod extract;
pub mod health;
pub mod middleware;
pub mod pagination;
mod patch;
pub mod problem;
pub mod queries;
pub mod reply;
pub mod resources;
pub mod user;
mod value;

use crate::config::Role;
use crate::state::AppState;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use problem::Problem;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower::util::MapRequest;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// Where the API is.
pub const PREFIX: &str = "/api/v1";

/// The whole server, as far as the role serves it. The documentation always describes all of it.
/// Its requests need `ConnectInfo<SocketAddr>` among their extensions, so that limits know clients
/// apart.
pub fn router(state: &AppState, role: Role) -> Result<Router, serde_json::Error> {
    let mut api = OpenApiRouter::new();
    if role.serves_commands() {
        api = api.merge(commands::router());
    }
    if role.serves_queries() {
        api = api.merge(queries::router());
    }
    let (routes, _) =
        OpenApiRouter::new().merge(health::router()).nest(PREFIX, api).split_for_parts();
    let routes = routes
        .merge(docs::router(&openapi())?)
        .method_not_allowed_fallback(async || no_method())
        .fallback(async || no_route())
        .layer(
            // The first is the outermost.
            ServiceBuilder::new()
                .layer(from_fn_with_state(state.clone(), middleware::trace))
                .layer(from_fn(middleware::security_headers))
                .option_layer(middleware::cors(&state.config.http.cors_origins))
                .layer(CatchPanicLayer::custom(middleware::answer_panic))
                .layer(from_fn_with_state(state.clone(), middleware::authenticate))
                .layer(from_fn_with_state(state.clone(), middleware::limit))
                .layer(from_fn_with_state(state.clone(), middleware::keep_pages))
                .layer(CompressionLayer::new())
                .layer(from_fn_with_state(state.clone(), middleware::time_out))
                .layer(DefaultBodyLimit::max(state.config.http.body_limit_bytes)),
        )
        .with_state(state.clone());
    // Before routing, and therefore around the router and not a layer of it.
    Ok(Router::new().fallback_service(MapRequest::new(routes, middleware::normalise)))
}

/// Serves until told to stop, then until what is under way is answered.
pub async fn serve(listener: TcpListener, state: AppState, stop: CancellationToken) {
    let router = match router(&state, state.config.role) {
        Ok(router) => router,
        Err(error) => return tracing::error!(%error, "the routes cannot be described"),
    };
    let idle = Duration::from_secs(state.config.http.idle_timeout_s);
    connections::serve(listener, router, idle, stop).await;
}

/// The complete document, whatever this process serves.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let api = commands::router().merge(queries::router());
    let (_, mut openapi) = OpenApiRouter::<AppState>::with_openapi(docs::ApiDoc::openapi())
        .merge(health::router())
        .nest(PREFIX, api)
        .split_for_parts();
    docs::complete(&mut openapi);
    openapi
}

/// There is nothing at this path.
pub(crate) fn no_route() -> Problem {
    Problem::not_found("route_not_found", "there is nothing at this path")
}

fn no_method() -> Problem {
    Problem::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path does not take that method; see `Allow`",
    )
}
