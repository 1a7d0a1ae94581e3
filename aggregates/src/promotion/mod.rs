//! A promotion: a discount for whoever knows its code, as often as its limit allows. A hot stream in
//! a campaign, so its state stays small: counters and the open holds, never history. How often one
//! customer used it is a stream of its own (`promotion_usage`).

mod code;
mod command;
mod error;
mod event;
mod terms;
#[cfg(test)]
mod tests;

pub use code::{PromoCode, PromoCodeError};
pub use command::Command;
pub use error::Error;
pub use event::Event;
pub use terms::{Kind, Terms};

use crate::order::pricing::Item;
use crate::{Decider, Money, OrderId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One promotion; the stream has its code as id.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Promotion {
    #[default]
    Nonexistent,
    Active(Box<Details>),
    /// Its window closed; new terms can open it again.
    Expired(Box<Details>),
    /// An administrator ended it for good.
    Withdrawn(Box<Details>),
}

/// What is known of a promotion.
///
/// Law: `used + held <= usage_limit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub terms: Terms,
    /// Uses of orders that were settled.
    pub used: u64,
    /// Uses set aside for orders that were not.
    pub holds: BTreeMap<OrderId, UseHold>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A use that is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseHold {
    pub user_id: UserId,
    pub discount: Money,
}

impl Promotion {
    pub fn details(&self) -> Option<&Details> {
        match self {
            Self::Nonexistent => None,
            Self::Active(details) | Self::Expired(details) | Self::Withdrawn(details) => {
                Some(details)
            }
        }
    }

    /// What it takes off these goods at a moment, item by item, where it may be used at all.
    pub fn discounts(&self, items: &[Item], at: DateTime<Utc>) -> Result<Vec<Money>, Error> {
        let promotion = self.usable(at)?;
        let discounts = promotion.terms.discounts(items, at)?;
        match promotion.terms.usage_limit {
            Some(limit) if promotion.uses() >= u64::from(limit) => {
                Err(Error::LimitReached { limit })
            }
            _ => Ok(discounts),
        }
    }

    fn existing(&self) -> Result<&Details, Error> {
        self.details().ok_or(Error::NotFound)
    }

    fn usable(&self, at: DateTime<Utc>) -> Result<&Details, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Withdrawn(_) => Err(Error::Withdrawn),
            Self::Expired(promotion) => {
                Err(Error::Over { ended_at: promotion.terms.ends_at.unwrap_or(at) })
            }
            Self::Active(promotion) => Ok(promotion),
        }
    }

    fn hold_for(&self, order_id: OrderId) -> Result<UseHold, Error> {
        self.existing()?.holds.get(&order_id).copied().ok_or(Error::NothingHeld)
    }

    fn hold_use(&self, command: Command) -> Result<Vec<Event>, Error> {
        let Command::HoldUse { order_id, user_id, discount, expires_at, at, by } = command else {
            return Ok(vec![]);
        };
        let promotion = self.usable(at)?;
        if promotion.holds.contains_key(&order_id) {
            return Err(Error::AlreadyHeld);
        }
        match promotion.terms.usage_limit {
            Some(limit) if promotion.uses() >= u64::from(limit) => {
                Err(Error::LimitReached { limit })
            }
            _ => Ok(vec![Event::UseHeld { order_id, user_id, discount, expires_at, at, by }]),
        }
    }
}

impl Details {
    /// Uses that count towards the limit.
    pub fn uses(&self) -> u64 {
        self.used.saturating_add(u64::try_from(self.holds.len()).unwrap_or(u64::MAX))
    }
}

impl Decider for Promotion {
    const TYPE: &'static str = "promotion";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Create { terms, at, by } => {
                if self.details().is_some() {
                    return Err(Error::AlreadyExists);
                }
                terms.check()?;
                Ok(vec![Event::Created { terms, at, by }])
            }
            Command::Change { terms, at, by } => {
                if matches!(self, Self::Withdrawn(_)) {
                    return Err(Error::Withdrawn);
                }
                let same = self.existing()?.terms == terms;
                terms.check()?;
                Ok(if same { vec![] } else { vec![Event::Changed { terms, at, by }] })
            }
            Command::Withdraw { at, by } => {
                self.existing()?;
                let over = matches!(self, Self::Withdrawn(_));
                Ok(if over { vec![] } else { vec![Event::Withdrawn { at, by }] })
            }
            Command::Expire { at, by } => {
                let ended = self.existing()?.terms.has_ended(at);
                let due = ended && matches!(self, Self::Active(_));
                Ok(if due { vec![Event::Expired { at, by }] } else { vec![] })
            }
            Command::HoldUse { .. } => self.hold_use(command),
            Command::Use { order_id, at, by } => {
                let UseHold { user_id, discount } = self.hold_for(order_id)?;
                Ok(vec![Event::Used { order_id, user_id, discount, at, by }])
            }
            Command::ReleaseUse { order_id, at, by } => {
                self.hold_for(order_id)?;
                Ok(vec![Event::UseReleased { order_id, at, by }])
            }
            Command::RestoreUse { order_id, at, by } => {
                if self.existing()?.used == 0 {
                    return Err(Error::NeverUsed);
                }
                Ok(vec![Event::UseRestored { order_id, at, by }])
            }
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Created { terms, at, .. } => Self::Active(Box::new(Details {
                terms: terms.clone(),
                used: 0,
                holds: BTreeMap::new(),
                created_at: *at,
                updated_at: *at,
            })),
            Event::Changed { terms, at, .. } => self.change(Some(Self::Active), |promotion| {
                promotion.terms = terms.clone();
                promotion.updated_at = *at;
            }),
            Event::Withdrawn { at, .. } => {
                self.change(Some(Self::Withdrawn), |promotion| promotion.updated_at = *at)
            }
            Event::Expired { at, .. } => {
                self.change(Some(Self::Expired), |promotion| promotion.updated_at = *at)
            }
            Event::UseHeld { order_id, user_id, discount, .. } => self.change(None, |promotion| {
                let hold = UseHold { user_id: *user_id, discount: *discount };
                promotion.holds.insert(*order_id, hold);
            }),
            Event::Used { order_id, .. } => self.change(None, |promotion| {
                promotion.holds.remove(order_id);
                promotion.used = promotion.used.saturating_add(1);
            }),
            Event::UseReleased { order_id, .. } => self.change(None, |promotion| {
                promotion.holds.remove(order_id);
            }),
            Event::UseRestored { .. } => self.change(None, |promotion| {
                promotion.used = promotion.used.saturating_sub(1);
            }),
        }
    }
}

impl Promotion {
    /// Changes what exists, and its phase where one is given.
    fn change(
        self,
        phase: Option<fn(Box<Details>) -> Self>,
        change: impl FnOnce(&mut Details),
    ) -> Self {
        let (own, mut details): (fn(Box<Details>) -> Self, _) = match self {
            Self::Nonexistent => return self,
            Self::Active(details) => (Self::Active, details),
            Self::Expired(details) => (Self::Expired, details),
            Self::Withdrawn(details) => (Self::Withdrawn, details),
        };
        change(&mut details);
        phase.unwrap_or(own)(details)
    }
}
