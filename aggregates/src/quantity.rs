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
        if (1..=Self::MAX).contains(&units) { Ok(Self(units)) } else { Err(QuantityError(units)) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_1_to_999() {
        assert_eq!(Quantity::try_from(0), Err(QuantityError(0)));
        assert_eq!(Quantity::try_from(1), Ok(Quantity::ONE));
        assert_eq!(Quantity::try_from(999).map(Quantity::get), Ok(999));
        assert_eq!(Quantity::try_from(1000), Err(QuantityError(1000)));
        assert_eq!(Quantity::try_from(u32::MAX), Err(QuantityError(u32::MAX)));
    }

    #[test]
    fn a_sum_past_999_is_refused_with_what_it_would_be() {
        let most = Quantity::try_from(Quantity::MAX).unwrap();
        assert_eq!(most.checked_add(Quantity::ONE), Err(QuantityError(1000)));
        assert_eq!(most.checked_add(most), Err(QuantityError(1998)));
        assert_eq!(Quantity::ONE.checked_add(Quantity::ONE).map(Quantity::get), Ok(2));
    }

    #[test]
    fn json_holds_a_plain_number_and_is_checked_on_the_way_in() {
        assert_eq!(serde_json::to_string(&Quantity::ONE).unwrap(), "1");
        for wrong in ["0", "1000", "-1", "1.5", "\"1\"", "null"] {
            assert!(serde_json::from_str::<Quantity>(wrong).is_err(), "{wrong}");
        }
    }
}
