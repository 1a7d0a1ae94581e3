//! What an order remembers, and what each event changes of it. Holds no rule.

use super::{
    CancelReason, DeliveryMethod, Event, Line, Order, PaymentMethod, RefundedLine, Status,
};
use crate::{CartId, Currency, Money, PaymentId, ProductId, RefundId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a placed order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub number: String,
    pub user_id: UserId,
    pub cart_id: Option<CartId>,
    pub lines: Vec<Line>,
    pub currency: Currency,
    pub subtotal: Money,
    pub discount: Money,
    pub delivery_method: DeliveryMethod,
    pub delivery_cost: Money,
    pub total_amount: Money,
    pub payment_method: PaymentMethod,
    /// The current payment.
    pub payment_id: PaymentId,
    /// All payments, the current one last.
    pub payments: Vec<PaymentId>,
    pub expires_at: DateTime<Utc>,
    pub tracking_number: Option<String>,
    pub cancel_reason: Option<CancelReason>,
    /// Every status it had, the current one last.
    pub history: Vec<HistoryEntry>,
    /// The money given back so far.
    pub refunded: Money,
    /// The units given back so far; lines without any are absent.
    pub refunded_units: BTreeMap<ProductId, u32>,
    /// The refunds so far, so that a repeated one is not given twice.
    pub refunds: BTreeSet<RefundId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// When an order came into a status, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    pub status: Status,
    pub at: DateTime<Utc>,
    pub by: String,
}

impl Details {
    pub fn line(&self, product_id: ProductId) -> Option<&Line> {
        self.lines.iter().find(|line| line.product_id == product_id)
    }

    /// The units of a line that were not given back yet.
    pub fn refundable_units(&self, line: &Line) -> u32 {
        let refunded = self.refunded_units.get(&line.product_id).copied().unwrap_or_default();
        line.quantity.get().saturating_sub(refunded)
    }

    pub(super) fn is_sold_only_by(&self, seller_id: UserId) -> bool {
        self.lines.iter().all(|line| line.seller_id == seller_id)
    }

    fn enter(&mut self, status: Status, at: DateTime<Utc>, by: &str) {
        self.history.push(HistoryEntry { status, at, by: by.to_owned() });
    }

    fn give_back(&mut self, refund_id: RefundId, lines: &[RefundedLine], amount: Money) {
        self.refunds.insert(refund_id);
        self.refunded = self.refunded.checked_add(amount).unwrap_or(Money::MAX);
        for line in lines {
            let units = self.refunded_units.entry(line.product_id).or_default();
            *units = units.saturating_add(line.quantity.get());
        }
    }
}

impl Order {
    pub(super) fn after(self, event: &Event) -> Self {
        match event {
            Event::Placed { .. } => Self::from_placed(event).unwrap_or(self),
            Event::PaymentReopened { payment_id, at, by: _ } => {
                self.change(*at, |status, details| {
                    details.payment_id = *payment_id;
                    details.payments.push(*payment_id);
                    status
                })
            }
            Event::Confirmed { at, by } => self.enter(Status::Confirmed, *at, by),
            Event::ProcessingStarted { at, by } => self.enter(Status::Processing, *at, by),
            Event::Shipped { tracking_number, at, by } => self
                .change(*at, |status, details| {
                    details.tracking_number = Some(tracking_number.clone());
                    status
                })
                .enter(Status::Shipped, *at, by),
            Event::Delivered { at, by } => self.enter(Status::Delivered, *at, by),
            Event::Cancelled { reason, at, by } => self
                .change(*at, |status, details| {
                    details.cancel_reason = Some(*reason);
                    status
                })
                .enter(Status::Cancelled, *at, by),
            Event::Refunded { refund_id, lines, amount, reason: _, at, by } => {
                self.change(*at, |status, details| {
                    details.give_back(*refund_id, lines, *amount);
                    if details.refunded < details.total_amount {
                        return status;
                    }
                    details.enter(Status::Refunded, *at, by);
                    Status::Refunded
                })
            }
        }
    }

    fn enter(self, next: Status, at: DateTime<Utc>, by: &str) -> Self {
        self.change(at, |_, details| {
            details.enter(next, at, by);
            next
        })
    }

    /// Changes a placed order; `change` gives its next status.
    fn change(
        self,
        at: DateTime<Utc>,
        change: impl FnOnce(Status, &mut Details) -> Status,
    ) -> Self {
        match self {
            Self::Nonexistent => self,
            Self::Placed { status, mut details } => {
                let status = change(status, &mut details);
                details.updated_at = at;
                Self::Placed { status, details }
            }
        }
    }

    /// `None` for any event but `Placed`.
    fn from_placed(event: &Event) -> Option<Self> {
        let Event::Placed {
            number,
            user_id,
            cart_id,
            lines,
            currency,
            subtotal,
            discount,
            delivery_method,
            delivery_cost,
            total_amount,
            payment_method,
            payment_id,
            expires_at,
            at,
            by,
        } = event
        else {
            return None;
        };
        let details = Box::new(Details {
            number: number.clone(),
            user_id: *user_id,
            cart_id: *cart_id,
            lines: lines.clone(),
            currency: *currency,
            subtotal: *subtotal,
            discount: *discount,
            delivery_method: *delivery_method,
            delivery_cost: *delivery_cost,
            total_amount: *total_amount,
            payment_method: *payment_method,
            payment_id: *payment_id,
            payments: vec![*payment_id],
            expires_at: *expires_at,
            tracking_number: None,
            cancel_reason: None,
            history: vec![HistoryEntry { status: Status::Pending, at: *at, by: by.clone() }],
            refunded: Money::ZERO,
            refunded_units: BTreeMap::new(),
            refunds: BTreeSet::new(),
            created_at: *at,
            updated_at: *at,
        });
        Some(Self::Placed { status: Status::Pending, details })
    }
}
