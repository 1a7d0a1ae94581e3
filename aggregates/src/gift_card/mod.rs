//! A gift card: prepaid money that whoever knows its code may spend. A ledger: every unit of money
//! that was issued is available, held, redeemed or expired.

mod code;
mod command;
mod error;
mod event;
mod hash;
mod state;
#[cfg(test)]
mod tests;

pub use code::{Code, CodeError};
pub use command::{Command, NewCode};
pub use error::Error;
pub use event::Event;
pub use hash::CodeHash;
pub use state::{Details, Status};

use crate::{Decider, Money, OrderId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One gift card, by how far it has come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum GiftCard {
    #[default]
    Nonexistent,
    /// A customer is paying for it.
    Requested(Box<Details>),
    /// Nobody paid for it.
    Withdrawn(Box<Details>),
    Active(Box<Details>),
    Disabled(Box<Details>),
}

impl GiftCard {
    /// `None` before it was requested or issued.
    pub fn details(&self) -> Option<&Details> {
        match self {
            Self::Nonexistent => None,
            Self::Requested(details)
            | Self::Withdrawn(details)
            | Self::Active(details)
            | Self::Disabled(details) => Some(details),
        }
    }

    /// How it shows at a moment; `None` before it was requested or issued.
    pub fn status(&self, now: DateTime<Utc>) -> Option<Status> {
        match self {
            Self::Nonexistent => None,
            Self::Requested(_) => Some(Status::Pending),
            Self::Withdrawn(_) => Some(Status::Withdrawn),
            Self::Active(card) if card.balance().is_zero() && card.expired.is_zero() => {
                Some(Status::Used)
            }
            Self::Active(card) if card.has_expired(now) => Some(Status::Expired),
            Self::Active(card) if card.balance().is_zero() => Some(Status::Used),
            Self::Active(_) => Some(Status::Active),
            Self::Disabled(_) => Some(Status::Disabled),
        }
    }

    /// The card, where it was ever issued.
    fn issued(&self) -> Result<&Details, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Requested(_) => Err(Error::NotPaid),
            Self::Withdrawn(_) => Err(Error::Withdrawn),
            Self::Active(details) | Self::Disabled(details) => Ok(details),
        }
    }

    /// The card, where whoever knows this code may spend from it now.
    pub fn spendable(&self, code_hash: &CodeHash, at: DateTime<Utc>) -> Result<&Details, Error> {
        let card = self.issued()?;
        // A replaced code names no card any more.
        if card.code_hash != *code_hash {
            return Err(Error::NotFound);
        }
        if matches!(self, Self::Disabled(_)) {
            return Err(Error::Disabled);
        }
        if card.has_expired(at) {
            return Err(Error::Expired { expired_at: card.expires_at });
        }
        Ok(card)
    }

    fn may_begin(
        &self,
        amount: Money,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        if self.details().is_some() {
            return Err(Error::AlreadyExists);
        }
        if amount.is_zero() {
            return Err(Error::ZeroAmount);
        }
        if expires_at <= at { Err(Error::ExpiresTooEarly) } else { Ok(()) }
    }

    fn pay(&self, at: DateTime<Utc>, by: String) -> Result<Vec<Event>, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            // Money that comes late still buys the card: it was taken, so it must be worth something.
            Self::Requested(card) | Self::Withdrawn(card) => Ok(vec![Event::Issued {
                code_hash: card.code_hash.clone(),
                hint: card.hint.clone(),
                amount: card.initial_amount,
                currency: card.currency,
                buyer: card.buyer,
                payment_id: card.payment_id,
                expires_at: card.valid_if_paid(at),
                at,
                by,
            }]),
            Self::Active(_) | Self::Disabled(_) => Ok(vec![]),
        }
    }

    fn withdraw(&self, reason: String, at: DateTime<Utc>, by: String) -> Result<Vec<Event>, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Requested(_) => Ok(vec![Event::Withdrawn { reason, at, by }]),
            Self::Withdrawn(_) => Ok(vec![]),
            Self::Active(_) | Self::Disabled(_) => Err(Error::AlreadyExists),
        }
    }

    fn held_for(&self, order_id: OrderId) -> Result<Money, Error> {
        self.issued()?.holds.get(&order_id).copied().ok_or(Error::NothingHeld)
    }

    fn expire(&self, at: DateTime<Utc>, by: String) -> Result<Vec<Event>, Error> {
        let card = self.issued()?;
        if !card.has_expired(at) || card.available.is_zero() {
            return Ok(vec![]);
        }
        Ok(vec![Event::Expired { amount: card.available, at, by }])
    }
}

