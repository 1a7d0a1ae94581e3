//! JSON bodies: parsed, then checked by their rules.

use super::body::{RawBody, has_media_type};
use super::pointer::{rule_errors, shape_error};
use super::text::nul_in_json;
use crate::http::problem::Problem;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::HeaderMap;
use garde::Validate;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// A JSON body that has the right shape (422 with a pointer otherwise, 400 where it is no JSON) and
/// keeps the rules of its type. `Option<Json<T>>` where the body may be missing or `null`.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context: Default>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let RawBody(body) = RawBody::from_request(request, state).await?;
        parse(&body).map(Self)
    }
}

impl<S, T> OptionalFromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context: Default>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let type_is_right = require_json(request.headers());
        let RawBody(body) = RawBody::from_request(request, state).await?;
        if body.is_empty() {
            return Ok(None);
        }
        type_is_right?;
        if body.trim_ascii() == b"null" {
            return Ok(None);
        }
        parse(&body).map(|value| Some(Self(value)))
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let is_json = |essence: &str| {
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    };
    if has_media_type(headers, is_json) {
        Ok(())
    } else {
        let detail = "the body must be application/json";
        Err(Problem::unsupported_media_type("unsupported_media_type", detail))
    }
}

/// Parses and validates.
pub(crate) fn parse<T>(body: &[u8]) -> Result<T, Problem>
where
    T: DeserializeOwned + Validate<Context: Default>,
{
    let mut json = serde_json::Deserializer::from_slice(body);
    let value: T = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let message = error.inner().to_string();
        match error.inner().classify() {
            Category::Data => Problem::invalid(vec![shape_error(error.path(), &message)]),
            Category::Io | Category::Syntax | Category::Eof => malformed(&message),
        }
    })?;
    json.end().map_err(|error| malformed(&error.to_string()))?;
    if let Some(error) = nul_in_json(body) {
        return Err(Problem::invalid(vec![error]));
    }
    value.validate().map_err(|report| Problem::invalid(rule_errors(&report)))?;
    Ok(value)
}

fn malformed(message: &str) -> Problem {
    Problem::bad_request("malformed_json", format!("the body is not JSON: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::{StatusCode, header};
    use serde::Deserialize;

    #[derive(Debug, Deserialize, Validate)]
    struct Line {
        #[garde(range(min = 1, max = 999))]
        quantity: u32,
    }

    async fn post(content_type: &str, body: &str) -> Result<u32, Problem> {
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body.to_owned()))
            .unwrap();
        let line = <Json<Line> as FromRequest<()>>::from_request(request, &()).await?;
        Ok(line.0.quantity)
    }

    async fn refused(content_type: &str, body: &str) -> (StatusCode, String) {
        let problem = post(content_type, body).await.unwrap_err();
        (problem.status(), problem.code().to_owned())
    }

    #[tokio::test]
    async fn json_is_parsed_and_validated() {
        assert_eq!(post("application/json", r#"{"quantity": 3}"#).await.unwrap(), 3);
        let merge_patch = "application/merge-patch+json; charset=utf-8";
        assert_eq!(post(merge_patch, r#"{"quantity": 3}"#).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn each_way_to_be_wrong_has_its_status() {
        let json = "application/json";
        let malformed = (StatusCode::BAD_REQUEST, "malformed_json".to_owned());
        let invalid = (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed".to_owned());
        assert_eq!(refused(json, "{").await, malformed);
        assert_eq!(refused(json, "").await, malformed);
        assert_eq!(refused(json, r#"{"quantity": 3} trailing"#).await, malformed);
        assert_eq!(refused(json, r#"{"quantity": NaN}"#).await, malformed);
        assert_eq!(refused(json, r#"{"quantity": "three"}"#).await, invalid);
        assert_eq!(refused(json, r#"{"quantity": -1}"#).await, invalid);
        assert_eq!(refused(json, r#"{"quantity": 0}"#).await, invalid);
        assert_eq!(refused(json, "{}").await, invalid);
        let text = refused("text/plain", r#"{"quantity": 3}"#).await;
        assert_eq!(text.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    #[tokio::test]
    async fn an_optional_body_may_be_missing_or_null() {
        for body in ["", "null", " null\n"] {
            let request = Request::post("/")
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body))
                .unwrap();
            let none = <Json<Line> as OptionalFromRequest<()>>::from_request(request, &()).await;
            assert!(none.unwrap().is_none(), "{body:?}");
        }
    }
}
