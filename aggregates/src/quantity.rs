//! A number of units of a product in a cart or an order line.

use serde::{Deserialize, Serialize};
use std::fmt;

/// 1 to 999 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is 1 to 999 units, not {0}")]
pub struct QuantityError(pub u32);

impl Quantity {
    pub const ONE: Self = Self(1);
    pub const MAX: u32 = 999;

    pub const fn get(self) -> u32 {
        self.0
    }

    pub fn checked_add(self, other: Self) -> Result<Self, QuantityError> {
        Self::try_from(self.0 + other.0)
    }
}

impl TryFrom<u32> for Quantity {
    type Error = QuantityError;

    fn try_from(units: u32) -> Result<Self, Self::Error> {
        if (1..=Self::MAX).contains(&units) {
            Ok(Self(units))
        } else {
            Err(QuantityError(units))
        }
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