impl Decider for GiftCard {
    const TYPE: &'static str = "gift_card";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Request { code, amount, currency, buyer, payment_id, expires_at, at } => {
                self.may_begin(amount, expires_at, at)?;
                let (NewCode { hash: code_hash, hint }, by) = (code, buyer.to_string());
                Ok(vec![Event::Requested {
                    code_hash,
                    hint,
                    amount,
                    currency,
                    buyer,
                    payment_id,
                    expires_at,
                    at,
                    by,
                }])
            }
            Command::Pay { at, by } => self.pay(at, by),
            Command::Withdraw { reason, at, by } => self.withdraw(reason, at, by),
            Command::Issue { code, amount, currency, expires_at, at, by } => {
                self.may_begin(amount, expires_at, at)?;
                let NewCode { hash: code_hash, hint } = code;
                let (buyer, payment_id) = (None, None);
                Ok(vec![Event::Issued {
                    code_hash,
                    hint,
                    amount,
                    currency,
                    buyer,
                    payment_id,
                    expires_at,
                    at,
                    by,
                }])
            }
            Command::Hold { code_hash, order_id, amount, expires_at, at, by } => {
                let card = self.spendable(&code_hash, at)?;
                if amount.is_zero() {
                    return Err(Error::ZeroAmount);
                }
                if card.holds.contains_key(&order_id) {
                    return Err(Error::AlreadyHeld);
                }
                if amount > card.available {
                    let available = card.available;
                    return Err(Error::InsufficientBalance { available, requested: amount });
                }
                Ok(vec![Event::Held { order_id, amount, expires_at, at, by }])
            }
            Command::Capture { order_id, at, by } => {
                let amount = self.held_for(order_id)?;
                Ok(vec![Event::Captured { order_id, amount, at, by }])
            }
            Command::Void { order_id, at, by } => {
                let amount = self.held_for(order_id)?;
                Ok(vec![Event::Voided { order_id, amount, at, by }])
            }
            Command::CreditBack { order_id, refund_id, amount, valid_until, at, by } => {
                let card = self.issued()?;
                let taken = card.taken.get(&order_id).copied().unwrap_or_default();
                if amount.is_zero() {
                    return Err(Error::ZeroAmount);
                }
                if amount > taken {
                    return Err(Error::CreditExceedsTaken { taken, requested: amount });
                }
                let expires_at = card.expires_at.max(valid_until);
                Ok(vec![Event::CreditedBack { order_id, refund_id, amount, expires_at, at, by }])
            }
            Command::Disable { reason, at, by } => {
                self.issued()?;
                let disabled = matches!(self, Self::Disabled(_));
                Ok(if disabled { vec![] } else { vec![Event::Disabled { reason, at, by }] })
            }
            Command::Reissue { code, at, by } => {
                let card = self.issued()?;
                if card.has_expired(at) {
                    return Err(Error::Expired { expired_at: card.expires_at });
                }
                let NewCode { hash: code_hash, hint } = code;
                Ok(vec![Event::Reissued { code_hash, hint, at, by }])
            }
            Command::Expire { at, by } => self.expire(at, by),
        }
    }

    fn evolve(self, event: &Event) -> Self {
        self.after(event)
    }
}
