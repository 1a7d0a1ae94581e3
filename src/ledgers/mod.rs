//! Checking the ledgers from the log alone: gift cards, points, uses of promotions, and the books.
//!
//! A second opinion: the laws are checked here by arithmetic of its own, not by the code that
//! decided or by the read models, so that a mistake in those shows. Never writes.

mod accounts;
mod cards;
mod journal;
mod problem;
mod promotions;
mod read;
#[cfg(test)]
mod tests;

pub use problem::{Broken, LedgersError, Problem};
pub use read::verify;

use accounts::Accounts;
use aggregates::{Fact, UnreadableEvent};
use cards::Cards;
use eventlog::Position;
use journal::Journal;
use projections::ledger::Account;
use promotions::Promotions;
use rust_decimal::Decimal;

/// One event, as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Event<'e> {
    pub aggregate_type: &'e str,
    pub aggregate_id: &'e str,
    pub sequence: i64,
    pub event_type: &'e str,
    pub event_version: &'e str,
    pub payload: &'e str,
    pub position: Position,
}

/// What was checked, and what the books say in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub events: u64,
    /// Lines of the journal.
    pub lines: u64,
    pub cards: usize,
    pub accounts: usize,
    pub promotions: usize,
    /// Debits less credits.
    pub balances: Vec<(Account, Decimal)>,
}

impl Report {
    pub fn balance(&self, account: Account) -> Decimal {
        let found = self.balances.iter().find(|(named, _)| *named == account);
        found.map(|(_, balance)| *balance).unwrap_or_default()
    }
}

/// Takes the events of the ledgers in the order of the feed.
///
/// Memory: the sums of each card, of each customer's points and of each promotion, some 150 bytes
/// each; beside them only what is open: holds, lots with points left, points of orders on their way.
/// Promotions count their uses by customer, 40 bytes for each pair. Orders take no memory.
#[derive(Debug, Default)]
pub struct Checker {
    cards: Cards,
    accounts: Accounts,
    promotions: Promotions,
    journal: Journal,
    events: u64,
}

impl Checker {
    /// Refuses the first event after which a law does not hold.
    pub fn check(&mut self, event: &Event<'_>) -> Result<(), Broken> {
        self.take(event).map_err(|problem| Broken {
            stream: format!("{}/{}", event.aggregate_type, event.aggregate_id),
            sequence: event.sequence,
            position: event.position,
            problem,
        })
    }

    fn take(&mut self, event: &Event<'_>) -> Result<(), Problem> {
        let Event { aggregate_type, event_type, event_version, payload, .. } = *event;
        if !is_tagged(payload, event_type) {
            return Err(Problem::Mislabelled);
        }
        let fact = Fact::decode(aggregate_type, event_type, event_version, payload)
            .map_err(|error: UnreadableEvent| Problem::Unreadable(error.to_string()))?;
        let (id, sequence) = (event.aggregate_id, event.sequence);
        match &fact {
            Fact::GiftCard(fact) => self.cards.take(id, sequence, fact)?,
            Fact::LoyaltyAccount(fact) => self.accounts.take(id, sequence, fact)?,
            Fact::Promotion(fact) => self.promotions.take(id, sequence, fact)?,
            Fact::PromotionUsage(fact) => self.promotions.take_usage(id, sequence, fact)?,
            Fact::Order(_) => {}
            Fact::Account(_)
            | Fact::Artist(_)
            | Fact::Cart(_)
            | Fact::Payment(_)
            | Fact::Product(_)
            | Fact::Review(_)
            | Fact::StockItem(_)
            | Fact::Webhook(_)
            | Fact::Wishlist(_) => return Ok(()),
        }
        self.events += 1;
        self.journal.take(&fact)?;
        self.journal.owes(Account::GiftCardLiability, self.cards.owed())?;
        self.journal.owes(Account::LoyaltyLiability, self.accounts.owed())
    }

    pub fn report(&self) -> Report {
        Report {
            events: self.events,
            lines: self.journal.lines(),
            cards: self.cards.len(),
            accounts: self.accounts.len(),
            promotions: self.promotions.len(),
            balances: Account::ALL.map(|account| (account, self.journal.balance(account))).into(),
        }
    }
}

/// Events are objects of one member, named like their type. Whoever reads an event goes by that
/// name, so a false type would hide it from those who go by the type.
fn is_tagged(payload: &str, event_type: &str) -> bool {
    let tag = payload.strip_prefix("{\"").and_then(|rest| rest.strip_prefix(event_type));
    tag.is_some_and(|rest| rest.starts_with("\":"))
}
