//! From the outcome of a command to its response: what is recorded under an idempotency key, waiting
//! for the read models, and the headers that say where things stand.

use crate::http::extract::CommandContext;
use crate::http::problem::Problem;
use crate::log::Answer;
use crate::state::AppState;
use crate::telemetry::TraceId;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use eventlog::{Outcome, Position, feed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::time::Duration;
use tracing::Instrument;

/// How far the log is after the command; opaque to clients.
pub const POSITION: HeaderName = HeaderName::from_static("ledgerline-position");
/// `false` where the read models do not show the command yet.
pub const PROJECTED: HeaderName = HeaderName::from_static("ledgerline-projected");
/// `true` where the response is the recorded one.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The answer to a command. Its status, its own headers and its body are what an idempotency key
/// records; a replay gives exactly the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reply {
    status: u16,
    /// The status of a replay, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replay_status: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    /// What is recorded instead of the body, where that is personal data of somebody else.
    #[serde(skip)]
    impersonal: Option<Box<RawValue>>,
}

impl Reply {
    /// Without a body.
    pub fn with_status(status: StatusCode) -> Self {
        Self {
            status: status.as_u16(),
            replay_status: None,
            headers: Vec::new(),
            body: None,
            impersonal: None,
        }
    }

    /// 200 with a body.
    pub fn ok(body: &impl Serialize) -> Self {
        Self::with_status(StatusCode::OK).with_body(body)
    }

    /// 201 with a body. `location` is the path of what was made.
    pub fn created(location: impl Into<String>, body: &impl Serialize) -> Self {
        Self::with_status(StatusCode::CREATED).with_body(body).header(&header::LOCATION, location)
    }

    /// 202 with a body: the rest happens later.
    pub fn accepted(body: &impl Serialize) -> Self {
        Self::with_status(StatusCode::ACCEPTED).with_body(body)
    }

    /// 204.
    pub fn no_content() -> Self {
        Self::with_status(StatusCode::NO_CONTENT)
    }

    /// `ETag`: the version of the stream that the body shows.
    pub fn version(self, version: i64) -> Self {
        self.header(&header::ETAG, etag(version))
    }

    /// A header that belongs to the answer and is replayed with it.
    pub fn header(mut self, name: &HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name.as_str().to_owned(), value.into()));
        self
    }

    /// A replay answers with this status instead.
    pub fn replayed_as(mut self, status: StatusCode) -> Self {
        self.replay_status = Some(status.as_u16());
        self
    }

    /// The same answer with another body.
    pub fn with_body(mut self, body: &impl Serialize) -> Self {
        self.body = Some(as_text(body));
        self
    }

    /// Records this body instead: an erasure does not reach what others have had recorded.
    pub fn recorded_as(mut self, impersonal: &impl Serialize) -> Self {
        self.impersonal = Some(as_text(impersonal));
        self
    }

    /// The body read again.
    pub fn body(&self) -> Option<Value> {
        serde_json::from_str(self.body.as_ref()?.get()).ok()
    }
}

