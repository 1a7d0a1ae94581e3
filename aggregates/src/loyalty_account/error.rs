//! The rules of a loyalty account, by what breaks them.

use crate::Points;

/// Why a loyalty account refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("at least one point")]
    ZeroPoints,
    #[error("{requested} points are more than the {available} that can be spent")]
    InsufficientPoints { available: Points, requested: Points },
    #[error("the order has earned its points already")]
    AlreadyEarned,
    #[error("the order holds points already")]
    AlreadyHeld,
    #[error("no points are held for the order")]
    NothingHeld,
    #[error("{requested} points cannot come back, the order took {taken} that are still out")]
    RestoreExceedsSpent { taken: Points, requested: Points },
}
