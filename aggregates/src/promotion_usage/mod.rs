//! How often one customer used one promotion: what the limit for each customer counts. A stream
//! for each pair, so that a campaign does not fill one stream with the names of its customers.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::Event;

use crate::promotion::PromoCode;
use crate::{Decider, OrderId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One customer's uses of one promotion.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PromotionUsage {
    /// Orders that were settled with it.
    pub used: BTreeSet<OrderId>,
    /// Orders that were not settled yet.
    pub held: BTreeSet<OrderId>,
}

impl PromotionUsage {
    /// The stream of a customer's uses of a promotion: a code has no colon.
    pub fn id(code: &PromoCode, user_id: UserId) -> String {
        format!("{code}:{user_id}")
    }

    /// Uses that count towards the limit.
    pub fn uses(&self) -> usize {
        self.used.len() + self.held.len()
    }

    /// Refuses one use more where the limit is reached.
    pub fn check(&self, limit: Option<u32>) -> Result<(), Error> {
        match limit {
            Some(limit) if self.uses() >= usize::try_from(limit).unwrap_or(usize::MAX) => {
                Err(Error::LimitReached { limit })
            }
            _ => Ok(()),
        }
    }

    fn held_for(&self, order_id: OrderId) -> Result<(), Error> {
        if self.held.contains(&order_id) { Ok(()) } else { Err(Error::NothingHeld) }
    }
}

impl Decider for PromotionUsage {
    const TYPE: &'static str = "promotion_usage";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            // An order counts once: a second use of it would get lost in the sets.
            Command::Hold { order_id, .. }
                if self.held.contains(&order_id) || self.used.contains(&order_id) =>
            {
                Err(Error::AlreadyHeld)
            }
            Command::Hold { order_id, limit, at } => {
                self.check(limit)?;
                Ok(vec![Event::Held { order_id, at }])
            }
            Command::Use { order_id, at } => {
                self.held_for(order_id)?;
                Ok(vec![Event::Used { order_id, at }])
            }
            Command::Release { order_id, at } => {
                self.held_for(order_id)?;
                Ok(vec![Event::Released { order_id, at }])
            }
            Command::Restore { order_id, at } => {
                if !self.used.contains(&order_id) {
                    return Err(Error::NeverUsed);
                }
                Ok(vec![Event::Restored { order_id, at }])
            }
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::Held { order_id, .. } => {
                self.held.insert(*order_id);
            }
            Event::Used { order_id, .. } => {
                self.held.remove(order_id);
                self.used.insert(*order_id);
            }
            Event::Released { order_id, .. } => {
                self.held.remove(order_id);
            }
            Event::Restored { order_id, .. } => {
                self.used.remove(order_id);
            }
        }
        self
    }
}
