//! The steps of an order, and which step may follow which. Who may take a step is not decided here.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Confirmed,
    Processing,
    Shipped,
    Delivered,
    Cancelled,
    /// Everything was given back.
    Refunded,
}

/// A text that names no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown status {0:?}: one of pending, confirmed, processing, shipped, delivered, cancelled, \
     refunded"
)]
pub struct UnknownStatus(pub String);

impl Status {
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Confirmed,
        Self::Processing,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
        Self::Refunded,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Processing => "processing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }

    /// Whether it is that step of the way to the buyer, or one behind it. What has ended is not on
    /// the way.
    pub const fn has_come_to(self, step: Self) -> bool {
        match (self.steps_taken(), step.steps_taken()) {
            (Some(taken), Some(wanted)) => taken >= wanted,
            (None, _) | (_, None) => false,
        }
    }

    const fn steps_taken(self) -> Option<u8> {
        match self {
            Self::Pending => Some(0),
            Self::Confirmed => Some(1),
            Self::Processing => Some(2),
            Self::Shipped => Some(3),
            Self::Delivered => Some(4),
            Self::Cancelled | Self::Refunded => None,
        }
    }

    /// Whether `next` may follow. A cancelled order is only refunded where it was paid.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Confirmed | Self::Cancelled),
            Self::Confirmed => matches!(next, Self::Processing | Self::Cancelled),
            Self::Processing => matches!(next, Self::Shipped | Self::Cancelled),
            Self::Shipped => matches!(next, Self::Delivered),
            Self::Delivered | Self::Cancelled => matches!(next, Self::Refunded),
            Self::Refunded => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}
