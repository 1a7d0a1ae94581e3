//! Loyalty accounts by customer. The fold is the aggregate's own: no rule is repeated here, and
//! what depends on the time of reading is left to whoever reads.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{account, expiring, to_announce, to_assess};

use crate::{ApplyError, Envelope, Projection};
use aggregates::loyalty_account::{Earning, Lot, Tier};
use aggregates::{Decider, Fact, LoyaltyAccount, Money, Points, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Loyalty;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub user_id: UserId,
    pub tier: Tier,
    pub grace_until: Option<DateTime<Utc>>,
    /// In lots, those included whose time is up and that are not booked as expired yet.
    pub available: Points,
    pub pending: Points,
    pub held: Points,
    pub owed: Points,
    pub redeemed: Points,
    pub expired: Points,
    pub reversed: Points,
    /// Of all time, less what was refunded.
    pub spend: Money,
    /// Of the earliest lot.
    pub next_expiry: Option<DateTime<Utc>>,
    /// Of the earliest lot whose holder was not told that it expires.
    pub unannounced: Option<DateTime<Utc>>,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
    pub state: LoyaltyAccount,
}

impl Projection for Loyalty {
    const NAME: &'static str = "loyalty";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "loyalty_accounts";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["loyalty_account"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::LoyaltyAccount(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let state = row.map_or_else(LoyaltyAccount::default, |row| row.state).evolve(fact);
        let untold = |lot: &&Lot| state.announced.is_none_or(|until| lot.expires_at > until);
        Ok(Some(Row {
            user_id: UserId::new(*key),
            tier: state.tier.clone(),
            grace_until: state.grace_until,
            available: state.available(),
            pending: state.pending(),
            held: state.held(),
            owed: state.owed,
            redeemed: state.totals.redeemed,
            expired: state.totals.expired,
            reversed: state.totals.reversed,
            spend: spend(state.earnings.values()),
            // Lots are kept in the order in which they expire.
            next_expiry: state.lots.first().map(|lot| lot.expires_at),
            unannounced: state.lots.iter().find(untold).map(|lot| lot.expires_at),
            version: event.sequence,
            updated_at: event.recorded_at,
            state,
        }))
    }
}

fn spend<'e>(earnings: impl Iterator<Item = &'e Earning>) -> Money {
    let kept = earnings.filter_map(|earning| earning.spend.checked_sub(earning.spend_reversed));
    Money::checked_sum(kept).unwrap_or(Money::MAX)
}
