//! Short names for values, for tests only.

use crate::{Money, Points, Quantity};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// The `n`th id of any kind.
pub fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(n))
}

pub fn money(text: &str) -> Money {
    text.parse().unwrap()
}

pub fn units(n: u32) -> Quantity {
    Quantity::try_from(n).unwrap()
}

pub fn points(n: u64) -> Points {
    Points::try_from(n).unwrap()
}

/// So many minutes into the test.
pub fn minute(n: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + TimeDelta::minutes(n)
}
