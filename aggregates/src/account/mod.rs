//! An account: its role and whether it may be used. Never holds or sees personal data.

mod command;
mod error;
mod event;
mod role;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Event, Role};
pub use role::UnknownRole;

use crate::Decider;
use serde::{Deserialize, Serialize};

/// The account of one person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Account {
    #[default]
    Nonexistent,
    Active {
        role: Role,
        is_verified: bool,
    },
    Blocked {
        role: Role,
        is_verified: bool,
        reason: String,
    },
    /// For good: the personal data is gone, so nobody can come back to it.
    Erased,
}

impl Account {
    /// `None` where there is no account (any more).
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Active { role, .. } | Self::Blocked { role, .. } => Some(*role),
            Self::Nonexistent | Self::Erased => None,
        }
    }

    /// Whether its owner may act.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Active { .. })
    }

    pub fn is_verified(&self) -> bool {
        match self {
            Self::Active { is_verified, .. } | Self::Blocked { is_verified, .. } => *is_verified,
            Self::Nonexistent | Self::Erased => false,
        }
    }

    /// Its role, where it exists, blocked or not.
    fn existing(&self) -> Result<Role, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Active { role, .. } | Self::Blocked { role, .. } => Ok(*role),
            Self::Erased => Err(Error::Erased),
        }
    }

    /// Refuses what only the owner of an account in use may do.
    fn in_use(&self) -> Result<(), Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Active { .. } => Ok(()),
            Self::Blocked { reason, .. } => Err(Error::Blocked { reason: reason.clone() }),
            Self::Erased => Err(Error::Erased),
        }
    }

    fn register(&self, role: Role) -> Result<Vec<Event>, Error> {
        match self {
            Self::Nonexistent => Ok(vec![Event::Registered { role }]),
            Self::Active { .. } | Self::Blocked { .. } => Err(Error::AlreadyRegistered),
            Self::Erased => Err(Error::Erased),
        }
    }

    fn block(&self, reason: String) -> Result<Vec<Event>, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Active { .. } => Ok(vec![Event::Blocked { reason }]),
            Self::Blocked { reason, .. } => Err(Error::AlreadyBlocked { reason: reason.clone() }),
            Self::Erased => Err(Error::Erased),
        }
    }

    fn unblock(&self) -> Result<Vec<Event>, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Active { .. } => Err(Error::NotBlocked),
            Self::Blocked { .. } => Ok(vec![Event::Unblocked {}]),
            Self::Erased => Err(Error::Erased),
        }
    }

    fn with_role(self, role: Role) -> Self {
        match self {
            Self::Active { is_verified, .. } => Self::Active { role, is_verified },
            Self::Blocked { is_verified, reason, .. } => {
                Self::Blocked { role, is_verified, reason }
            }
            Self::Nonexistent | Self::Erased => self,
        }
    }

    fn verified(self) -> Self {
        match self {
            Self::Active { role, .. } => Self::Active { role, is_verified: true },
            Self::Blocked { role, reason, .. } => Self::Blocked { role, is_verified: true, reason },
            Self::Nonexistent | Self::Erased => self,
        }
    }

    fn blocked(self, reason: &str) -> Self {
        match self {
            Self::Active { role, is_verified } | Self::Blocked { role, is_verified, .. } => {
                Self::Blocked { role, is_verified, reason: reason.to_owned() }
            }
            Self::Nonexistent | Self::Erased => self,
        }
    }

    fn unblocked(self) -> Self {
        match self {
            Self::Active { role, is_verified } | Self::Blocked { role, is_verified, .. } => {
                Self::Active { role, is_verified }
            }
            Self::Nonexistent | Self::Erased => self,
        }
    }
}

impl Decider for Account {
    const TYPE: &'static str = "account";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Register { role } => self.register(role),
            Command::VerifyEmail => {
                self.in_use()?;
                Ok(if self.is_verified() { vec![] } else { vec![Event::EmailVerified {}] })
            }
            Command::ChangeProfile { fields } => {
                self.in_use()?;
                Ok(if fields.is_empty() { vec![] } else { vec![Event::ProfileChanged { fields }] })
            }
            Command::ChangePassword => {
                self.in_use()?;
                Ok(vec![Event::PasswordChanged {}])
            }
            Command::RequestPasswordReset => {
                self.in_use()?;
                Ok(vec![Event::PasswordResetRequested {}])
            }
            // Not the owner's doing, so it also works on a blocked account.
            Command::ChangeRole { role } => {
                let previous = self.existing()?;
                Ok(if role == previous {
                    vec![]
                } else {
                    vec![Event::RoleChanged { role, previous }]
                })
            }
            Command::Block { reason } => self.block(reason),
            Command::Unblock => self.unblock(),
            Command::Erase => {
                self.existing()?;
                Ok(vec![Event::Erased {}])
            }
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Registered { role } => Self::Active { role: *role, is_verified: false },
            Event::EmailVerified {} => self.verified(),
            Event::ProfileChanged { .. }
            | Event::PasswordChanged {}
            | Event::PasswordResetRequested {} => self,
            Event::RoleChanged { role, .. } => self.with_role(*role),
            Event::Blocked { reason } => self.blocked(reason),
            Event::Unblocked {} => self.unblocked(),
            Event::Erased {} => Self::Erased,
        }
    }
}
