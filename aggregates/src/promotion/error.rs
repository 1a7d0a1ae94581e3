//! The rules of a promotion, by what breaks them.

use crate::Money;
use chrono::{DateTime, Utc};

/// Why a promotion refused a command, or does not apply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such promotion")]
    NotFound,
    #[error("there is a promotion with this code already")]
    AlreadyExists,
    #[error("a percentage is more than 0 and at most 100, with two digits at most")]
    PercentOutOfRange,
    #[error("a promotion must take something off")]
    NothingOff,
    #[error("a limit allows at least one use")]
    NoUses,
    #[error("a promotion for certain categories must name one")]
    NoCategories,
    #[error("a promotion cannot end before it starts")]
    EndsBeforeItStarts,
    #[error("the promotion starts at {starts_at}")]
    NotStarted { starts_at: DateTime<Utc> },
    #[error("the promotion ended at {ended_at}")]
    Over { ended_at: DateTime<Utc> },
    #[error("the promotion was withdrawn")]
    Withdrawn,
    #[error("the promotion applies to none of these goods")]
    NothingApplies,
    #[error("the goods cost {goods}, the promotion begins at {minimum}")]
    BelowMinimum { minimum: Money, goods: Money },
    #[error("the sum is more than the largest amount, {max}", max = Money::MAX)]
    Overflow,
    #[error("the promotion was used {limit} times, as often as it can be")]
    LimitReached { limit: u32 },
    #[error("the order holds a use of the promotion already")]
    AlreadyHeld,
    #[error("no use of the promotion is held for the order")]
    NothingHeld,
    #[error("the promotion was not used, so that no use can be restored")]
    NeverUsed,
}
