//! Reads the `Authorization` header once for each request. Refuses nothing: whether credentials are
//! needed is for the handler's gate to say.

use crate::auth::Caller;
use crate::http::extract::{Authentication, Refusal};
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

/// Puts an [`Authentication`] into the request.
pub async fn authenticate(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let authentication = match bearer(request.headers()) {
        None => Authentication::Anonymous,
        Some(token) => match token.and_then(|token| verify(&state, token)) {
            Ok(caller) => Authentication::Known(caller),
            Err(refusal) => Authentication::Refused(refusal),
        },
    };
    request.extensions_mut().insert(authentication);
    next.run(request).await
}

fn verify(state: &AppState, token: &str) -> Result<Caller, Refusal> {
    let claims = state.tokens.verify(token, state.clock.now())?;
    if state.revocations.allow(&claims) { Ok(claims.caller()) } else { Err(Refusal::Revoked) }
}

/// The bearer token; `None` where there is no header.
fn bearer(headers: &HeaderMap) -> Option<Result<&str, Refusal>> {
    let value = headers.get(header::AUTHORIZATION)?;
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    Some(token.filter(|token| !token.is_empty()).ok_or(Refusal::Scheme))
}
