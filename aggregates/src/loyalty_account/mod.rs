//! The points of one customer: a ledger of lots that are earned, held, spent, given back and
//! expire. The stream has the customer's id; everybody has an account, at first empty.

mod command;
mod error;
mod event;
mod programme;
mod state;
#[cfg(test)]
mod tests;
mod tier;

pub use command::Command;
pub use error::Error;
pub use event::Event;
pub use programme::{Programme, Tier, TierRule};
pub use state::{Earning, Hold, Lot, LotPart, LoyaltyAccount, Totals};

use crate::{Decider, Money, OrderId, Points, RefundId};
use chrono::{DateTime, TimeDelta, Utc};

impl LoyaltyAccount {
    fn earn(
        &self,
        order_id: OrderId,
        spend: Money,
        programme: &Programme,
        at: DateTime<Utc>,
        by: String,
    ) -> Result<Vec<Event>, Error> {
        if self.earnings.contains_key(&order_id) {
            return Err(Error::AlreadyEarned);
        }
        let tier = self.tier.clone();
        // Never more than can be counted: the sums of the ledger must stay exact.
        let most = Points::MAX.saturating_sub(self.totals.earned);
        let points = programme.earned(&tier, spend).min(most);
        let programme = programme.version;
        Ok(vec![Event::Earned { order_id, points, spend, tier, programme, at, by }])
    }

    fn activate(
        &self,
        order_id: OrderId,
        lifetime: TimeDelta,
        at: DateTime<Utc>,
        by: String,
    ) -> Vec<Event> {
        let pending = self.earnings.get(&order_id).map_or(Points::ZERO, |earning| earning.pending);
        if pending.is_zero() {
            return vec![];
        }
        let (points, repaid) = (pending, pending.min(self.owed));
        vec![Event::Activated { order_id, points, repaid, expires_at: at + lifetime, at, by }]
    }

    fn hold(
        &self,
        order_id: OrderId,
        points: Points,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    ) -> Result<Vec<Event>, Error> {
        if points.is_zero() {
            return Err(Error::ZeroPoints);
        }
        if self.holds.contains_key(&order_id) {
            return Err(Error::AlreadyHeld);
        }
        let available = self.spendable(at);
        if points > available {
            return Err(Error::InsufficientPoints { available, requested: points });
        }
        let lots = take(points, self.lots.iter().filter(|lot| lot.expires_at > at));
        Ok(vec![Event::Held { order_id, points, lots, expires_at, at, by }])
    }

    fn held_for(&self, order_id: OrderId) -> Result<&Hold, Error> {
        self.holds.get(&order_id).ok_or(Error::NothingHeld)
    }

    fn restore(
        &self,
        order_id: OrderId,
        refund_id: RefundId,
        points: Points,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    ) -> Result<Vec<Event>, Error> {
        let taken = self.taken.get(&order_id).copied().unwrap_or_default();
        if points.is_zero() {
            return Err(Error::ZeroPoints);
        }
        if points > taken {
            return Err(Error::RestoreExceedsSpent { taken, requested: points });
        }
        let repaid = points.min(self.owed);
        Ok(vec![Event::Restored { order_id, refund_id, points, repaid, expires_at, at, by }])
    }

    /// The running sums are rounded, not the parts, so that a full refund takes back everything.
    fn reverse(
        &self,
        order_id: OrderId,
        refund_id: RefundId,
        refunded: Money,
        total: Money,
        at: DateTime<Utc>,
        by: String,
    ) -> Vec<Event> {
        let Some(earning) = self.earnings.get(&order_id) else { return vec![] };
        let left = total.checked_sub(refunded).unwrap_or_default();
        let kept = if left.is_zero() { Points::ZERO } else { earning.points.part(left, total) };
        let points = earning.points.saturating_sub(kept).saturating_sub(earning.reversed);
        let kept_spend = part(earning.spend, left, total);
        let spend = earning
            .spend
            .checked_sub(kept_spend)
            .and_then(|gone| gone.checked_sub(earning.spend_reversed))
            .unwrap_or_default();
        if points.is_zero() && spend.is_zero() {
            return vec![];
        }
        let pending = points.min(earning.pending);
        let own = self.lots.iter().filter(|lot| lot.id == order_id.uuid());
        let others = self.lots.iter().filter(|lot| lot.id != order_id.uuid());
        let wanted = points.saturating_sub(pending);
        let lots = take(wanted, own.chain(others));
        let owed = wanted.saturating_sub(Points::sum(lots.iter().map(|part| part.points)));
        vec![Event::Reversed { order_id, refund_id, pending, lots, owed, spend, at, by }]
    }

