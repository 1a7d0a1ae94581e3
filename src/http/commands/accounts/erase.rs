//! Erasing the own account: its personal data goes, its ledgers stay.

use crate::auth::{announce, erasure};
use crate::http::extract::{Caller, CommandContext};
use crate::http::problem::Problem;
use crate::http::reply::{self, Reply, detached};
use crate::log::{Answer, Execute};
use crate::state::AppState;
use aggregates::Account;
use aggregates::account::Command;
use axum::extract::State;
use axum::response::Response;

/// Erase the own account and all personal data
#[utoipa::path(delete, path = "/auth/me", tag = "accounts", security(("bearer" = [])),
    responses((status = NO_CONTENT, description = "The personal data is gone; orders and ledgers stay, without it")))]
pub async fn erase(
    State(state): State<AppState>,
    caller: Caller,
    context: CommandContext,
) -> Result<Response, Problem> {
    detached(async move {
        let id = caller.id;
        let conditions = context.clone();
        let outcome = state
            .log
            .unit(context.metadata())
            .write::<Account>(id.to_string())
            .idempotency(context.idempotency())
            .run(move |work| -> Result<Reply, Problem> {
                conditions.check_version(work.version::<Account>(&id.to_string()))?;
                work.execute::<Account>(id, Command::Erase)?;
                work.erase_personal(id.uuid());
                let reply = Reply::no_content();
                work.respond_with(|| reply.recorded());
                Ok(reply)
            })
            .await?;
        state.revocations.void_account(id, state.clock.now());
        erasure::forget(&state.pool, id).await?;
        let response = reply::finish(&state, &context, outcome).await;
        announce(&state.pool).await;
        response
    })
    .await
}
