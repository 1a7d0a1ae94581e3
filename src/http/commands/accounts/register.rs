//! Registering.

use super::answer::{self, Audience};
use crate::auth::email::{Email, is_email};
use crate::auth::{Registration, password_hash};
use crate::http::docs::EmailSchema;
use crate::http::extract::{CommandContext, Json};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, detached};
use crate::http::user::{RoleSchema, User};
use crate::log::Answer;
use crate::mail::{LANGUAGE, Language};
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::{Account, UserId};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

/// A new account.
#[derive(Deserialize, Validate, ToSchema)]
pub struct Register {
    /// Its case does not matter.
    #[garde(custom(is_email))]
    #[schema(value_type = EmailSchema)]
    email: String,
    #[garde(length(chars, min = 8, max = 128))]
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    #[garde(length(chars, max = 100))]
    #[schema(max_length = 100)]
    first_name: Option<String>,
    #[garde(length(chars, max = 100))]
    #[schema(max_length = 100)]
    last_name: Option<String>,
    /// `customer` (the default) or `seller`; others need an administrator's token.
    #[garde(skip)]
    #[schema(value_type = Option<RoleSchema>)]
    role: Option<Role>,
}

/// Register an account
#[utoipa::path(post, path = "/auth/register", tag = "accounts", request_body = Register,
    security((), ("bearer" = [])),
    responses((status = CREATED, description = "The account", body = User)))]
pub async fn register(
    State(state): State<AppState>,
    headers: HeaderMap,
    context: CommandContext,
    Json(request): Json<Register>,
) -> Result<Response, Problem> {
    let role = request.role.unwrap_or(Role::Customer);
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = language.and_then(Language::accepted);
    may_register(&context, role)?;
    let email = request.email.parse::<Email>().map_err(|error| {
        // Checked with the other fields already.
        Problem::invalid_field("/email", error.to_string())
    })?;
    // Not part of what survives the client: hashing is what a flood would queue up for.
    let password_hash = password_hash(&state, request.password).await?;
    detached(async move {
        let id = UserId::new(state.entropy.new_id());
        let registration = Registration {
            id,
            role,
            email,
            password_hash,
            first_name: name(request.first_name),
            last_name: name(request.last_name),
        };
        let outcome = state
            .log
            .unit(context.metadata())
            .create::<Account>(id.to_string())
            .idempotency(context.idempotency())
            .run(move |work| -> Result<Reply, Problem> {
                registration.record(work)?;
                if let Some(language) = language {
                    work.set_personal(id.uuid(), LANGUAGE, language.as_str());
                }
                let reply = Reply::with_status(StatusCode::CREATED);
                let reply = answer::without_personal_data(reply, id);
                work.respond_with(|| reply.recorded());
                Ok(reply)
            })
            .await?;
        answer::with_user(&state, &context, outcome, Audience::Administrator).await
    })
    .await
}

/// Customers and sellers register themselves; only an administrator appoints others.
fn may_register(context: &CommandContext, role: Role) -> Result<(), Problem> {
    let is_admin = context.caller.is_some_and(|caller| caller.role == Role::Admin);
    match role {
        Role::Customer | Role::Seller => Ok(()),
        Role::Admin | Role::Auditor | Role::Analyst if is_admin => Ok(()),
        Role::Admin | Role::Auditor | Role::Analyst => {
            let detail = format!("the role {role} is given by administrators");
            Err(Problem::forbidden("role_not_allowed", detail))
        }
    }
}

/// A name without the spaces around it; none where nothing is left.
fn name(name: Option<String>) -> Option<String> {
    name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}
