//! What the API shows of an account: the account itself from the log or the read model, joined with
//! its personal data. Never shows a password's hash.

use crate::auth::personal;
use crate::http::problem::Problem;
use crate::state::AppState;
use aggregates::UserId;
use aggregates::account::Role;
use chrono::{DateTime, Utc};
use projections::accounts::{AccountView, Profile as PersonalProfile};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// How the document describes a role: by all that there are.
#[derive(Debug)]
pub struct RoleSchema;

impl PartialSchema for RoleSchema {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Role::ALL.map(Role::as_str)))
            .into()
    }
}

impl ToSchema for RoleSchema {
    fn name() -> Cow<'static, str> {
        "Role".into()
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct User {
    pub id: Uuid,
    /// `null` once the personal data is erased.
    #[schema(example = "aigerim@example.kz")]
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    #[schema(value_type = RoleSchema)]
    pub role: Role,
    /// Neither blocked nor erased.
    pub is_active: bool,
    /// Whether its owner has proved to read the e-mail.
    pub is_verified: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// An account with what only its owner sees.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OwnUser {
    #[serde(flatten)]
    pub user: User,
    pub phone: Option<String>,
    pub default_address: Option<String>,
}

impl From<AccountView> for OwnUser {
    fn from(view: AccountView) -> Self {
        let AccountView { account, profile } = view;
        let PersonalProfile { email, first_name, last_name, phone, default_address } = profile;
        Self {
            user: User {
                id: account.id.uuid(),
                email: given(email),
                first_name: given(first_name),
                last_name: given(last_name),
                role: account.role,
                is_active: account.is_active,
                is_verified: account.is_verified,
                created_at: account.created_at,
                updated_at: account.updated_at,
            },
            phone: given(phone),
            default_address: given(default_address),
        }
    }
}

impl From<AccountView> for User {
    fn from(view: AccountView) -> Self {
        OwnUser::from(view).user
    }
}

/// A value that was cleared is stored as an empty text.
fn given(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

/// An account as the log has it now, and its version, whether or not the read model shows it yet.
pub async fn current(state: &AppState, id: UserId) -> Result<(OwnUser, i64), Problem> {
    let (account, version) = state.account(id).await?;
    let Some(role) = account.role() else {
        return Err(Problem::not_found("user_not_found", "there is no such account"));
    };
    let view = projections::accounts::account(&state.pool, id).await?;
    let (created_at, updated_at) = match view {
        Some(view) if view.account.version >= version => return Ok((view.into(), version)),
        Some(view) => (view.account.created_at, state.clock.now()),
        None => (state.clock.now(), state.clock.now()),
    };
    let row = projections::accounts::Row {
        id,
        role,
        is_active: account.is_active(),
        is_verified: account.is_verified(),
        is_erased: false,
        valid_after: None,
        version,
        created_at,
        updated_at,
    };
    let profile = personal::profile(&state.pool, id).await?;
    Ok((AccountView { account: row, profile }.into(), version))
}
