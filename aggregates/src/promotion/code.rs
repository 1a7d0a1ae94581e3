//! The code of a promotion, which customers type: letters and digits, in any case.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// 1 to 32 of `A` to `Z`, digits, `-` and `_`; upper case. Also the id of the promotion's stream,
/// so that no two promotions have the same code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PromoCode(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a promotion code has 1 to 32 letters (A to Z), digits, hyphens and underscores")]
pub struct PromoCodeError;

impl PromoCode {
    const LONGEST: usize = 32;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PromoCode {
    type Err = PromoCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = text.trim().to_ascii_uppercase();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if code.is_empty() || code.len() > Self::LONGEST || !code.bytes().all(allowed) {
            return Err(PromoCodeError);
        }
        Ok(Self(code))
    }
}

impl TryFrom<String> for PromoCode {
    type Error = PromoCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PromoCode> for String {
    fn from(code: PromoCode) -> Self {
        code.0
    }
}

impl fmt::Display for PromoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_space_around_do_not_matter() {
        assert_eq!(" Summer-25 ".parse::<PromoCode>().unwrap().as_str(), "SUMMER-25");
    }

    #[test]
    fn what_nobody_could_type_is_no_code() {
        for wrong in ["", " ", "two words", "ЛЕТО", "a/b", &"x".repeat(33)] {
            assert_eq!(wrong.parse::<PromoCode>(), Err(PromoCodeError), "{wrong:?}");
        }
    }
}
