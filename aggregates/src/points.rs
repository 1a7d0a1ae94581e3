//! Loyalty points: whole numbers, never negative. One point takes 1.00 off.

use crate::Money;
use serde::{Deserialize, Serialize};
use std::fmt;

/// 0 to 999,999,999,999 points; as many as there are whole units in the largest amount of money.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct Points(u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {max} points, not {0}", max = Points::MAX.0)]
pub struct PointsError(pub u64);

impl Points {
    pub const ZERO: Self = Self(0);
    pub const MAX: Self = Self(999_999_999_999);

    pub const fn get(self) -> u64 {
        self.0
    }

    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// What they take off: 1.00 each.
    pub fn value(self) -> Money {
        // The largest number of points is within the range of money.
        Money::from_minor(self.0 * 100).unwrap_or(Money::MAX)
    }

    /// The whole points in an amount, rounded down.
    pub fn worth(amount: Money) -> Self {
        Self(amount.to_minor() / 100)
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::try_from(self.0 + other.0).ok()
    }

    /// Stays at the most there can be: only for sums that `decide` has checked.
    pub fn saturating_add(self, other: Self) -> Self {
        self.checked_add(other).unwrap_or(Self::MAX)
    }

    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The part `numerator / denominator`, rounded down; all of it where the denominator is zero.
    pub fn part(self, numerator: Money, denominator: Money) -> Self {
        let (numerator, denominator) = (numerator.to_minor(), denominator.to_minor());
        let part = (u128::from(self.0) * u128::from(numerator))
            .checked_div(u128::from(denominator))
            .unwrap_or(u128::from(self.0));
        Self(u64::try_from(part).unwrap_or(u64::MAX).min(Self::MAX.0))
    }

    /// The sum; stays at the most there can be.
    pub fn sum(points: impl IntoIterator<Item = Self>) -> Self {
        points.into_iter().fold(Self::ZERO, Self::saturating_add)
    }
}

impl TryFrom<u64> for Points {
    type Error = PointsError;

    fn try_from(points: u64) -> Result<Self, Self::Error> {
        if points <= Self::MAX.0 { Ok(Self(points)) } else { Err(PointsError(points)) }
    }
}

impl From<Points> for u64 {
    fn from(points: Points) -> Self {
        points.0
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{money, points};

    #[test]
    fn a_point_is_worth_one_whole_unit() {
        assert_eq!(points(250).value(), money("250.00"));
        assert_eq!(Points::worth(money("250.99")), points(250));
        assert_eq!(Points::MAX.value(), money("999999999999.00"));
    }

    #[test]
    fn a_part_is_rounded_down_and_the_whole_is_exact() {
        assert_eq!(points(10).part(money("1.00"), money("3.00")), points(3));
        assert_eq!(points(10).part(money("3.00"), money("3.00")), points(10));
        assert_eq!(points(10).part(Money::ZERO, Money::ZERO), points(10));
    }

    #[test]
    fn what_is_more_than_there_can_be_is_refused() {
        assert!(serde_json::from_str::<Points>("1000000000000").is_err());
        assert!(serde_json::from_str::<Points>("-1").is_err());
        assert!(serde_json::from_str::<Points>("1.5").is_err());
        assert_eq!(Points::MAX.checked_add(points(1)), None);
    }
}
