//! How an account comes to be: one stream, its personal data and its password, in one append.

use super::email::Email;
use super::personal::PASSWORD_HASH;
use crate::http::problem::Problem;
use crate::log::Execute;
use crate::state::AppState;
use aggregates::account::{self, Command, Role};
use aggregates::{Account, UserId};
use eventlog::Work;

/// A checked registration, its password hashed.
#[derive(Clone)]
pub struct Registration {
    pub id: UserId,
    pub role: Role,
    pub email: Email,
    pub password_hash: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Registration {
    /// Records it in a unit of work that creates the account's stream. The event says nothing
    /// personal.
    pub fn record(&self, work: &mut Work<'_>) -> Result<(), account::Error> {
        work.execute::<Account>(self.id, Command::Register { role: self.role })?;
        let subject = self.id.uuid();
        work.set_personal(subject, "email", self.email.as_str());
        work.set_personal(subject, PASSWORD_HASH, self.password_hash.as_str());
        for (key, value) in [("first_name", &self.first_name), ("last_name", &self.last_name)] {
            if let Some(value) = value {
                work.set_personal(subject, key, value.as_str());
            }
        }
        Ok(())
    }
}

/// The hash of a new password.
pub async fn password_hash(state: &AppState, password: String) -> Result<String, Problem> {
    let salt = state.entropy.bytes();
    state.passwords.hash(password, salt).await.map_err(|error| Problem::internal(&error))
}

/// The account with this e-mail address, and the hash of its password.
pub async fn find(
    state: &AppState,
    email: &Email,
) -> Result<Option<(UserId, Option<String>)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT e.subject_id, h.value AS "password_hash?"
             FROM personal_data e
             LEFT JOIN personal_data h ON h.subject_id = e.subject_id AND h.key = $2
            WHERE e.key = 'email' AND e.value = $1"#,
        email.as_str(),
        PASSWORD_HASH
    )
    .fetch_optional(&state.pool)
    .await?;
    Ok(row.map(|row| (UserId::new(row.subject_id), row.password_hash)))
}
