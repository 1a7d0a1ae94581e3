//! Who is asking: passwords, access tokens, sessions and their revocation. What a caller may do is
//! decided by the role gates in `http::extract`, never here.

pub mod bootstrap;
pub mod email;
pub mod erasure;
mod keys;
pub mod links;
mod passwords;
pub mod personal;
mod registration;
mod revocations;
mod sessions;
mod tokens;

pub use keys::{KeyError, SigningKeys};
pub use passwords::{PasswordError, Passwords};
pub use registration::{Registration, find, password_hash};
pub use revocations::{Revocations, announce};
pub use sessions::{RefreshToken, Rotation, SessionView, Sessions};
pub use tokens::{Claims, TokenError, Tokens};

use aggregates::UserId;
use aggregates::account::Role;
use uuid::Uuid;

/// How long a password may be, in characters.
pub const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// A logged-in account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub id: UserId,
    pub role: Role,
    /// The login: what `/auth/logout` ends.
    pub session_id: Uuid,
}

impl Caller {
    /// Whether this caller may see or change what belongs to that account.
    pub fn owns(&self, user_id: UserId) -> bool {
        self.id == user_id || self.role == Role::Admin
    }
}
