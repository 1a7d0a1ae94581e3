//! The sums of each customer's points. Law: `earned + owed = pending + available + held + redeemed +
//! expired + reversed`, none below zero, and no lot gives more than it has.

use super::problem::{Holds, Problem, follows, less, more};
use aggregates::loyalty_account::{Event, LotPart};
use aggregates::{OrderId, Points};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Debug, Default)]
pub(super) struct Accounts {
    accounts: HashMap<Uuid, Account>,
    /// Available and held, less what holders owe, over all accounts; in the minor unit.
    owed: i128,
}

#[derive(Debug, Default)]
struct Account {
    version: i64,
    earned: u64,
    pending: u64,
    available: u64,
    held: u64,
    redeemed: u64,
    expired: u64,
    reversed: u64,
    /// By the holder.
    owed: u64,
    /// Points of orders that are not delivered.
    underway: Vec<(OrderId, u64)>,
    /// Those with points left.
    lots: Vec<Lot>,
    holds: Holds,
}

#[derive(Debug)]
struct Lot {
    id: Uuid,
    expires_at: DateTime<Utc>,
    points: u64,
}

impl Accounts {
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    pub fn owed(&self) -> i128 {
        self.owed
    }

    pub fn take(&mut self, id: &str, sequence: i64, event: &Event) -> Result<(), Problem> {
        let id: Uuid = id.parse().map_err(|_| Problem::StreamId)?;
        let account = self.accounts.entry(id).or_default();
        follows(&mut account.version, sequence)?;
        let before = account.liability();
        account.take(event)?;
        account.check()?;
        self.owed += account.liability() - before;
        Ok(())
    }
}

impl Account {
    /// One point is a hundred of the minor unit.
    fn liability(&self) -> i128 {
        (i128::from(self.available) + i128::from(self.held) - i128::from(self.owed)) * 100
    }

    fn take(&mut self, event: &Event) -> Result<(), Problem> {
        match event {
            Event::Earned { order_id, points, .. } => {
                if self.underway.iter().any(|(order, _)| order == order_id) {
                    return Err(Problem::Again);
                }
                if !points.is_zero() {
                    self.underway.push((*order_id, points.get()));
                }
                more(&mut self.earned, points.get())?;
                more(&mut self.pending, points.get())
            }
            Event::Activated { order_id, points, repaid, expires_at, .. } => {
                self.arrive(*order_id, points.get())?;
                self.gain(order_id.uuid(), *points, *repaid, *expires_at)
            }
            Event::Held { order_id, points, lots, .. } => {
                self.holds.open(*order_id, points.get())?;
                self.draw(lots, *points)?;
                more(&mut self.held, points.get())
            }
            Event::Spent { order_id, points, .. } => {
                self.holds.close(*order_id, points.get())?;
                less("held", &mut self.held, points.get())?;
                more(&mut self.redeemed, points.get())
            }
            Event::Released { order_id, points, lots, .. } => {
                self.holds.close(*order_id, points.get())?;
                less("held", &mut self.held, points.get())?;
                whole(lots, *points)?;
                for part in lots {
                    self.put(part.lot, part.points.get(), part.expires_at)?;
                }
                Ok(())
            }
            Event::Restored { refund_id, points, repaid, expires_at, .. } => {
                less("redeemed", &mut self.redeemed, points.get())?;
                self.gain(refund_id.uuid(), *points, *repaid, *expires_at)
            }
            Event::Reversed { order_id, pending, lots, owed, .. } => {
                self.arrive(*order_id, pending.get())?;
                let taken = sum(lots)?;
                self.draw_all(lots)?;
                more(&mut self.owed, owed.get())?;
                for part in [pending.get(), taken, owed.get()] {
                    more(&mut self.reversed, part)?;
                }
                Ok(())
            }
            Event::Expired { points, lots, .. } => {
                self.draw(lots, *points)?;
                more(&mut self.expired, points.get())
            }
            Event::ExpiryAnnounced { .. }
            | Event::TierChanged { .. }
            | Event::GraceStarted { .. }
            | Event::GraceEnded { .. } => Ok(()),
        }
    }

    /// Points of an order are pending no more.
    fn arrive(&mut self, order_id: OrderId, points: u64) -> Result<(), Problem> {
        if points == 0 {
            return Ok(());
        }
        let Some(place) = self.underway.iter().position(|(order, _)| *order == order_id) else {
            return Err(Problem::Overdrawn { what: "pending", found: 0, wanted: points });
        };
        less("pending", &mut self.underway[place].1, points)?;
        if self.underway[place].1 == 0 {
            self.underway.swap_remove(place);
        }
        less("pending", &mut self.pending, points)
    }

    /// New points, but for those that repay what the holder owes.
    fn gain(
        &mut self,
        lot: Uuid,
        points: Points,
        repaid: Points,
        expires_at: DateTime<Utc>,
    ) -> Result<(), Problem> {
        less("owed", &mut self.owed, repaid.get())?;
        let mut left = points.get();
        less("given back", &mut left, repaid.get())?;
        self.put(lot, left, expires_at)
    }

    fn put(&mut self, id: Uuid, points: u64, expires_at: DateTime<Utc>) -> Result<(), Problem> {
        more(&mut self.available, points)?;
        let same = |lot: &&mut Lot| lot.id == id && lot.expires_at == expires_at;
        match self.lots.iter_mut().find(same) {
            Some(lot) => more(&mut lot.points, points),
            None if points == 0 => Ok(()),
            None => {
                self.lots.push(Lot { id, expires_at, points });
                Ok(())
            }
        }
    }

    fn draw(&mut self, parts: &[LotPart], points: Points) -> Result<(), Problem> {
        whole(parts, points)?;
        self.draw_all(parts)
    }

    fn draw_all(&mut self, parts: &[LotPart]) -> Result<(), Problem> {
        for part in parts {
            let same = |lot: &&mut Lot| lot.id == part.lot && lot.expires_at == part.expires_at;
            let mut nothing = 0;
            let lot = self.lots.iter_mut().find(same).map_or(&mut nothing, |lot| &mut lot.points);
            less("in the lot", lot, part.points.get())?;
            less("available", &mut self.available, part.points.get())?;
        }
        self.lots.retain(|lot| lot.points > 0);
        Ok(())
    }

    fn check(&self) -> Result<(), Problem> {
        let total = |parts: &[u64]| {
            let sum = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(*part));
            sum.ok_or(Problem::Overflow)
        };
        let issued = total(&[self.earned, self.owed])?;
        let found = total(&[
            self.pending,
            self.available,
            self.held,
            self.redeemed,
            self.expired,
            self.reversed,
        ])?;
        if found == issued { Ok(()) } else { Err(Problem::NotConserved { issued, found }) }
    }
}

fn sum(parts: &[LotPart]) -> Result<u64, Problem> {
    let mut sum = 0;
    for part in parts {
        more(&mut sum, part.points.get())?;
    }
    Ok(sum)
}

fn whole(parts: &[LotPart], points: Points) -> Result<(), Problem> {
    let (parts, whole) = (sum(parts)?, points.get());
    if parts == whole { Ok(()) } else { Err(Problem::Parts { parts, whole }) }
}
