//! The rules of a gift card, by what breaks them.

use crate::Money;
use chrono::{DateTime, Utc};

/// Why a gift card refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such gift card")]
    NotFound,
    #[error("the gift card exists already")]
    AlreadyExists,
    #[error("a gift card needs an amount")]
    ZeroAmount,
    #[error("a gift card cannot expire before it begins")]
    ExpiresTooEarly,
    #[error("the gift card is not paid for yet")]
    NotPaid,
    #[error("the gift card was never paid for")]
    Withdrawn,
    #[error("the gift card is disabled")]
    Disabled,
    #[error("the gift card expired at {expired_at}")]
    Expired { expired_at: DateTime<Utc> },
    #[error("{requested} is more than the {available} that are available on the gift card")]
    InsufficientBalance { available: Money, requested: Money },
    #[error("the order holds an amount of this gift card already")]
    AlreadyHeld,
    #[error("nothing of this gift card is held for the order")]
    NothingHeld,
    #[error(
        "{requested} cannot go back to the gift card, the order took {taken} that are still out"
    )]
    CreditExceedsTaken { taken: Money, requested: Money },
}
