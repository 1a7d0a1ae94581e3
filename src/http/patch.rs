//! Fields of a change that may be missing (keep it), `null` (clear it) or a value.

use serde::{Deserialize, Deserializer};

/// Also `#[serde(default, deserialize_with = "present")]`.
pub type Patch<T> = Option<Option<T>>;

/// Tells `null` from a missing field.
pub fn present<'de, T, D>(deserializer: D) -> Result<Patch<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
