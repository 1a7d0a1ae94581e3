//! A place in the feed.

use std::fmt;
use std::str::FromStr;

/// Where an event stands in the feed: by transaction, then by position within the log. The order
/// is total, and the feed never shows an event behind one that it has shown already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    pub transaction_id: u64,
    pub global_position: i64,
}

impl Position {
    /// Before the first event.
    pub const START: Self = Self { transaction_id: 0, global_position: 0 };
}

/// The token clients get: opaque to them.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.transaction_id, self.global_position)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a position token")]
pub struct InvalidPosition;

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(token: &str) -> Result<Self, Self::Err> {
        let (transaction, position) = token.split_once('-').ok_or(InvalidPosition)?;
        // A sign would be read too, and no position is negative.
        let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_number(transaction) || !is_number(position) {
            return Err(InvalidPosition);
        }
        let transaction_id = u64::from_str_radix(transaction, 16).map_err(|_| InvalidPosition)?;
        let global_position = i64::from_str_radix(position, 16).map_err(|_| InvalidPosition)?;
        Ok(Self { transaction_id, global_position })
    }
}

impl Position {
    /// From the columns of the log, the transaction id as text.
    pub fn from_stored(transaction_id: &str, global_position: i64) -> Result<Self, sqlx::Error> {
        let transaction_id =
            transaction_id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(Self { transaction_id, global_position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_went() {
        let last = Position { transaction_id: u64::MAX, global_position: i64::MAX };
        for position in [Position::START, last] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        assert_eq!(
            "00FF-1a".parse::<Position>().map(|found| found.to_string()),
            Ok("ff-1a".into())
        );
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let beyond = "0-8000000000000000";
        for wrong in ["", "-", "1", "1-", "-1", "+1-1", "1-+1", "1--1", "x-1", "1-1-1", beyond] {
            assert_eq!(wrong.parse::<Position>(), Err(InvalidPosition), "{wrong:?}");
        }
    }
}
