//! What can have happened to an account: never personal data, which lives in its own table and can
//! be erased. Changing this file changes the storage contract.

use crate::cqrs::domain_event;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Customer,
    Seller,
    Admin,
    Auditor,
    Analyst,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Registered {
        role: Role,
    },
    EmailVerified {},
    /// Which fields of the profile changed; never their values.
    ProfileChanged {
        fields: Vec<String>,
    },
    PasswordChanged {},
    /// A link to a new password is to be mailed.
    PasswordResetRequested {},
    RoleChanged {
        role: Role,
        previous: Role,
    },
    Blocked {
        reason: String,
    },
    Unblocked {},
    /// The personal data is gone; the ledgers stay.
    Erased {},
}

domain_event!(Event {
    Registered => "1.0",
    EmailVerified => "1.0",
    ProfileChanged => "1.0",
    PasswordChanged => "1.0",
    PasswordResetRequested => "1.0",
    RoleChanged => "1.0",
    Blocked => "1.0",
    Unblocked => "1.0",
    Erased => "1.0",
});
