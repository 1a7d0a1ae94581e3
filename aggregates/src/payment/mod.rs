//! One attempt to collect the money for an order or for a gift card, and what was given back of it.
//! Records what the payment provider says; never talks to it.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::Event;

use crate::order::PaymentMethod;
use crate::{Currency, Decider, GiftCardId, Money, OrderId, RefundId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// One payment, by how far it has come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Payment {
    #[default]
    Nonexistent,
    /// Nobody has asked the provider yet.
    Pending(Details),
    /// The provider was asked; the outcome may be unknown.
    Processing(Details),
    /// The money was taken.
    Completed(Details),
    Failed(Details),
    /// The order ended before anybody paid.
    Voided(Details),
}

/// What is known of a payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub purpose: Purpose,
    pub user_id: UserId,
    pub amount: Money,
    pub currency: Currency,
    pub method: PaymentMethod,
    /// The provider's, once the money was taken.
    pub transaction_id: Option<String>,
    /// Why it ended without money.
    pub failure: Option<String>,
    pub refunds: BTreeMap<RefundId, Refund>,
    /// The sum of the refunds that are done.
    pub refunded: Money,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Order(OrderId),
    GiftCard(GiftCardId),
}

impl Purpose {
    pub fn order_id(self) -> Option<OrderId> {
        match self {
            Self::Order(id) => Some(id),
            Self::GiftCard(_) => None,
        }
    }

    pub fn gift_card_id(self) -> Option<GiftCardId> {
        match self {
            Self::Order(_) => None,
            Self::GiftCard(id) => Some(id),
        }
    }
}

/// Money on its way back, or back already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub amount: Money,
    /// Whether the provider gave it back.
    pub done: bool,
}

/// How a payment shows to the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Processing,
    Completed,
    /// Refused by the provider, or voided.
    Failed,
    /// All of it was given back.
    Refunded,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Details {
    /// What no refund has claimed yet, done or not.
    pub fn refundable(&self) -> Money {
        Money::checked_sum(self.refunds.values().map(|refund| refund.amount))
            .and_then(|claimed| self.amount.checked_sub(claimed))
            .unwrap_or_default()
    }

    fn is_refunded(&self) -> bool {
        !self.amount.is_zero() && self.refunded >= self.amount
    }
}

impl Payment {
    pub fn details(&self) -> Option<&Details> {
        match self {
            Self::Nonexistent => None,
            Self::Pending(details)
            | Self::Processing(details)
            | Self::Completed(details)
            | Self::Failed(details)
            | Self::Voided(details) => Some(details),
        }
    }

    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Nonexistent => None,
            Self::Pending(_) => Some(Status::Pending),
            Self::Processing(_) => Some(Status::Processing),
            Self::Completed(details) if details.is_refunded() => Some(Status::Refunded),
            Self::Completed(_) => Some(Status::Completed),
            Self::Failed(_) | Self::Voided(_) => Some(Status::Failed),
        }
    }

    fn start(&self, method: PaymentMethod, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Pending(_) => Ok(vec![Event::Started { method, at }]),
            Self::Processing(_) => Err(Error::AlreadyProcessing),
            Self::Completed(_) => Err(Error::AlreadyCompleted),
            Self::Failed(_) | Self::Voided(_) => Err(Error::Ended),
        }
    }

    /// The truth from the provider may come late: it is taken even after a failure or a void, for
    /// money that was taken must never go unrecorded.
    fn complete(&self, transaction_id: String, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Pending(_) | Self::Processing(_) | Self::Failed(_) | Self::Voided(_) => {
                Ok(vec![Event::Completed { transaction_id, at }])
            }
            Self::Completed(details) => {
                if details.transaction_id.as_ref() == Some(&transaction_id) {
                    Ok(vec![])
                } else {
                    Err(Error::AlreadyCompleted)
                }
            }
        }
    }

    fn fail(&self, reason: String, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Pending(_) | Self::Processing(_) => Ok(vec![Event::Failed { reason, at }]),
            Self::Completed(_) => Err(Error::AlreadyCompleted),
            Self::Failed(_) => Ok(vec![]),
            Self::Voided(_) => Err(Error::Ended),
        }
    }

    fn void(&self, reason: String, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Pending(_) => Ok(vec![Event::Voided { reason, at }]),
            Self::Processing(_) => Err(Error::OutcomeUnknown),
            Self::Completed(_) => Err(Error::AlreadyCompleted),
            Self::Failed(_) | Self::Voided(_) => Ok(vec![]),
        }
    }

    fn request_refund(
        &self,
        refund_id: RefundId,
        amount: Money,
        reason: String,
        at: DateTime<Utc>,
    ) -> Result<Vec<Event>, Error> {
        let details = match self {
            Self::Nonexistent => return Err(Error::NotFound),
            Self::Completed(details) => details,
            Self::Pending(_) | Self::Processing(_) | Self::Failed(_) | Self::Voided(_) => {
                return Err(Error::NotCompleted);
            }
        };
        if details.refunds.contains_key(&refund_id) {
            return Ok(vec![]);
        }
        if amount.is_zero() {
            return Err(Error::ZeroRefund);
        }
        let available = details.refundable();
        if amount > available {
            return Err(Error::RefundExceedsPaid { available, requested: amount });
        }
        Ok(vec![Event::RefundRequested { refund_id, amount, reason, at }])
    }

    fn complete_refund(&self, refund_id: RefundId, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
        let details = self.details().ok_or(Error::NotFound)?;
        let refund = details.refunds.get(&refund_id).ok_or(Error::NoSuchRefund { refund_id })?;
        Ok(if refund.done {
            vec![]
        } else {
            vec![Event::Refunded { refund_id, amount: refund.amount, at }]
        })
    }

    /// Moves the details into another phase, changed.
    fn into_phase(
        self,
        at: DateTime<Utc>,
        phase: fn(Details) -> Self,
        change: impl FnOnce(&mut Details),
    ) -> Self {
        match self {
            Self::Nonexistent => self,
            Self::Pending(mut details)
            | Self::Processing(mut details)
            | Self::Completed(mut details)
            | Self::Failed(mut details)
            | Self::Voided(mut details) => {
                change(&mut details);
                details.updated_at = at;
                phase(details)
            }
        }
    }
}

