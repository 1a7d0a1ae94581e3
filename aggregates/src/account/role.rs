//! The text form of a role, as tokens and queries carry it. Must stay equal to its stored form.

use super::event::Role;
use std::fmt;
use std::str::FromStr;

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0:?}: one of customer, seller, admin, auditor, analyst")]
pub struct UnknownRole(pub String);

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Customer, Self::Seller, Self::Admin, Self::Auditor, Self::Analyst];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Seller => "seller",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Analyst => "analyst",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
