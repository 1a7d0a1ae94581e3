//! The rules of an account, by what breaks them.

/// Why an account refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the account is registered already")]
    AlreadyRegistered,
    #[error("there is no such account")]
    NotFound,
    #[error("the account was erased")]
    Erased,
    #[error("the account is blocked: {reason}")]
    Blocked { reason: String },
    #[error("the account is blocked already: {reason}")]
    AlreadyBlocked { reason: String },
    #[error("the account is not blocked")]
    NotBlocked,
}
