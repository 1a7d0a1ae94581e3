//! The books, level with the shop: figures and ledgers are projected in larger batches, apart from what
//! commands wait for. Whoever reads them waits here, so that they too show what the caller just did.

use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use sqlx::PgPool;
use std::time::Duration;

/// The pool for queries over the books. To stand behind the gate in a signature: strangers wait for
/// nothing.
#[derive(Debug)]
pub struct Books(pub PgPool);

impl FromRequestParts<AppState> for Books {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let patience = Duration::from_millis(state.config.http.projection_wait_ms);
        // Late figures are better than none.
        let _is_level = state.books.level_with(&state.read_models, patience).await?;
        Ok(Self(state.read_pool.clone()))
    }
}
