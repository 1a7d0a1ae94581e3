//! The books: the entries of the same rules as the read model's, summed up by account.

use super::Problem;
use aggregates::Fact;
use projections::ledger::{Account, book};
use rust_decimal::Decimal;

#[derive(Debug, Default)]
pub(super) struct Journal {
    /// Debits less credits by account, in the minor unit.
    balances: [i128; Account::ALL.len()],
    lines: u64,
}

impl Journal {
    pub fn lines(&self) -> u64 {
        self.lines
    }

    pub fn take(&mut self, fact: &Fact) -> Result<(), Problem> {
        let booking = book(fact).map_err(|_| Problem::Unbookable)?;
        let mut difference = 0_i128;
        for line in &booking.lines {
            let amount = i128::from(line.debit.to_minor()) - i128::from(line.credit.to_minor());
            self.balances[line.account as usize] += amount;
            difference += amount;
            self.lines += 1;
        }
        if difference == 0 { Ok(()) } else { Err(Problem::Unbalanced) }
    }

    /// A liability is what is owed, as a credit.
    pub fn owes(&self, account: Account, owed: i128) -> Result<(), Problem> {
        let booked = -self.balances[account as usize];
        if booked == owed {
            return Ok(());
        }
        let (booked, owed) = (amount(booked), amount(owed));
        Err(Problem::Liability { account, booked, owed })
    }

    pub fn balance(&self, account: Account) -> Decimal {
        amount(self.balances[account as usize])
    }
}

/// Only for messages and reports: beyond what a decimal can be, its bounds.
fn amount(minor: i128) -> Decimal {
    let bound = if minor < 0 { Decimal::MIN } else { Decimal::MAX };
    Decimal::try_from_i128_with_scale(minor, 2).unwrap_or(bound)
}
