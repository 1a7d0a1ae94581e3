//! Bodies: reading them within their limit, and forms. Never interprets JSON, see `json`.

use super::RequestInfo;
use super::pointer::shape_error;
use super::text::{nul_in_form, nul_parameter};
use crate::http::problem::Problem;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

/// The bytes of a body, at most as many as the route allows.
#[derive(Debug, Clone)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let hash = request.extensions().get::<RequestInfo>().map(|info| info.body_hash.clone());
        let body = Bytes::from_request(request, state).await.map_err(unreadable)?;
        if let Some(hash) = hash {
            hash.record(&body);
        }
        Ok(Self(body))
    }
}

fn unreadable(rejection: BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => too_large(),
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::bad_request("unreadable_body", "the body ended before it was complete"),
    }
}

/// The body is larger than the route allows.
pub fn too_large() -> Problem {
    Problem::payload_too_large("body_too_large", "the body is larger than is allowed here")
}

/// Whether the `Content-Type` is this one, whatever its parameters.
pub(super) fn has_media_type(headers: &HeaderMap, wanted: impl Fn(&str) -> bool) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| wanted(essence.trim().to_ascii_lowercase().as_str()))
}

/// An HTML form (`application/x-www-form-urlencoded`), as OAuth 2.0 uses it.
#[derive(Debug, Clone)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_form = |essence: &str| essence == "application/x-www-form-urlencoded";
        if !has_media_type(request.headers(), is_form) {
            return Err(Problem::unsupported_media_type(
                "unsupported_media_type",
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        let RawBody(body) = RawBody::from_request(request, state).await?;
        parse_form(&body).map(Self)
    }
}

fn parse_form<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if let Some(name) = nul_in_form(body) {
        return Err(Problem::invalid(vec![nul_parameter(name)]));
    }
    let form = serde_html_form::Deserializer::from_bytes(body);
    serde_path_to_error::deserialize(form).map_err(|error| {
        Problem::invalid(vec![shape_error(error.path(), &error.inner().to_string())])
    })
}
