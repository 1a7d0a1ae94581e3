//! The sums of each gift card. Law: `issued = available + held + redeemed + expired`, none below
//! zero.

use super::problem::{Holds, Problem, follows, less, more};
use aggregates::gift_card::Event;
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Debug, Default)]
pub(super) struct Cards {
    cards: HashMap<Uuid, Card>,
    /// Available and held, over all cards.
    owed: u64,
}

/// In the minor unit.
#[derive(Debug, Default)]
struct Card {
    version: i64,
    issued: u64,
    available: u64,
    held: u64,
    redeemed: u64,
    expired: u64,
    holds: Holds,
}

impl Cards {
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    pub fn owed(&self) -> i128 {
        self.owed.into()
    }

    pub fn take(&mut self, id: &str, sequence: i64, event: &Event) -> Result<(), Problem> {
        let id: Uuid = id.parse().map_err(|_| Problem::StreamId)?;
        let card = self.cards.entry(id).or_default();
        follows(&mut card.version, sequence)?;
        let before = card.available + card.held;
        card.take(event)?;
        card.check()?;
        less("owed", &mut self.owed, before)?;
        more(&mut self.owed, card.available + card.held)
    }
}

impl Card {
    fn take(&mut self, event: &Event) -> Result<(), Problem> {
        if self.issued == 0 {
            return self.begin(event);
        }
        match event {
            Event::Held { order_id, amount, .. } => {
                let amount = amount.to_minor();
                self.holds.open(*order_id, amount)?;
                less("available", &mut self.available, amount)?;
                more(&mut self.held, amount)
            }
            Event::Captured { order_id, amount, .. } => {
                let amount = amount.to_minor();
                self.holds.close(*order_id, amount)?;
                less("held", &mut self.held, amount)?;
                more(&mut self.redeemed, amount)
            }
            Event::Voided { order_id, amount, .. } => {
                let amount = amount.to_minor();
                self.holds.close(*order_id, amount)?;
                less("held", &mut self.held, amount)?;
                more(&mut self.available, amount)
            }
            Event::CreditedBack { amount, .. } => {
                less("redeemed", &mut self.redeemed, amount.to_minor())?;
                more(&mut self.available, amount.to_minor())
            }
            Event::Expired { amount, .. } => {
                less("available", &mut self.available, amount.to_minor())?;
                more(&mut self.expired, amount.to_minor())
            }
            Event::Disabled { .. } | Event::Reissued { .. } => Ok(()),
            Event::Requested { .. } | Event::Issued { .. } | Event::Withdrawn { .. } => {
                Err(Problem::Again)
            }
        }
    }

    /// Before it is issued, nothing can happen to it but that somebody is about to pay for it.
    fn begin(&mut self, event: &Event) -> Result<(), Problem> {
        match event {
            Event::Issued { amount, .. } => {
                self.issued = amount.to_minor();
                self.available = self.issued;
                Ok(())
            }
            Event::Requested { .. } | Event::Withdrawn { .. } => Ok(()),
            Event::Held { .. }
            | Event::Captured { .. }
            | Event::Voided { .. }
            | Event::CreditedBack { .. }
            | Event::Disabled { .. }
            | Event::Reissued { .. }
            | Event::Expired { .. } => Err(Problem::NotBegun),
        }
    }

    fn check(&self) -> Result<(), Problem> {
        let parts = [self.available, self.held, self.redeemed, self.expired];
        let found = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(*part));
        let found = found.ok_or(Problem::Overflow)?;
        let issued = self.issued;
        if found == issued { Ok(()) } else { Err(Problem::NotConserved { issued, found }) }
    }
}
