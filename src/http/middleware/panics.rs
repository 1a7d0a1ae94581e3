//! The last resort: a panic in a handler is answered like any other mistake of ours.

use crate::http::problem::Problem;
use axum::response::{IntoResponse, Response};
use std::any::Any;

/// The response to a request whose handler panicked.
#[expect(clippy::needless_pass_by_value, reason = "the layer passes it by value")]
pub fn answer_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("(no message)");
    tracing::error!(message, "a handler panicked");
    Problem::opaque().into_response()
}
