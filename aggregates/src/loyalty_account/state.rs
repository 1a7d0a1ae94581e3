//! What a loyalty account remembers, and what each event changes of it. Holds no rule.

use super::{Event, Tier};
use crate::{Money, OrderId, Points};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The points of one customer.
///
/// Law: `earned + owed = pending + available + held + redeemed + expired + reversed`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LoyaltyAccount {
    pub tier: Tier,
    /// Until when the tier is kept though the spend is too little for it.
    pub grace_until: Option<DateTime<Utc>>,
    /// What can be spent, the next to expire first.
    pub lots: Vec<Lot>,
    /// What orders that are not settled have set aside.
    pub holds: BTreeMap<OrderId, Hold>,
    /// What orders have taken and not given back.
    pub taken: BTreeMap<OrderId, Points>,
    /// What each order earned.
    pub earnings: BTreeMap<OrderId, Earning>,
    /// Points that were reversed after they had been spent; later ones repay them.
    pub owed: Points,
    pub totals: Totals,
    /// Lots up to this moment were announced to expire.
    pub announced: Option<DateTime<Utc>>,
}

/// Sums over the whole history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// All points that orders ever earned.
    pub earned: Points,
    /// Taken back by refunds, whether pending, available or spent.
    pub reversed: Points,
    /// Spent, less what refunds gave back.
    pub redeemed: Points,
    pub expired: Points,
}

/// Points of one origin: an order that earned them, or a refund that gave them back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The id of the order or of the refund.
    pub id: Uuid,
    pub points: Points,
    pub expires_at: DateTime<Utc>,
}

/// Points out of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotPart {
    pub lot: Uuid,
    pub points: Points,
    pub expires_at: DateTime<Utc>,
}

impl Lot {
    pub(super) fn whole(&self) -> LotPart {
        LotPart { lot: self.id, points: self.points, expires_at: self.expires_at }
    }
}

/// Points set aside for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub lots: Vec<LotPart>,
    pub expires_at: DateTime<Utc>,
}

impl Hold {
    pub fn points(&self) -> Points {
        Points::sum(self.lots.iter().map(|part| part.points))
    }
}

/// What an order earned, and how much of it was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earning {
    pub points: Points,
    /// Not delivered yet, so that they cannot be spent.
    pub pending: Points,
    pub reversed: Points,
    pub spend: Money,
    pub spend_reversed: Money,
    pub at: DateTime<Utc>,
}

impl LoyaltyAccount {
    /// All points in lots, those included whose time is up and not booked as expired yet.
    pub fn available(&self) -> Points {
        Points::sum(self.lots.iter().map(|lot| lot.points))
    }

    /// What an order can be paid with at a moment.
    pub fn spendable(&self, at: DateTime<Utc>) -> Points {
        Points::sum(self.lots.iter().filter(|lot| lot.expires_at > at).map(|lot| lot.points))
    }

    pub fn held(&self) -> Points {
        Points::sum(self.holds.values().map(Hold::points))
    }

    pub fn pending(&self) -> Points {
        Points::sum(self.earnings.values().map(|earning| earning.pending))
    }

    pub(super) fn after(mut self, event: &Event) -> Self {
        match event {
            Event::Earned { order_id, points, spend, at, .. } => {
                let earning = Earning {
                    points: *points,
                    pending: *points,
                    reversed: Points::ZERO,
                    spend: *spend,
                    spend_reversed: Money::ZERO,
                    at: *at,
                };
                self.earnings.insert(*order_id, earning);
                self.totals.earned = self.totals.earned.saturating_add(*points);
            }
            Event::Activated { order_id, points, repaid, expires_at, .. } => {
                if let Some(earning) = self.earnings.get_mut(order_id) {
                    earning.pending = earning.pending.saturating_sub(*points);
                }
                self.owed = self.owed.saturating_sub(*repaid);
                self.put(order_id.uuid(), points.saturating_sub(*repaid), *expires_at);
            }
            Event::Held { order_id, lots, expires_at, .. } => {
                self.take_out(lots);
                let hold = Hold { lots: lots.clone(), expires_at: *expires_at };
                self.holds.insert(*order_id, hold);
            }
            Event::Spent { order_id, points, .. } => {
                self.holds.remove(order_id);
                let taken = self.taken.entry(*order_id).or_default();
                *taken = taken.saturating_add(*points);
                self.totals.redeemed = self.totals.redeemed.saturating_add(*points);
            }
            Event::Released { order_id, lots, .. } => {
                self.holds.remove(order_id);
                for part in lots {
                    self.put(part.lot, part.points, part.expires_at);
                }
            }
            Event::Restored { order_id, refund_id, points, repaid, expires_at, .. } => {
                let taken = self.taken.entry(*order_id).or_default();
                *taken = taken.saturating_sub(*points);
                self.totals.redeemed = self.totals.redeemed.saturating_sub(*points);
                self.owed = self.owed.saturating_sub(*repaid);
                self.put(refund_id.uuid(), points.saturating_sub(*repaid), *expires_at);
            }
            Event::Reversed { order_id, pending, lots, owed, spend, .. } => {
                let taken = Points::sum(lots.iter().map(|part| part.points));
                let points = pending.saturating_add(taken).saturating_add(*owed);
                self.take_out(lots);
                if let Some(earning) = self.earnings.get_mut(order_id) {
                    earning.pending = earning.pending.saturating_sub(*pending);
                    earning.reversed = earning.reversed.saturating_add(points);
                    earning.spend_reversed =
                        earning.spend_reversed.checked_add(*spend).unwrap_or(Money::MAX);
                }
                self.owed = self.owed.saturating_add(*owed);
                self.totals.reversed = self.totals.reversed.saturating_add(points);
            }
            Event::Expired { points, lots, .. } => {
                self.take_out(lots);
                self.totals.expired = self.totals.expired.saturating_add(*points);
            }
            Event::ExpiryAnnounced { expires_at, .. } => {
                self.announced = self.announced.max(Some(*expires_at));
            }
            Event::TierChanged { to, .. } => {
                self.tier = to.clone();
                self.grace_until = None;
            }
            Event::GraceStarted { until, .. } => self.grace_until = Some(*until),
            Event::GraceEnded { .. } => self.grace_until = None,
        }
        self
    }

    /// Adds points to a lot, which is made where it is missing; keeps the lots in their order.
    fn put(&mut self, id: Uuid, points: Points, expires_at: DateTime<Utc>) {
        if points.is_zero() {
            return;
        }
        if let Some(lot) =
            self.lots.iter_mut().find(|lot| lot.id == id && lot.expires_at == expires_at)
        {
            lot.points = lot.points.saturating_add(points);
            return;
        }
        let place = self.lots.partition_point(|lot| (lot.expires_at, lot.id) < (expires_at, id));
        self.lots.insert(place, Lot { id, points, expires_at });
    }

    fn take_out(&mut self, parts: &[LotPart]) {
        for part in parts {
            for lot in &mut self.lots {
                if lot.id == part.lot && lot.expires_at == part.expires_at {
                    debug_assert!(part.points <= lot.points, "more than the lot has");
                    lot.points = lot.points.saturating_sub(part.points);
                }
            }
        }
        self.lots.retain(|lot| !lot.points.is_zero());
    }
}
