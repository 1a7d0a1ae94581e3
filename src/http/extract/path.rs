//! Path parameters.

use crate::http::problem::{FieldError, Problem};
use axum::extract::FromRequestParts;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The parameters of a path: 422 that names the parameter where one does not parse.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                Err(refused(error.into_kind()))
            }
            // A route whose handler takes parameters that its path does not have.
            Err(other) => Err(Problem::internal(&other)),
        }
    }
}

fn refused(kind: ErrorKind) -> Problem {
    let error = match kind {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => {
            FieldError::parameter(key, format!("not a {expected_type}"))
        }
        ErrorKind::DeserializeError { key, message, .. } => FieldError::parameter(key, message),
        other => FieldError::parameter("path", other.to_string()),
    };
    Problem::invalid(vec![error])
}
