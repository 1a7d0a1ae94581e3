//! The double-entry journal: every event that moves value as balanced entries, one row for each
//! line. The rules are in `rules.rs`; a row is never changed once it is there.

mod liabilities;
mod queries;
mod rules;
#[cfg(test)]
mod tests;

pub use liabilities::{Liabilities, liabilities};
pub use queries::{Balance, Cursor, Filter, Page, TrialBalance, entries, reached, trial_balance};
pub use rules::{Booking, Line, Unbookable, book};

use crate::{ApplyError, Envelope, Group, Projection};
use aggregates::{Currency, Fact, GiftCardId, Money, OrderId, UserId};
use chrono::{DateTime, Utc};
use eventlog::Position;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

#[derive(Debug)]
pub struct Ledger;

/// The accounts of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Money from buyers, received or to come; what cards and points pay is taken off it.
    CashClearing,
    /// What is owed to the holders of gift cards.
    GiftCardLiability,
    /// What expired on gift cards.
    GiftCardBreakage,
    /// What is owed to customers in points, 1.00 each.
    LoyaltyLiability,
    /// What points that can be spent cost.
    LoyaltyExpense,
    Sales,
    /// Of promotions, and gift cards that were given away.
    Discounts,
    DeliveryIncome,
    Refunds,
}

/// A text that names no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no account {0:?}")]
pub struct UnknownAccount(pub String);

impl Account {
    pub const ALL: [Self; 9] = [
        Self::CashClearing,
        Self::GiftCardLiability,
        Self::GiftCardBreakage,
        Self::LoyaltyLiability,
        Self::LoyaltyExpense,
        Self::Sales,
        Self::Discounts,
        Self::DeliveryIncome,
        Self::Refunds,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CashClearing => "cash_clearing",
            Self::GiftCardLiability => "gift_card_liability",
            Self::GiftCardBreakage => "gift_card_breakage",
            Self::LoyaltyLiability => "loyalty_liability",
            Self::LoyaltyExpense => "loyalty_expense",
            Self::Sales => "sales",
            Self::Discounts => "discounts",
            Self::DeliveryIncome => "delivery_income",
            Self::Refunds => "refunds",
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Account {
    type Err = UnknownAccount;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|account| account.as_str() == text);
        named.ok_or_else(|| UnknownAccount(text.to_owned()))
    }
}

/// One line of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The event and the number of the line.
    pub id: String,
    pub event_id: Uuid,
    /// From 1 within the event.
    pub line: i16,
    pub transaction_id: i64,
    pub global_position: i64,
    pub recorded_at: DateTime<Utc>,
    pub account: Account,
    pub debit: Money,
    pub credit: Money,
    pub currency: Currency,
    pub stream_type: String,
    pub stream_id: String,
    pub order_id: Option<OrderId>,
    pub gift_card_id: Option<GiftCardId>,
    pub user_id: Option<UserId>,
    pub description: String,
}

impl Row {
    /// The place of its event in the feed.
    pub fn position(&self) -> Position {
        let transaction_id = u64::try_from(self.transaction_id).unwrap_or_default();
        Position { transaction_id, global_position: self.global_position }
    }
}

impl From<Unbookable> for ApplyError {
    fn from(_: Unbookable) -> Self {
        Self::Overflow
    }
}

impl Projection for Ledger {
    const NAME: &'static str = "ledger";
    const VERSION: i32 = 3;
    const GROUP: Group = Group::Books;
    const TABLE: &'static str = "journal";
    const DERIVED: &'static [&'static str] = &["journal_sums"];
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["gift_card", "loyalty_account", "order"];
    type Key = String;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = String>, ApplyError> {
        let lines = book(&event.fact)?.lines.len();
        let event_id = event.event_id;
        Ok((1..=lines).map(move |line| format!("{event_id}:{line}")))
    }

    fn apply(row: Option<Row>, key: &String, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let booking = book(&event.fact)?;
        // The keys are those above.
        let number = key.rsplit_once(':').and_then(|(_, line)| line.parse::<i16>().ok());
        let place = number.and_then(|number| usize::try_from(number - 1).ok());
        let (Some(number), Some(line)) = (number, place.and_then(|place| booking.lines.get(place)))
        else {
            return Ok(row);
        };
        let (order_id, gift_card_id, user_id) = match &event.fact {
            Fact::Order(_) => (Some(OrderId::new(event.id()?)), None, None),
            Fact::GiftCard(_) => (None, Some(GiftCardId::new(event.id()?)), None),
            Fact::LoyaltyAccount(_) => (None, None, Some(UserId::new(event.id()?))),
            _ => (None, None, None),
        };
        let transaction_id = event.position.transaction_id;
        Ok(Some(Row {
            id: key.clone(),
            event_id: event.event_id,
            line: number,
            transaction_id: i64::try_from(transaction_id).map_err(|_| ApplyError::Overflow)?,
            global_position: event.position.global_position,
            recorded_at: event.recorded_at,
            account: line.account,
            debit: line.debit,
            credit: line.credit,
            currency: booking.currency,
            stream_type: event.stream_type.clone(),
            stream_id: event.stream_id.clone(),
            order_id: order_id.or(booking.order_id),
            gift_card_id,
            user_id: user_id.or(booking.user_id),
            description: booking.description.to_owned(),
        }))
    }
}