impl Decider for Payment {
    const TYPE: &'static str = "payment";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Request { purpose, user_id, amount, currency, method, at } => match self {
                Self::Nonexistent => Ok(vec![Event::Requested {
                    order_id: purpose.order_id(),
                    gift_card_id: purpose.gift_card_id(),
                    user_id,
                    amount,
                    currency,
                    method,
                    at,
                }]),
                Self::Pending(_)
                | Self::Processing(_)
                | Self::Completed(_)
                | Self::Failed(_)
                | Self::Voided(_) => Err(Error::AlreadyRequested),
            },
            Command::Start { method, at } => self.start(method, at),
            Command::Complete { transaction_id, at } => self.complete(transaction_id, at),
            Command::Fail { reason, at } => self.fail(reason, at),
            Command::Void { reason, at } => self.void(reason, at),
            Command::RequestRefund { refund_id, amount, reason, at } => {
                self.request_refund(refund_id, amount, reason, at)
            }
            Command::CompleteRefund { refund_id, at } => self.complete_refund(refund_id, at),
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Requested { order_id, gift_card_id, user_id, amount, currency, method, at } => {
                let by_card = gift_card_id.map(Purpose::GiftCard);
                // `decide` gives one of the two.
                let purpose = order_id.map(Purpose::Order).or(by_card);
                Self::Pending(Details {
                    purpose: purpose.unwrap_or(Purpose::Order(OrderId::default())),
                    user_id: *user_id,
                    amount: *amount,
                    currency: *currency,
                    method: *method,
                    transaction_id: None,
                    failure: None,
                    refunds: BTreeMap::new(),
                    refunded: Money::ZERO,
                    created_at: *at,
                    updated_at: *at,
                })
            }
            Event::Started { method, at } => {
                self.into_phase(*at, Self::Processing, |details| details.method = *method)
            }
            Event::Completed { transaction_id, at } => {
                self.into_phase(*at, Self::Completed, |details| {
                    details.transaction_id = Some(transaction_id.clone());
                    details.failure = None;
                })
            }
            Event::Failed { reason, at } => self.into_phase(*at, Self::Failed, |details| {
                details.failure = Some(reason.clone());
            }),
            Event::Voided { reason, at } => self.into_phase(*at, Self::Voided, |details| {
                details.failure = Some(reason.clone());
            }),
            Event::RefundRequested { refund_id, amount, at, .. } => {
                self.into_phase(*at, Self::Completed, |details| {
                    details.refunds.insert(*refund_id, Refund { amount: *amount, done: false });
                })
            }
            Event::Refunded { refund_id, amount, at } => {
                self.into_phase(*at, Self::Completed, |details| {
                    details.refunds.insert(*refund_id, Refund { amount: *amount, done: true });
                    details.refunded = details.refunded.checked_add(*amount).unwrap_or(Money::MAX);
                    debug_assert!(details.refunded <= details.amount, "refunded more than taken");
                })
            }
        }
    }
}
