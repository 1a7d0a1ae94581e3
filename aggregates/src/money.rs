//! Money: exact decimals with two digits, never negative, never a float.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An amount of the store's currency: 0.00 to 999,999,999,999.99. Written as a decimal string with
/// two digits, `"2599.00"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(Decimal);

/// Why a number is not an amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("not a decimal number")]
    NotANumber,
    #[error("an amount of money cannot be negative")]
    Negative,
    #[error("an amount of money has at most two decimal digits")]
    TooPrecise,
    #[error("an amount of money is at most 999999999999.99")]
    TooLarge,
}

impl Money {
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// The largest amount, 999,999,999,999.99.
    pub const MAX: Self = Self(Decimal::from_parts(276_447_231, 23283, 0, false, 2));

    /// Checks and normalises to two digits.
    pub fn new(amount: Decimal) -> Result<Self, MoneyError> {
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(MoneyError::Negative);
        }
        if amount.normalize().scale() > 2 {
            return Err(MoneyError::TooPrecise);
        }
        let mut amount = amount.abs();
        if amount > Self::MAX.0 {
            return Err(MoneyError::TooLarge);
        }
        amount.rescale(2);
        Ok(Self(amount))
    }

    /// From the minor unit (hundredths).
    pub fn from_minor(hundredths: u64) -> Result<Self, MoneyError> {
        let hundredths = i64::try_from(hundredths).map_err(|_| MoneyError::TooLarge)?;
        Self::new(Decimal::new(hundredths, 2))
    }

    /// In the minor unit (hundredths).
    pub fn to_minor(self) -> u64 {
        (self.0 * Decimal::ONE_HUNDRED).to_u64().unwrap_or(u64::MAX)
    }

    pub fn decimal(self) -> Decimal {
        self.0
    }

    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::new(self.0.checked_add(other.0)?).ok()
    }

    /// `None` where the result would be negative.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::new(self.0.checked_sub(other.0)?).ok()
    }

    pub fn checked_mul(self, factor: u32) -> Option<Self> {
        Self::new(self.0.checked_mul(Decimal::from(factor))?).ok()
    }

    /// The part `numerator / denominator` of this amount, rounded down to the minor unit.
    pub fn checked_part(self, numerator: u32, denominator: u32) -> Option<Self> {
        let part = self
            .0
            .checked_mul(Decimal::from(numerator))?
            .checked_div(Decimal::from(denominator))?;
        Self::new(part.round_dp_with_strategy(2, RoundingStrategy::ToZero)).ok()
    }

    /// The sum, `None` on overflow.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl Default for Money {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.0)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Digits, then at most a point and digits: no sign but a minus (refused as negative), no
    /// exponent, no separators, no space.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_number = [whole, fraction]
            .iter()
            .all(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()));
        if !is_number {
            return Err(MoneyError::NotANumber);
        }
        match Decimal::from_str_exact(text) {
            Ok(amount) => Self::new(amount),
            Err(rust_decimal::Error::Underflow) => Err(MoneyError::TooPrecise),
            Err(_) => Err(MoneyError::TooLarge),
        }
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    /// Accepts a string (`"2599.00"`) or a JSON number. A JSON number arrives as a float: it is
    /// taken by its shortest decimal form, which is what the client wrote for any amount in range.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Money;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount of money, as a string or a number")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Money, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Money, E> {
                Money::new(Decimal::from(number)).map_err(E::custom)
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Money, E> {
                Money::new(Decimal::from(number)).map_err(E::custom)
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Money, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// An ISO 4217 code: three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    pub const KZT: Self = Self(*b"KZT");

    pub fn as_str(&self) -> &str {
        // Three ASCII capitals, checked on construction: always valid UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::KZT
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Currency {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err("a currency is three capital letters (ISO 4217)"),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests;
