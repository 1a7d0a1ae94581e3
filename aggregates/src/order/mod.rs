//! An order from its placing to its end: what was bought at which price, and which step is whose.
//! Never moves stock or money itself: those are streams of their own, appended together with it.

mod actor;
mod command;
mod error;
mod event;
pub mod pricing;
mod refund;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use command::{Actor, Command, NewLine};
pub use error::Error;
pub use event::{CancelReason, DeliveryMethod, Event, Line, PaymentMethod, RefundedLine};
pub use state::{Details, HistoryEntry};
pub use status::{Status, UnknownStatus};

use crate::{Decider, Money, PaymentId, ProductId, Quantity, RefundId};
use actor::Step;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Order {
    #[default]
    Nonexistent,
    /// Boxed, for an order is far larger than its absence.
    Placed { status: Status, details: Box<Details> },
}

impl Order {
    /// The most lines of an order; as many as a cart may have.
    pub const MAX_LINES: usize = crate::Cart::MAX_LINES;

    /// `None` before it was placed.
    pub fn details(&self) -> Option<&Details> {
        match self {
            Self::Nonexistent => None,
            Self::Placed { details, .. } => Some(details),
        }
    }

    /// `None` before it was placed.
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Nonexistent => None,
            Self::Placed { status, .. } => Some(*status),
        }
    }

    fn placed(&self) -> Result<(Status, &Details), Error> {
        match self {
            Self::Nonexistent => Err(Error::NotFound),
            Self::Placed { status, details } => Ok((*status, details)),
        }
    }

    fn may_be_placed_as(&self, number: &str) -> Result<(), Error> {
        if self.details().is_some() {
            return Err(Error::AlreadyPlaced);
        }
        if number.trim().is_empty() {
            return Err(Error::NumberMissing);
        }
        Ok(())
    }

    /// The order, where the step is the actor's to take.
    fn permitted(&self, step: Step, by: Actor) -> Result<(Status, &Details), Error> {
        let (status, details) = self.placed()?;
        if by.may(step, details) { Ok((status, details)) } else { Err(Error::NotAllowed) }
    }

    /// The name of the actor, where the step is theirs to take and is due.
    fn take(&self, step: Step, by: Actor) -> Result<String, Error> {
        let (from, _) = self.permitted(step, by)?;
        let to = step.target();
        if from.may_become(to) { Ok(by.name()) } else { Err(Error::InvalidTransition { from, to }) }
    }

    fn reopen_payment(
        &self,
        payment_id: PaymentId,
        at: DateTime<Utc>,
        by: Actor,
    ) -> Result<Vec<Event>, Error> {
        let (from, details) = self.permitted(Step::ReopenPayment, by)?;
        if from != Status::Pending {
            return Err(Error::InvalidTransition { from, to: Step::ReopenPayment.target() });
        }
        if details.payments.contains(&payment_id) {
            return Ok(vec![]);
        }
        Ok(vec![Event::PaymentReopened { payment_id, at, by: by.name() }])
    }

    fn ship(&self, number: &str, at: DateTime<Utc>, by: Actor) -> Result<Vec<Event>, Error> {
        let by = self.take(Step::Ship, by)?;
        let tracking_number = number.trim().to_owned();
        if tracking_number.is_empty() {
            return Err(Error::TrackingNumberMissing);
        }
        Ok(vec![Event::Shipped { tracking_number, at, by }])
    }

    fn expire(&self, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
        let (from, details) = self.placed()?;
        if from != Status::Pending {
            return Err(Error::InvalidTransition { from, to: Status::Cancelled });
        }
        if at < details.expires_at {
            return Err(Error::NotExpired { expires_at: details.expires_at });
        }
        let by = Actor::System.name();
        Ok(vec![Event::Cancelled { reason: CancelReason::PaymentExpired, at, by }])
    }

    /// The lines and the money to give back; `None` where this refund was given already.
    fn refund(
        &self,
        refund_id: RefundId,
        lines: Option<&[(ProductId, Quantity)]>,
        amount: Option<Money>,
        paid: Money,
        by: Actor,
    ) -> Result<Option<(Vec<RefundedLine>, Money)>, Error> {
        let (from, details) = self.permitted(Step::Refund, by)?;
        if details.refunds.contains(&refund_id) {
            return Ok(None);
        }
        let available = paid.checked_sub(details.refunded).unwrap_or_default();
        let to = Status::Refunded;
        let unpaid = from == Status::Cancelled && available.is_zero();
        if unpaid || !from.may_become(to) {
            return Err(Error::InvalidTransition { from, to });
        }
        refund::decide(details, lines, amount, available).map(Some)
    }
}

impl Decider for Order {
    const TYPE: &'static str = "order";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Place {
                number,
                user_id,
                cart_id,
                lines,
                currency,
                delivery_method,
                delivery_cost,
                payment_method,
                payment_id,
                expires_at,
                at,
            } => {
                self.may_be_placed_as(&number)?;
                let lines = priced(lines)?;
                let totals =
                    pricing::totals(&lines, Money::ZERO, delivery_cost).ok_or(Error::Overflow)?;
                Ok(vec![Event::Placed {
                    number,
                    user_id,
                    cart_id,
                    lines,
                    currency,
                    subtotal: totals.subtotal,
                    discount: totals.discount,
                    delivery_method,
                    delivery_cost: totals.delivery_cost,
                    total_amount: totals.total_amount,
                    payment_method,
                    payment_id,
                    expires_at,
                    at,
                    by: Actor::Customer(user_id).name(),
                }])
            }
            Command::ReopenPayment { payment_id, at, by } => {
                self.reopen_payment(payment_id, at, by)
            }
            Command::Confirm { at, by } => {
                Ok(vec![Event::Confirmed { by: self.take(Step::Confirm, by)?, at }])
            }
            Command::StartProcessing { at, by } => {
                Ok(vec![Event::ProcessingStarted { by: self.take(Step::StartProcessing, by)?, at }])
            }
            Command::Ship { tracking_number, at, by } => self.ship(&tracking_number, at, by),
            Command::Deliver { at, by } => {
                Ok(vec![Event::Delivered { by: self.take(Step::Deliver, by)?, at }])
            }
            Command::Cancel { reason, at, by } => {
                Ok(vec![Event::Cancelled { by: self.take(Step::Cancel(reason), by)?, reason, at }])
            }
            Command::Expire { at } => self.expire(at),
            Command::Refund { refund_id, lines, amount, paid, reason, at, by } => {
                let given = self.refund(refund_id, lines.as_deref(), amount, paid, by)?;
                let by = by.name();
                let event =
                    |(lines, amount)| Event::Refunded { refund_id, lines, amount, reason, at, by };
                Ok(given.map(event).into_iter().collect())
            }
        }
    }

    fn evolve(self, event: &Event) -> Self {
        self.after(event)
    }
}

/// The lines with their totals, where an order can have them.
fn priced(lines: Vec<NewLine>) -> Result<Vec<Line>, Error> {
    if lines.is_empty() {
        return Err(Error::NoLines);
    }
    if lines.len() > Order::MAX_LINES {
        return Err(Error::TooManyLines { count: lines.len() });
    }
    let mut products = BTreeSet::new();
    lines
        .into_iter()
        .map(|line| {
            let product_id = line.product_id;
            if !products.insert(product_id) {
                return Err(Error::DuplicateProduct { product_id });
            }
            pricing::price(line).ok_or(Error::Overflow)
        })
        .collect()
}
