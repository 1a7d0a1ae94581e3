//! What is done with links that were mailed: proving an address, and a new password for whoever
//! forgot theirs.

use crate::auth::email::{Email, is_email};
use crate::auth::links::{self, Purpose};
use crate::auth::{self, announce, password_hash};
use crate::http::docs::EmailSchema;
use crate::http::extract::{CommandContext, Json};
use crate::http::problem::Problem;
use crate::http::reply::{self, Reply, detached};
use crate::log::Execute;
use crate::state::AppState;
use aggregates::account::Command;
use aggregates::{Account, UserId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

/// The token of a link.
#[derive(Deserialize, Validate, ToSchema)]
pub struct LinkToken {
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    token: String,
}

/// Whose password was forgotten.
#[derive(Deserialize, Validate, ToSchema)]
pub struct Forgotten {
    #[garde(custom(is_email))]
    #[schema(value_type = EmailSchema)]
    email: String,
}

/// A new password.
#[derive(Deserialize, Validate, ToSchema)]
pub struct ResetPassword {
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    token: String,
    #[garde(length(chars, min = 8, max = 128))]
    #[schema(min_length = 8, max_length = 128)]
    password: String,
}

/// Prove the address of an account, by the link that was mailed at registration
#[utoipa::path(post, path = "/auth/verify", tag = "accounts", request_body = LinkToken,
    responses((status = NO_CONTENT, description = "The address is verified")))]
pub async fn verify(
    State(state): State<AppState>,
    context: CommandContext,
    Json(request): Json<LinkToken>,
) -> Result<Response, Problem> {
    detached(async move {
        let id = redeem(&state, Purpose::VerifyEmail, &request.token).await?;
        let outcome = state
            .log
            .unit(context.metadata())
            .write::<Account>(id.to_string())
            .run(move |work| -> Result<Reply, Problem> {
                work.execute::<Account>(id, Command::VerifyEmail)?;
                Ok(Reply::no_content())
            })
            .await?;
        reply::finish(&state, &context, outcome).await
    })
    .await
}

/// Ask for a link to a new password
///
/// Answers alike whether there is such an account or not.
#[utoipa::path(post, path = "/auth/password/forgot", tag = "accounts", request_body = Forgotten,
    responses((status = ACCEPTED, description = "Where there is such an account, mail is on its way")))]
pub async fn forgot(
    State(state): State<AppState>,
    context: CommandContext,
    Json(request): Json<Forgotten>,
) -> Result<Response, Problem> {
    // Nobody waits for it: how long it takes would tell whether there is such an account.
    tokio::spawn(async move {
        if let Err(problem) = request_reset(&state, &context, &request.email).await {
            tracing::warn!(code = problem.code(), "a link to a new password was not asked for");
        }
    });
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn request_reset(
    state: &AppState,
    context: &CommandContext,
    email: &str,
) -> Result<(), Problem> {
    let Ok(email) = email.parse::<Email>() else { return Ok(()) };
    let Some((id, _)) = auth::find(state, &email).await? else { return Ok(()) };
    state
        .log
        .unit(context.metadata())
        .write::<Account>(id.to_string())
        .run(move |work| -> Result<(), Problem> {
            Ok(work.execute::<Account>(id, Command::RequestPasswordReset)?)
        })
        .await?;
    Ok(())
}

/// Set a new password, by the link that was mailed; ends all log-ins
///
/// It proves the address of the account, too.
#[utoipa::path(post, path = "/auth/password/reset", tag = "accounts", request_body = ResetPassword,
    responses((status = NO_CONTENT, description = "The password is changed")))]
pub async fn reset(
    State(state): State<AppState>,
    context: CommandContext,
    Json(request): Json<ResetPassword>,
) -> Result<Response, Problem> {
    detached(async move {
        let id = redeem(&state, Purpose::ResetPassword, &request.token).await?;
        let hash = password_hash(&state, request.password).await?;
        let outcome = state
            .log
            .unit(context.metadata())
            .write::<Account>(id.to_string())
            .run(move |work| -> Result<Reply, Problem> {
                work.execute::<Account>(id, Command::ChangePassword)?;
                // Whoever has the link reads mail at the address.
                work.execute::<Account>(id, Command::VerifyEmail)?;
                work.set_personal(id.uuid(), auth::personal::PASSWORD_HASH, hash.as_str());
                Ok(Reply::no_content())
            })
            .await?;
        let now = state.clock.now();
        state.sessions.revoke_all(id, now).await?;
        state.revocations.void_account(id, now);
        let response = reply::finish(&state, &context, outcome).await;
        announce(&state.pool).await;
        response
    })
    .await
}

async fn redeem(state: &AppState, purpose: Purpose, token: &str) -> Result<UserId, Problem> {
    let found = links::redeem(&state.pool, purpose, token, state.clock.now()).await?;
    found.ok_or_else(|| {
        let detail = match purpose {
            Purpose::VerifyEmail => {
                "the link is unknown, expired or used; ask for a link to a new password: \
                 setting one verifies the address, too"
            }
            Purpose::ResetPassword => "the link is unknown, expired or used; ask for another one",
        };
        Problem::unprocessable("invalid_link", detail)
    })
}
