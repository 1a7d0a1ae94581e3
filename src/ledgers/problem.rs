//! What can be wrong with a ledger, and where.

use eventlog::Position;
use projections::ledger::Account;
use rust_decimal::Decimal;

/// The law that an event breaks. Amounts are in the minor unit or in points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("event {expected} is missing before it")]
    Gap { expected: i64 },
    #[error("it does not parse: {0}")]
    Unreadable(String),
    #[error("it is stored under a type that its contents are not of")]
    Mislabelled,
    #[error("the id of its stream is none")]
    StreamId,
    #[error("there is nothing before it to which it could happen")]
    NotBegun,
    #[error("it happened before")]
    Again,
    #[error("it takes {wanted} of what is {what}, which is {found}")]
    Overdrawn { what: &'static str, found: u64, wanted: u64 },
    #[error("a number is larger than any amount")]
    Overflow,
    #[error("nothing is held for its order")]
    NothingHeld,
    #[error("{held} is held for its order, not {found}")]
    OtherHold { held: u64, found: u64 },
    #[error("its parts add up to {parts}, not to {whole}")]
    Parts { parts: u64, whole: u64 },
    #[error("{found} remains of what was issued, where {issued} was")]
    NotConserved { issued: u64, found: u64 },
    #[error("it is one use more than the limit of {limit}")]
    OverLimit { limit: u32 },
    #[error("it was not open for use")]
    NotOpen,
    #[error("its amounts cannot be booked")]
    Unbookable,
    #[error("its debits are not its credits")]
    Unbalanced,
    #[error("{account} is {booked} where {owed} is owed")]
    Liability { account: Account, booked: Decimal, owed: Decimal },
}

/// The first event that breaks a law.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{stream} event {sequence} at {position}: {problem}")]
pub struct Broken {
    pub stream: String,
    pub sequence: i64,
    pub position: Position,
    pub problem: Problem,
}

/// Why the ledgers are not vouched for.
#[derive(Debug, thiserror::Error)]
pub enum LedgersError {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("the log cannot be read")]
    Unavailable(#[from] sqlx::Error),
}

/// The stream's next event is due.
pub(super) fn follows(version: &mut i64, sequence: i64) -> Result<(), Problem> {
    let expected = *version + 1;
    if sequence != expected {
        return Err(Problem::Gap { expected });
    }
    *version = sequence;
    Ok(())
}

pub(super) fn more(sum: &mut u64, by: u64) -> Result<(), Problem> {
    *sum = sum.checked_add(by).ok_or(Problem::Overflow)?;
    Ok(())
}

pub(super) fn less(what: &'static str, sum: &mut u64, by: u64) -> Result<(), Problem> {
    let (found, wanted) = (*sum, by);
    *sum = found.checked_sub(by).ok_or(Problem::Overdrawn { what, found, wanted })?;
    Ok(())
}

/// What is held for orders that are not settled: few at once, so a search is fast.
#[derive(Debug, Default)]
pub(super) struct Holds(Vec<(aggregates::OrderId, u64)>);

impl Holds {
    pub fn open(&mut self, order: aggregates::OrderId, amount: u64) -> Result<(), Problem> {
        if self.0.iter().any(|(held_for, _)| *held_for == order) {
            return Err(Problem::Again);
        }
        self.0.push((order, amount));
        Ok(())
    }

    /// Ends the hold of an order, which must be of this amount.
    pub fn close(&mut self, order: aggregates::OrderId, amount: u64) -> Result<(), Problem> {
        let place = self.0.iter().position(|(held_for, _)| *held_for == order);
        let (_, held) = self.0.swap_remove(place.ok_or(Problem::NothingHeld)?);
        if self.0.is_empty() {
            // Most have none open most of the time.
            self.0 = Vec::new();
        }
        if held == amount { Ok(()) } else { Err(Problem::OtherHold { held, found: amount }) }
    }
}
