//! The first administrator, whom no other can appoint. Never changes an account that is there.

use super::email::{Email, InvalidEmail};
use super::registration::{self, Registration};
use crate::http::problem::Problem;
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::{Account, UserId};
use eventlog::{Metadata, UnitError};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstAdmin {
    Created(UserId),
    /// An administrator with this address is there; nothing was changed, not even the password.
    Exists(UserId),
}

/// Why there is no such administrator now.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    #[error(transparent)]
    Email(#[from] InvalidEmail),
    #[error("a password has 8 to 128 characters")]
    PasswordLength,
    /// Promoting it would give power to whoever registered it.
    #[error("an account with this e-mail address exists, and it is no administrator's")]
    Taken,
    #[error("cannot make the administrator: {0}")]
    Failed(String),
}

impl From<Problem> for BootstrapError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem.detail().to_owned())
    }
}

/// Makes an administrator, unless one with this address exists already. Can be repeated.
pub async fn first_admin(
    state: &AppState,
    email: &str,
    password: &str,
) -> Result<FirstAdmin, BootstrapError> {
    let email: Email = email.parse()?;
    if !super::PASSWORD_LENGTH.contains(&password.chars().count()) {
        return Err(BootstrapError::PasswordLength);
    }
    if let Some(found) = existing(state, &email).await? {
        return Ok(found);
    }
    let id = UserId::new(state.entropy.new_id());
    let registration = Registration {
        id,
        role: Role::Admin,
        email: email.clone(),
        password_hash: registration::password_hash(state, password.to_owned()).await?,
        first_name: None,
        last_name: None,
    };
    let metadata = Metadata::new("system", state.entropy.new_id(), "first_admin");
    let made = state
        .log
        .unit(metadata)
        .create::<Account>(id.to_string())
        .run(move |work| registration.record(work))
        .await;
    match made {
        Ok(_) => Ok(FirstAdmin::Created(id)),
        // Another process was faster.
        Err(UnitError::Duplicate { .. }) => {
            existing(state, &email).await?.ok_or(BootstrapError::Taken)
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}

async fn existing(state: &AppState, email: &Email) -> Result<Option<FirstAdmin>, BootstrapError> {
    let found = registration::find(state, email).await.map_err(Problem::from)?;
    let Some((id, _)) = found else { return Ok(None) };
    let (account, _) = state.account(id).await?;
    match account.role() {
        Some(Role::Admin) => Ok(Some(FirstAdmin::Exists(id))),
        _ => Err(BootstrapError::Taken),
    }
}