    fn expire(&self, at: DateTime<Utc>, by: String) -> Vec<Event> {
        let lots: Vec<_> =
            self.lots.iter().filter(|lot| lot.expires_at <= at).map(Lot::whole).collect();
        if lots.is_empty() {
            return vec![];
        }
        let points = Points::sum(lots.iter().map(|part| part.points));
        vec![Event::Expired { points, lots, at, by }]
    }

    fn announce(&self, notice: TimeDelta, at: DateTime<Utc>, by: &str) -> Vec<Event> {
        let mut due: Vec<(DateTime<Utc>, Points)> = Vec::new();
        let soon = |lot: &&Lot| lot.expires_at > at && lot.expires_at <= at + notice;
        let untold = |lot: &&Lot| self.announced.is_none_or(|until| lot.expires_at > until);
        for lot in self.lots.iter().filter(soon).filter(untold) {
            match due.last_mut() {
                Some((expires_at, points)) if *expires_at == lot.expires_at => {
                    *points = points.saturating_add(lot.points);
                }
                _ => due.push((lot.expires_at, lot.points)),
            }
        }
        let announced = due.into_iter().map(|(expires_at, points)| {
            let by = by.to_owned();
            Event::ExpiryAnnounced { points, expires_at, at, by }
        });
        announced.collect()
    }
}

/// So many points out of these lots, in their order; fewer where they do not have as many.
fn take<'l>(points: Points, lots: impl Iterator<Item = &'l Lot>) -> Vec<LotPart> {
    let mut wanted = points;
    let mut parts = Vec::new();
    for lot in lots {
        let taken = wanted.min(lot.points);
        if taken.is_zero() {
            break;
        }
        wanted = wanted.saturating_sub(taken);
        parts.push(LotPart { lot: lot.id, points: taken, expires_at: lot.expires_at });
    }
    parts
}

/// The part `numerator / denominator` of an amount, rounded down; nothing of nothing.
fn part(amount: Money, numerator: Money, denominator: Money) -> Money {
    let [amount, numerator, denominator] =
        [amount, numerator, denominator].map(|amount| u128::from(amount.to_minor()));
    let part = (amount * numerator).checked_div(denominator).unwrap_or_default();
    u64::try_from(part).ok().and_then(|part| Money::from_minor(part).ok()).unwrap_or_default()
}

impl Decider for LoyaltyAccount {
    const TYPE: &'static str = "loyalty_account";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Earn { order_id, spend, programme, at, by } => {
                self.earn(order_id, spend, &programme, at, by)
            }
            Command::Activate { order_id, programme, at, by } => {
                Ok(self.activate(order_id, programme.lifetime(), at, by))
            }
            Command::Hold { order_id, points, expires_at, at, by } => {
                self.hold(order_id, points, expires_at, at, by)
            }
            Command::Spend { order_id, at, by } => {
                let points = self.held_for(order_id)?.points();
                Ok(vec![Event::Spent { order_id, points, at, by }])
            }
            Command::Release { order_id, at, by } => {
                let hold = self.held_for(order_id)?;
                let (points, lots) = (hold.points(), hold.lots.clone());
                Ok(vec![Event::Released { order_id, points, lots, at, by }])
            }
            Command::Restore { order_id, refund_id, points, programme, at, by } => {
                self.restore(order_id, refund_id, points, at + programme.lifetime(), at, by)
            }
            Command::Reverse { order_id, refund_id, refunded, total, at, by } => {
                Ok(self.reverse(order_id, refund_id, refunded, total, at, by))
            }
            Command::Expire { at, by } => Ok(self.expire(at, by)),
            Command::AnnounceExpiry { programme, at, by } => {
                let notice = TimeDelta::days(programme.announce_days.into());
                Ok(self.announce(notice, at, &by))
            }
            Command::Assess { programme, at, by } => Ok(self.assess(&programme, at, by)),
        }
    }

    fn evolve(self, event: &Event) -> Self {
        self.after(event)
    }
}
