//! An order from its placing to its end: what was bought at which price, and which step is whose.
//! Never moves stock or money itself: those are streams of their own, appended together with it.

mod actor;
mod command;
mod error;
mod event;
mod fulfilment;
pub mod pricing;
mod refund;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use command::{Actor, Command, NewLine, Taken};
pub use error::Error;
pub use event::{
    Booked, CancelReason, CardPart, DeliveryMethod, Event, Line, PaymentMethod, RefundedLine,
};
pub use fulfilment::{Fulfilment, FulfilmentStep};
pub use state::{Details, HistoryEntry};
pub use status::{Status, UnknownStatus};

use crate::{Decider, Money, PaymentId, Points};
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

    fn place(&self, command: Command) -> Result<Vec<Event>, Error> {
        let Command::Place {
            number,
            user_id,
            cart_id,
            lines,
            currency,
            delivery_method,
            delivery_cost,
            promo_code,
            points,
            gift_card,
            payment_method,
            payment_id,
            expires_at,
            at,
        } = command
        else {
            return Ok(vec![]);
        };
        self.may_be_placed_as(&number)?;
        let lines = priced(lines)?;
        let totals = pricing::totals(&lines, delivery_cost).ok_or(Error::Overflow)?;
        let goods = totals.subtotal.checked_sub(totals.discount).unwrap_or_default();
        if points.value() > goods {
            return Err(Error::MoreThanDue { due: goods, requested: points.value() });
        }
        let due = totals.total_amount.checked_sub(points.value()).unwrap_or_default();
        let by_card = gift_card.map(|part| part.amount).unwrap_or_default();
        if by_card > due {
            return Err(Error::MoreThanDue { due, requested: by_card });
        }
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
            promo_code,
            points,
            gift_card,
            payment_method,
            payment_id,
            expires_at,
            at,
            by: Actor::Customer(user_id).name(),
        }])
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

    fn apply_gift_card(
        &self,
        gift_card: CardPart,
        payment_id: PaymentId,
        at: DateTime<Utc>,
        by: Actor,
    ) -> Result<Vec<Event>, Error> {
        let (from, details) = self.permitted(Step::ReopenPayment, by)?;
        if from != Status::Pending {
            return Err(Error::InvalidTransition { from, to: Step::ReopenPayment.target() });
        }
        if details.gift_card.is_some() {
            return Err(Error::HasGiftCard);
        }
        let due = details.amount_due();
        if gift_card.amount > due {
            return Err(Error::MoreThanDue { due, requested: gift_card.amount });
        }
        Ok(vec![Event::GiftCardApplied { gift_card, payment_id, at, by: by.name() }])
    }

    fn confirm(
        &self,
        points_earned: Points,
        at: DateTime<Utc>,
        by: Actor,
    ) -> Result<Vec<Event>, Error> {
        let by = self.take(Step::Confirm, by)?;
        let booked = self.details().map(|details| Booked {
            subtotal: details.subtotal,
            discount: details.discount,
            delivery_cost: details.delivery_cost,
        });
        Ok(vec![Event::Confirmed { booked, points_earned, at, by }])
    }

    fn cancel(
        &self,
        reason: CancelReason,
        collected: Money,
        at: DateTime<Utc>,
        by: Actor,
    ) -> Result<Vec<Event>, Error> {
        let by = self.take(Step::Cancel(reason), by)?;
        let (from, details) = self.placed()?;
        if details.fulfilments.iter().any(|part| part.status.has_come_to(Status::Shipped)) {
            return Err(Error::PartlyShipped);
        }
        // Only a confirmed order was booked.
        let booked = if from == Status::Pending { Money::ZERO } else { details.amount_due() };
        let uncollected = booked.checked_sub(collected).unwrap_or_default();
        Ok(vec![Event::Cancelled { reason, uncollected, at, by }])
    }

    fn ship(&self, number: &str, at: DateTime<Utc>, by: Actor) -> Result<Vec<Event>, Error> {
        let by = self.take(Step::Ship, by)?;
        let tracking_number = fulfilment::numbered(number)?;
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
        let (reason, uncollected) = (CancelReason::PaymentExpired, Money::ZERO);
        Ok(vec![Event::Cancelled { reason, uncollected, at, by }])
    }

    /// What to give back; nothing where this refund was given already.
    fn refund(&self, command: Command) -> Result<Vec<Event>, Error> {
        let Command::Refund { refund_id, lines, amount, taken, reason, at, by } = command else {
            return Ok(vec![]);
        };
        let (from, details) = self.permitted(Step::Refund, by)?;
        if details.refunds.contains(&refund_id) {
            return Ok(vec![]);
        }
        let left = details.left_of(taken);
        let to = Status::Refunded;
        let unpaid = from == Status::Cancelled && left.total().is_zero();
        if unpaid || !from.may_become(to) {
            return Err(Error::InvalidTransition { from, to });
        }
        let (lines, amount) = refund::decide(details, lines.as_deref(), amount, left.total())?;
        let back = left.give_back(amount, details.refunded_points_value);
        Ok(vec![Event::Refunded {
            refund_id,
            lines,
            amount,
            gift_card: back.gift_card,
            points_value: back.points_value,
            points: back.points,
            reason,
            at,
            by: by.name(),
        }])
    }
}

impl Decider for Order {
    const TYPE: &'static str = "order";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Place { .. } => self.place(command),
            Command::ReopenPayment { payment_id, at, by } => {
                self.reopen_payment(payment_id, at, by)
            }
            Command::ApplyGiftCard { gift_card, payment_id, at, by } => {
                self.apply_gift_card(gift_card, payment_id, at, by)
            }
            Command::Confirm { points_earned, at, by } => self.confirm(points_earned, at, by),
            Command::StartProcessing { at, by } => {
                Ok(vec![Event::ProcessingStarted { by: self.take(Step::StartProcessing, by)?, at }])
            }
            Command::Ship { tracking_number, at, by } => self.ship(&tracking_number, at, by),
            Command::Deliver { at, by } => {
                Ok(vec![Event::Delivered { by: self.take(Step::Deliver, by)?, at }])
            }
            Command::Fulfil { seller_id, step, at, by } => self.fulfil(seller_id, step, at, by),
            Command::Cancel { reason, collected, at, by } => self.cancel(reason, collected, at, by),
            Command::Expire { at } => self.expire(at),
            Command::Refund { .. } => self.refund(command),
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
            let line = pricing::price(line).ok_or(Error::Overflow)?;
            if line.discount > line.line_total {
                return Err(Error::DiscountExceedsLine { product_id });
            }
            Ok(line)
        })
        .collect()
}
