//! What every failed request is answered with: an RFC 9457 problem document. Never tells a client
//! anything about the inside of the server.

use crate::telemetry::TraceId;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::Write;
use utoipa::ToSchema;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

type Text = Cow<'static, str>;

/// A failed request. Made by the named constructors, one per status.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    body: ProblemBody,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// An RFC 9457 problem document. Further members depend on the `code`, for instance `available` with
/// `insufficient_stock`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:ledgerline:problem:insufficient_stock")]
    kind: String,
    /// What the status means.
    #[schema(value_type = String, example = "Conflict")]
    title: Text,
    #[schema(example = 409)]
    status: u16,
    /// What happened this time, for people.
    #[schema(value_type = String)]
    detail: Text,
    /// A stable name of the kind of problem, for programs.
    #[schema(value_type = String, example = "insufficient_stock")]
    code: Text,
    /// Which parts of the request are invalid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// Quote it when you ask about the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    trace_id: Option<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    extensions: Map<String, Value>,
}

/// One invalid part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/items/0/quantity")]
    pub pointer: Option<String>,
    /// The name of a query or path parameter or of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong with it, for people.
    pub detail: String,
    /// A stable name of what is wrong: `missing`, `unknown`, `invalid`, …
    #[schema(value_type = String, example = "invalid")]
    pub code: Text,
}

impl FieldError {
    /// A part of the body, by its JSON pointer.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let pointer = Some(pointer.into());
        Self { pointer, parameter: None, detail: detail.into(), code: "invalid".into() }
    }

    /// A query or path parameter or a header.
    pub fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        let parameter = Some(name.into());
        Self { pointer: None, parameter, detail: detail.into(), code: "invalid".into() }
    }

    pub fn code(mut self, code: impl Into<Text>) -> Self {
        self.code = code.into();
        self
    }
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $status:ident),+ $(,)?) => {$(
        $(#[$doc])*
        pub fn $name(code: impl Into<Text>, detail: impl Into<Text>) -> Self {
            Self::new(StatusCode::$status, code, detail)
        }
    )+};
}

impl Problem {
    pub fn new(status: StatusCode, code: impl Into<Text>, detail: impl Into<Text>) -> Self {
        let code = code.into();
        let body = ProblemBody {
            kind: format!("urn:ledgerline:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Problem").into(),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            trace_id: None,
            extensions: Map::new(),
        };
        Self(Box::new(Inner { status, body, headers: Vec::new() }))
    }

    constructors! {
        /// The request cannot be read.
        bad_request => BAD_REQUEST,
        /// Known, and not theirs to do.
        forbidden => FORBIDDEN,
        /// Absent, or hidden from this caller.
        not_found => NOT_FOUND,
        /// The state of things does not allow it (now).
        conflict => CONFLICT,
        /// A rule is broken, or a value is invalid.
        unprocessable => UNPROCESSABLE_ENTITY,
        /// `If-Match` names another version.
        precondition_failed => PRECONDITION_FAILED,
        /// `If-Match`, or another condition, is mandatory here.
        precondition_required => PRECONDITION_REQUIRED,
        payload_too_large => PAYLOAD_TOO_LARGE,
        unsupported_media_type => UNSUPPORTED_MEDIA_TYPE,
        not_acceptable => NOT_ACCEPTABLE,
    }

    /// No credentials, or bad ones.
    pub fn unauthorized(code: impl Into<Text>, detail: impl Into<Text>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// Values that break rules, each with where it stands.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            several => format!("{} parts of the request are invalid", several.len()),
        };
        let mut problem = Self::unprocessable("validation_failed", detail);
        problem.0.body.errors = errors;
        problem
    }

    /// One value of the body that breaks a rule.
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::at(pointer, detail)])
    }

    pub fn too_many_requests(retry_after_s: u64) -> Self {
        let detail = format!("too many requests; try again in {retry_after_s} s");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail).retry_after(retry_after_s)
    }

    /// Something that the server needs does not answer. Logs why; the client only learns to retry.
    pub fn unavailable(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = chain(error), "not available");
        Self::overloaded("a part of the server is not available; try again")
    }

    /// The server cannot take the request now, and `detail` may be told.
    pub fn overloaded(detail: impl Into<Text>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(1)
    }

    /// A mistake of ours. Logs the whole chain of errors, once; the client learns the trace id.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = chain(error), "internal error");
        Self::opaque()
    }

    /// An internal error that has been logged already.
    pub fn opaque() -> Self {
        let detail = "something went wrong on our side";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// Adds a member that belongs to the code, for instance `available`.
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0.body.extensions.insert(member.to_owned(), value.into());
        self
    }

    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.body.errors = errors;
        self
    }

    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    pub fn code(&self) -> &str {
        &self.0.body.code
    }

    /// What happened, for people.
    pub fn detail(&self) -> &str {
        &self.0.body.detail
    }
}

/// An error and all that caused it, in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Inner { status, mut body, headers } = *self.0;
        body.trace_id = TraceId::current().map(|id| id.to_string());
        let mut response = (status, axum::Json(body)).into_response();
        let target = response.headers_mut();
        target.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        target.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        target.extend(headers);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(problem: Problem) -> Value {
        let response = problem.into_response();
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_problem_carries_its_code_its_members_and_the_trace_id() {
        let problem = Problem::conflict("insufficient_stock", "2 are left").with("available", 2);
        let body = TraceId::from_bytes([0xab; 16]).scope(body(problem)).await;
        let expected = serde_json::json!({
            "type": "urn:ledgerline:problem:insufficient_stock",
            "title": "Conflict",
            "status": 409,
            "detail": "2 are left",
            "code": "insufficient_stock",
            "trace_id": "abababababababababababababababab",
            "available": 2,
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn an_internal_error_says_nothing_about_the_inside() {
        let problem = Problem::internal(&std::io::Error::other("password of the database"));
        assert_eq!(problem.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body(problem).await.to_string().contains("database"));
    }

    #[test]
    fn a_chain_names_every_cause() {
        let inner = std::io::Error::other("disk");
        let outer = eventlog::UnitError::<std::convert::Infallible>::Unreadable {
            stream: "cart/1".to_owned(),
            source: Box::new(inner),
        };
        assert_eq!(chain(&outer), "stream cart/1 cannot be read: disk");
    }
}
