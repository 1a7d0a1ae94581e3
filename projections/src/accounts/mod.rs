//! Accounts as logins and the user lists need them. Personal data is joined by the queries and is
//! never stored here, so that erasing it needs no projection.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{
    AccountView, Cursor, Filter, Page, Profile, account, by_email, list, revocations,
};

use crate::{ApplyError, Envelope, Projection};
use aggregates::account::{Event, Role};
use aggregates::{Fact, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Accounts;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: UserId,
    pub role: Role,
    /// Neither blocked nor erased.
    pub is_active: bool,
    pub is_verified: bool,
    pub is_erased: bool,
    /// Tokens issued before this moment are void.
    pub valid_after: Option<DateTime<Utc>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Projection for Accounts {
    const NAME: &'static str = "accounts";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "accounts";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["account"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Account(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let now = event.recorded_at;
        let mut row = match (row, fact) {
            (Some(row), _) => row,
            (None, Event::Registered { role }) => Row {
                id: UserId::new(*key),
                role: *role,
                is_active: true,
                is_verified: false,
                is_erased: false,
                valid_after: None,
                version: 0,
                created_at: now,
                updated_at: now,
            },
            (None, _) => return Err(ApplyError::NotCreated("the account")),
        };
        match fact {
            Event::Registered { role } => row.role = *role,
            Event::EmailVerified {} => row.is_verified = true,
            // A password is not changed by asking for another one.
            Event::ProfileChanged { .. } | Event::PasswordResetRequested {} => {}
            Event::PasswordChanged {} => row.valid_after = Some(now),
            Event::RoleChanged { role, .. } => {
                row.role = *role;
                row.valid_after = Some(now);
            }
            Event::Blocked { .. } => {
                row.is_active = false;
                row.valid_after = Some(now);
            }
            Event::Unblocked {} => row.is_active = true,
            Event::Erased {} => {
                row.is_active = false;
                row.is_erased = true;
                row.valid_after = Some(now);
            }
        }
        row.version = event.sequence;
        row.updated_at = now;
        Ok(Some(row))
    }
}
