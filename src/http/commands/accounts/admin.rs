//! What administrators do with the accounts of others. Not with their own: the last administrator
//! must not lock everybody out by mistake.

use super::answer::{self, Audience};
use crate::auth::announce;
use crate::http::extract::{Admin, CommandContext, Json, Path};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, detached};
use crate::http::user::{RoleSchema, User};
use crate::log::{Answer, Execute};
use crate::state::AppState;
use aggregates::account::{Command, Role};
use aggregates::{Account, UserId};
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

/// Another role.
#[derive(Deserialize, Validate, ToSchema)]
pub struct ChangeRole {
    #[garde(skip)]
    #[schema(value_type = RoleSchema)]
    role: Role,
}

/// Why an account is blocked. Must not name anybody: it is stored for good.
#[derive(Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
pub struct Block {
    #[garde(length(chars, max = 500))]
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// Give an account another role; its tokens become void
#[utoipa::path(put, path = "/admin/users/{id}/role", tag = "admin", request_body = ChangeRole,
    params(("id" = Uuid, Path, description = "The account")), security(("bearer" = [])),
    responses((status = OK, description = "The account", body = User)))]
pub async fn change_role(
    State(state): State<AppState>,
    admin: Admin,
    Path(id): Path<UserId>,
    context: CommandContext,
    Json(request): Json<ChangeRole>,
) -> Result<Response, Problem> {
    let command = Command::ChangeRole { role: request.role };
    detached(command_other(state, admin, id, context, command)).await
}

/// Block an account; its tokens become void at once
#[utoipa::path(put, path = "/admin/users/{id}/block", tag = "admin", request_body = Option<Block>,
    params(("id" = Uuid, Path, description = "The account")), security(("bearer" = [])),
    responses((status = OK, description = "The account", body = User)))]
pub async fn block(
    State(state): State<AppState>,
    admin: Admin,
    Path(id): Path<UserId>,
    context: CommandContext,
    request: Option<Json<Block>>,
) -> Result<Response, Problem> {
    let reason = request.and_then(|Json(request)| request.reason).unwrap_or_default();
    detached(command_other(state, admin, id, context, Command::Block { reason })).await
}

/// Let a blocked account be used again
#[utoipa::path(put, path = "/admin/users/{id}/unblock", tag = "admin",
    params(("id" = Uuid, Path, description = "The account")), security(("bearer" = [])),
    responses((status = OK, description = "The account", body = User)))]
pub async fn unblock(
    State(state): State<AppState>,
    admin: Admin,
    Path(id): Path<UserId>,
    context: CommandContext,
) -> Result<Response, Problem> {
    detached(command_other(state, admin, id, context, Command::Unblock)).await
}

async fn command_other(
    state: AppState,
    admin: Admin,
    id: UserId,
    context: CommandContext,
    command: Command,
) -> Result<Response, Problem> {
    if admin.id == id {
        return Err(Problem::conflict(
            "own_account",
            "administrators do not do this to themselves",
        ));
    }
    let voids_tokens = command != Command::Unblock;
    let conditions = context.clone();
    let outcome = state
        .log
        .unit(context.metadata())
        .write::<Account>(id.to_string())
        .idempotency(context.idempotency())
        .run(move |work| -> Result<Reply, Problem> {
            conditions.check_version(work.version::<Account>(&id.to_string()))?;
            work.execute::<Account>(id, command.clone())?;
            let reply = answer::without_personal_data(Reply::ok(&()), id);
            work.respond_with(|| reply.recorded());
            Ok(reply)
        })
        .await?;
    if voids_tokens {
        state.revocations.void_account(id, state.clock.now());
    }
    let response = answer::with_user(&state, &context, outcome, Audience::Administrator).await;
    // The others read it from the read model, which has been waited for.
    announce(&state.pool).await;
    response
}
