//! What the log keeps of a code: a keyed hash, from which nobody finds the code.

use serde::{Deserialize, Serialize};
use std::fmt;

/// HMAC-SHA-256 of a code under the server's key, as 64 hexadecimal digits.
#[derive(Clone, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeHash(String);

impl CodeHash {
    pub fn new(hexadecimal: impl Into<String>) -> Self {
        Self(hexadecimal.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes the same time wherever two hashes differ, so that nobody finds one digit by digit.
impl PartialEq for CodeHash {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.bytes().zip(other.0.bytes());
        let differing = pairs.fold(0, |differing, (a, b)| differing | (a ^ b));
        self.0.len() == other.0.len() && differing == 0
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_equal_where_every_digit_is() {
        let hash = CodeHash::new("ab12");
        assert_eq!(hash, CodeHash::new("ab12"));
        for other in ["ab13", "bb12", "ab1", "ab123", ""] {
            assert_ne!(hash, CodeHash::new(other), "{other}");
        }
    }
}
