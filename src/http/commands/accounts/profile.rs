//! The owner's own profile: all of it personal data. The event only says which fields changed.

use super::answer::{self, Audience};
use crate::auth::personal;
use crate::http::extract::{Caller, CommandContext, Json};
use crate::http::patch::{Patch, present};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, detached};
use crate::http::user::OwnUser;
use crate::log::{Answer, Execute};
use crate::state::AppState;
use aggregates::Account;
use aggregates::account::Command;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

type Change = Patch<String>;

/// Fields that are missing stay as they are; `null` clears one.
#[derive(Deserialize, Validate, ToSchema)]
pub struct ChangeProfile {
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(length(chars, max = 100)))]
    #[schema(value_type = Option<String>, max_length = 100)]
    first_name: Change,
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(length(chars, max = 100)))]
    #[schema(value_type = Option<String>, max_length = 100)]
    last_name: Change,
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(length(chars, max = 32)))]
    #[schema(value_type = Option<String>, max_length = 32, example = "+7 701 123 45 67")]
    phone: Change,
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(length(chars, max = 500)))]
    #[schema(value_type = Option<String>, max_length = 500)]
    default_address: Change,
}

/// Change the own profile
#[utoipa::path(put, path = "/auth/profile", tag = "accounts", request_body = ChangeProfile,
    security(("bearer" = [])),
    responses((status = OK, description = "The account", body = OwnUser)))]
pub async fn replace(
    State(state): State<AppState>,
    caller: Caller,
    context: CommandContext,
    Json(request): Json<ChangeProfile>,
) -> Result<Response, Problem> {
    detached(change(state, caller, context, request)).await
}

/// Change the own profile
#[utoipa::path(patch, path = "/auth/profile", tag = "accounts", request_body = ChangeProfile,
    security(("bearer" = [])),
    responses((status = OK, description = "The account", body = OwnUser)))]
pub async fn patch(
    State(state): State<AppState>,
    caller: Caller,
    context: CommandContext,
    Json(request): Json<ChangeProfile>,
) -> Result<Response, Problem> {
    detached(change(state, caller, context, request)).await
}

async fn change(
    state: AppState,
    caller: Caller,
    context: CommandContext,
    request: ChangeProfile,
) -> Result<Response, Problem> {
    let id = caller.id;
    let changes = changes(&state, caller, request).await?;
    let conditions = context.clone();
    let outcome = state
        .log
        .unit(context.metadata())
        .write::<Account>(id.to_string())
        .idempotency(context.idempotency())
        .run(move |work| -> Result<Reply, Problem> {
            conditions.check_version(work.version::<Account>(&id.to_string()))?;
            let fields = changes.iter().map(|(field, _)| (*field).to_owned()).collect();
            work.execute::<Account>(id, Command::ChangeProfile { fields })?;
            for (field, value) in &changes {
                work.set_personal(id.uuid(), *field, value.as_str());
            }
            let reply = answer::without_personal_data(Reply::ok(&()), id);
            work.respond_with(|| reply.recorded());
            Ok(reply)
        })
        .await?;
    answer::with_user(&state, &context, outcome, Audience::Owner).await
}

/// The fields that get another value than they have. A cleared one becomes an empty text.
async fn changes(
    state: &AppState,
    caller: Caller,
    request: ChangeProfile,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let now = personal::profile(&state.pool, caller.id).await?;
    let fields = [
        ("first_name", request.first_name, now.first_name),
        ("last_name", request.last_name, now.last_name),
        ("phone", request.phone, now.phone),
        ("default_address", request.default_address, now.default_address),
    ];
    let changed = fields.into_iter().filter_map(|(field, wanted, current)| {
        let wanted = wanted?.map(|value| value.trim().to_owned()).unwrap_or_default();
        (wanted != current.unwrap_or_default()).then_some((field, wanted))
    });
    Ok(changed.collect())
}
