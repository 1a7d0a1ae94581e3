//! The outermost layer: gives every request its ids, follows it with one span, one log line and two
//! metrics. Never logs a body, a header or a query string, which may hold secrets.

use super::client;
use crate::http::extract::{BodyHash, RequestInfo};
use crate::state::AppState;
use crate::telemetry::TraceId;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;

const TRACE_ID: HeaderName = HeaderName::from_static("trace-id");
/// Stands for all paths without a route, which strangers can make up without end.
const NO_ROUTE: &str = "(none)";

/// Identifies, follows and measures a request.
pub async fn trace(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| NO_ROUTE.to_owned(), |path| path.as_str().to_owned());
    let method = known_method(request.method());
    let trace_id = request
        .headers()
        .get("traceparent")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or_else(|| TraceId::from_bytes(state.entropy.bytes()));
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let info = RequestInfo {
        request_id: state.entropy.new_id(),
        trace_id,
        client: client::address(&request, &state.config.http.trusted_proxies),
        command: format!("{method} {route}").into(),
        target: target.into(),
        body_hash: BodyHash::default(),
    };
    let span = tracing::info_span!("request", method, route, %trace_id);
    request.extensions_mut().insert(info);
    let run = async {
        let mut response = next.run(request).await;
        let elapsed = started.elapsed();
        let status = response.status().as_u16();
        tracing::info!(status, latency_ms = elapsed.as_secs_f64() * 1000.0, "answered");
        let labels = [
            ("method", method.to_owned()),
            ("route", route.clone()),
            ("status", status.to_string()),
        ];
        metrics::counter!("http_requests_total", &labels).increment(1);
        metrics::histogram!("http_request_duration_seconds", &labels[..2])
            .record(elapsed.as_secs_f64());
        // An id is made of hexadecimal digits.
        if let Ok(id) = HeaderValue::try_from(trace_id.to_string()) {
            response.headers_mut().insert(TRACE_ID, id);
        }
        response
    };
    trace_id.scope(run.instrument(span.clone())).await
}

/// A method of HTTP, or one name for all that strangers make up.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
