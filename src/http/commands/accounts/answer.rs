//! Answers to commands on accounts. They show personal data, which must not be recorded under an
//! idempotency key, where erasing it would not reach: only the id is, and a replay looks again.

use crate::http::extract::CommandContext;
use crate::http::problem::Problem;
use crate::http::reply::{self, Reply, Settlement};
use crate::http::user;
use crate::state::AppState;
use aggregates::UserId;
use axum::response::Response;
use eventlog::Outcome;
use serde_json::json;

/// Who may see the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Owner,
    Administrator,
}

/// What the unit of work records: the answer without its body.
pub fn without_personal_data(reply: Reply, id: UserId) -> Reply {
    reply.with_body(&json!({ "id": id }))
}

/// Completes the answer with the account as it is now.
pub async fn with_user(
    state: &AppState,
    context: &CommandContext,
    outcome: Outcome<Reply>,
    audience: Audience,
) -> Result<Response, Problem> {
    let (settlement, standing) = reply::settle(state, context, outcome).await;
    let reply = match settlement {
        Settlement::Done(reply) => reply,
        Settlement::Replayed(recorded) => reply::replay(&recorded)?,
    };
    let id = reply.body().and_then(|body| body.get("id")?.as_str()?.parse::<UserId>().ok());
    let Some(id) = id else {
        tracing::error!("the recorded answer to a command on an account names none");
        return Err(Problem::opaque());
    };
    let (user, version) = user::current(state, id).await?;
    let reply = match audience {
        Audience::Owner => reply.with_body(&user),
        Audience::Administrator => reply.with_body(&user.user),
    };
    Ok(standing.respond(reply.version(version)))
}