impl Answer for Reply {
    /// What the unit of work records: `work.respond(reply.recorded())`.
    fn recorded(&self) -> Value {
        match &self.impersonal {
            None => to_value(self),
            Some(body) => to_value(&Self { body: Some(body.clone()), ..self.clone() }),
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = match self.body {
            Some(body) => (status, JSON, String::from(Box::<str>::from(body))).into_response(),
            None => status.into_response(),
        };
        for (name, value) in self.headers {
            // Both were headers when they were recorded.
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value.try_into()) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

const JSON: [(HeaderName, HeaderValue); 1] =
    [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];

/// Whether the command ran now or before.
#[derive(Debug, Clone)]
pub enum Settlement<T> {
    Done(T),
    /// What was recorded under the idempotency key.
    Replayed(Value),
}

/// The headers that say how far the log and the read models are.
#[derive(Debug, Clone)]
pub struct Standing(HeaderMap);

impl Standing {
    pub fn respond(self, reply: Reply) -> Response {
        let mut response = reply.into_response();
        response.headers_mut().extend(self.0);
        response
    }
}

/// Waits until the read models show what the command did, unless the client prefers not to.
pub async fn settle<T>(
    state: &AppState,
    context: &CommandContext,
    outcome: Outcome<T>,
) -> (Settlement<T>, Standing) {
    let mut headers = HeaderMap::new();
    let value = match outcome {
        Outcome::Replayed(recorded) => {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
            // Where the recorded command lies is not recorded with its answer: before all this.
            match feed::tip(&state.pool).await {
                Ok(position) => await_projection(state, context, position, &mut headers).await,
                Err(error) => {
                    tracing::warn!(%error, "a replayed answer does not wait for the read models");
                    headers.insert(PROJECTED, HeaderValue::from_static("false"));
                }
            }
            Settlement::Replayed(recorded)
        }
        Outcome::Done(done) => {
            if let Some(position) = done.position {
                await_projection(state, context, position, &mut headers).await;
            }
            Settlement::Done(done.value)
        }
    };
    (value, Standing(headers))
}

async fn await_projection(
    state: &AppState,
    context: &CommandContext,
    position: Position,
    headers: &mut HeaderMap,
) {
    // A token is made of digits, letters and a dash.
    if let Ok(token) = HeaderValue::try_from(position.to_string()) {
        headers.insert(POSITION, token);
    }
    let projected = if context.respond_async {
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("respond-async"));
        state.read_models.reached() >= position
    } else {
        let patience = Duration::from_millis(state.config.http.projection_wait_ms);
        state.read_models.wait_for(position, patience).await
    };
    if !projected {
        headers.insert(PROJECTED, HeaderValue::from_static("false"));
    }
}

/// The usual end of a command's handler: the reply that the unit of work made and recorded.
pub async fn finish(
    state: &AppState,
    context: &CommandContext,
    outcome: Outcome<Reply>,
) -> Result<Response, Problem> {
    let (settlement, standing) = settle(state, context, outcome).await;
    let reply = match settlement {
        Settlement::Done(reply) => reply,
        Settlement::Replayed(recorded) => replay(&recorded)?,
    };
    Ok(standing.respond(reply))
}

/// A recorded reply, as a replay gives it.
pub fn replay(recorded: &Value) -> Result<Reply, Problem> {
    let mut reply = Reply::deserialize(recorded).map_err(|error| Problem::internal(&error))?;
    if let Some(status) = reply.replay_status {
        reply.status = status;
    }
    Ok(reply)
}

/// Runs a command to its end even where the client hangs up meanwhile.
pub async fn detached<T: Send + 'static>(
    command: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    let command = command.in_current_span();
    let task = match TraceId::current() {
        Some(trace_id) => tokio::spawn(trace_id.scope(command)),
        None => tokio::spawn(command),
    };
    task.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
}

/// A stream's version as an entity tag.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// A query's answer: 304 where the client has this version already.
pub fn versioned(headers: &HeaderMap, version: i64, body: &impl Serialize) -> Response {
    tagged(headers, &etag(version), body)
}

/// A query's answer with any entity tag.
pub fn tagged(headers: &HeaderMap, etag: &str, body: &impl Serialize) -> Response {
    let mut response = if matches(headers, etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        axum::Json(body).into_response()
    };
    if let Ok(etag) = HeaderValue::try_from(etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// Whether the client has what bears this entity tag.
pub fn matches(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// A body is written once, as text: most are sent and never looked at again.
fn as_text(body: &impl Serialize) -> Box<RawValue> {
    #[expect(clippy::expect_used, reason = "our answers are plain data with text keys")]
    to_raw_value(body).expect("an answer serialises")
}

fn to_value(reply: &Reply) -> Value {
    #[expect(clippy::expect_used, reason = "a reply is plain data with text keys")]
    serde_json::to_value(reply).expect("a reply serialises")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reply_is_replayed_exactly() {
        let reply = Reply::created("/api/v1/orders/1", &json!({"id": 1})).version(3);
        assert_eq!(replay(&reply.recorded()).unwrap().recorded(), reply.recorded());
        assert_eq!(reply.body(), Some(json!({"id": 1})));
        let response = reply.into_response();
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()[header::LOCATION], "/api/v1/orders/1");
        assert_eq!(response.headers()[header::ETAG], "\"3\"");
    }

    #[test]
    fn a_replay_may_have_a_status_of_its_own() {
        let reply = Reply::created("/x", &json!({})).replayed_as(StatusCode::OK);
        assert_eq!(replay(&reply.recorded()).unwrap().status, 200);
    }

    #[test]
    fn what_was_never_recorded_is_an_internal_error() {
        assert_eq!(replay(&json!({"oops": 1})).unwrap_err().status().as_u16(), 500);
    }

    #[test]
    fn a_client_that_has_the_version_gets_no_body() {
        let mut headers = HeaderMap::new();
        assert_eq!(versioned(&headers, 4, &json!({})).status(), StatusCode::OK);
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"3\", W/\"4\""));
        let response = versioned(&headers, 4, &json!({}));
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.headers()[header::ETAG], "\"4\"");
    }

    #[tokio::test]
    async fn a_detached_command_keeps_its_trace_and_survives_its_caller() {
        let id = TraceId::from_bytes([3; 16]);
        let seen = id.scope(detached(async { Ok(TraceId::current()) })).await.unwrap();
        assert_eq!(seen, Some(id));
        let (started, running) = tokio::sync::oneshot::channel::<()>();
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let command = detached(async move {
            started.send(()).unwrap();
            tokio::task::yield_now().await;
            finish.send(()).unwrap();
            Ok(())
        });
        let caller = tokio::spawn(command);
        running.await.unwrap();
        caller.abort();
        finished.await.unwrap();
    }
}
