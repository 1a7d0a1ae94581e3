//! The rules of stock, by what breaks them. Numbers are units.

/// Why a stock item refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{requested} units are wanted and {available} are available")]
    InsufficientStock { available: u32, requested: u32 },
    #[error("the order has a reservation already")]
    AlreadyReserved,
    #[error("the order has no reservation")]
    NoReservation,
    /// `requested` is the count that a correction would have led to.
    #[error("{reserved} units are reserved, the count cannot become {requested}")]
    BelowReserved { reserved: u32, requested: i64 },
    #[error("at most {limit} units can be on hand, not {requested}")]
    TooMany { limit: u32, requested: i64 },
    #[error("{sold} units are sold and not returned, {requested} cannot come back")]
    ReturnExceedsSold { sold: u64, requested: u32 },
    #[error("the number of units cannot be zero")]
    ZeroQuantity,
}
