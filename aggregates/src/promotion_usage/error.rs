//! The rules of one customer's uses of one promotion, by what breaks them.

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the customer used the promotion {limit} times, as often as one customer can")]
    LimitReached { limit: u32 },
    #[error("the order holds or has taken a use already")]
    AlreadyHeld,
    #[error("no use is held for the order")]
    NothingHeld,
    #[error("the customer did not use the promotion for this order")]
    NeverUsed,
}
