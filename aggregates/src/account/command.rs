//! What can be asked of an account.

use super::event::Role;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Register {
        role: Role,
    },
    VerifyEmail,
    /// The names of the fields that changed; causes nothing where there are none.
    ChangeProfile {
        fields: Vec<String>,
    },
    ChangePassword,
    /// Somebody who says to have forgotten the password wants a link to a new one.
    RequestPasswordReset,
    /// Causes nothing where the role is held already.
    ChangeRole {
        role: Role,
    },
    Block {
        reason: String,
    },
    Unblock,
    Erase,
}
