//! What an order remembers, and what each event changes of it. Holds no rule.

use super::{
    CancelReason, CardPart, DeliveryMethod, Event, Fulfilment, Line, Order, PaymentMethod, Status,
};
use crate::promotion::PromoCode;
use crate::{CartId, Currency, Money, PaymentId, Points, ProductId, RefundId, UserId};
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
    pub promo_code: Option<PromoCode>,
    /// Paid with points, 1.00 each.
    pub points: Points,
    /// Paid with a gift card.
    pub gift_card: Option<CardPart>,
    /// What the buyer earned by it.
    pub points_earned: Points,
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
    /// Of an order of several sellers, what each of them sends; of any other [`Order::fulfilments`]
    /// knows. The default is for states that were stored before there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fulfilments: Vec<Fulfilment>,
    /// All that was given back so far: money, gift card and points together.
    pub refunded: Money,
    /// The part of it that went back to the gift card.
    pub refunded_gift_card: Money,
    /// The part of it that was paid with points.
    pub refunded_points_value: Money,
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

    /// Whether the seller's part that the line belongs to has arrived, whatever came after.
    pub fn was_delivered(&self, line: &Line) -> bool {
        let part = self.fulfilments.iter().find(|part| part.seller_id == line.seller_id);
        let history = part.map_or(&self.history, |part| &part.history);
        history.iter().any(|entry| entry.status == Status::Delivered)
    }

    fn enter(&mut self, status: Status, at: DateTime<Utc>, by: &str) {
        let entry = HistoryEntry { status, at, by: by.to_owned() };
        for part in &mut self.fulfilments {
            part.enter(&entry, None);
        }
        self.history.push(entry);
    }

    /// Shipped, as a whole or by one seller; the order keeps the number of what left first.
    fn ship(&mut self, seller_id: Option<UserId>, number: &str, at: DateTime<Utc>, by: &str) {
        let entry = HistoryEntry { status: Status::Shipped, at, by: by.to_owned() };
        for part in &mut self.fulfilments {
            if seller_id.is_none_or(|seller_id| seller_id == part.seller_id) {
                part.enter(&entry, Some(number));
            }
        }
        self.tracking_number.get_or_insert_with(|| number.to_owned());
    }

    fn move_part(&mut self, seller_id: UserId, status: Status, at: DateTime<Utc>, by: &str) {
        let entry = HistoryEntry { status, at, by: by.to_owned() };
        let part = self.fulfilments.iter_mut().find(|part| part.seller_id == seller_id);
        if let Some(part) = part {
            part.enter(&entry, None);
        }
    }

    /// What the gift card pays.
    pub fn gift_card_amount(&self) -> Money {
        self.gift_card.map(|part| part.amount).unwrap_or_default()
    }

    /// What is to be paid with money: the total less points and gift card.
    pub fn amount_due(&self) -> Money {
        let by_points = self.total_amount.checked_sub(self.points.value());
        by_points.and_then(|left| left.checked_sub(self.gift_card_amount())).unwrap_or_default()
    }

    /// The goods less discount and points: what counts towards the tier and earns points.
    pub fn spend(&self) -> Money {
        let goods = self.subtotal.checked_sub(self.discount);
        goods.and_then(|goods| goods.checked_sub(self.points.value())).unwrap_or_default()
    }

    fn give_back(&mut self, refund: &Event) {
        let Event::Refunded { refund_id, lines, amount, gift_card, points_value, .. } = refund
        else {
            return;
        };
        self.refunds.insert(*refund_id);
        let sum = |a: Money, b: Money| a.checked_add(b).unwrap_or(Money::MAX);
        self.refunded = sum(self.refunded, *amount);
        self.refunded_gift_card = sum(self.refunded_gift_card, *gift_card);
        self.refunded_points_value = sum(self.refunded_points_value, *points_value);
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
            Event::GiftCardApplied { gift_card, payment_id, at, by: _ } => {
                self.change(*at, |status, details| {
                    details.gift_card = Some(*gift_card);
                    details.payment_id = *payment_id;
                    details.payments.push(*payment_id);
                    status
                })
            }
            Event::Confirmed { points_earned, at, by, .. } => self
                .change(*at, |status, details| {
                    details.points_earned = *points_earned;
                    status
                })
                .enter(Status::Confirmed, *at, by),
            Event::ProcessingStarted { at, by } => self.enter(Status::Processing, *at, by),
            Event::Shipped { tracking_number, at, by } => self
                .change(*at, |status, details| {
                    details.ship(None, tracking_number, *at, by);
                    status
                })
                .enter(Status::Shipped, *at, by),
            Event::Delivered { at, by } => self.enter(Status::Delivered, *at, by),
            Event::FulfilmentProcessingStarted { seller_id, at, by } => {
                self.move_part(*seller_id, Status::Processing, *at, by)
            }
            Event::FulfilmentShipped { seller_id, tracking_number, at, by } => {
                self.change(*at, |status, details| {
                    details.ship(Some(*seller_id), tracking_number, *at, by);
                    status
                })
            }
            Event::FulfilmentDelivered { seller_id, at, by } => {
                self.move_part(*seller_id, Status::Delivered, *at, by)
            }
            Event::Cancelled { reason, at, by, .. } => self
                .change(*at, |status, details| {
                    details.cancel_reason = Some(*reason);
                    status
                })
                .enter(Status::Cancelled, *at, by),
            Event::Refunded { at, by, .. } => self.change(*at, |status, details| {
                details.give_back(event);
                if details.refunded < details.total_amount {
                    return status;
                }
                details.enter(Status::Refunded, *at, by);
                Status::Refunded
            }),
        }
    }

    fn enter(self, next: Status, at: DateTime<Utc>, by: &str) -> Self {
        self.change(at, |_, details| {
            details.enter(next, at, by);
            next
        })
    }

    fn move_part(self, seller_id: UserId, next: Status, at: DateTime<Utc>, by: &str) -> Self {
        self.change(at, |status, details| {
            details.move_part(seller_id, next, at, by);
            status
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
            promo_code,
            points,
            gift_card,
            payment_method,
            payment_id,
            expires_at,
            at,
            by,
        } = event
        else {
            return None;
        };
        let placed = HistoryEntry { status: Status::Pending, at: *at, by: by.clone() };
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
            promo_code: promo_code.clone(),
            points: *points,
            gift_card: *gift_card,
            points_earned: Points::ZERO,
            payment_method: *payment_method,
            payment_id: *payment_id,
            payments: vec![*payment_id],
            expires_at: *expires_at,
            tracking_number: None,
            cancel_reason: None,
            fulfilments: Fulfilment::split(lines, &placed),
            history: vec![placed],
            refunded: Money::ZERO,
            refunded_gift_card: Money::ZERO,
            refunded_points_value: Money::ZERO,
            refunded_units: BTreeMap::new(),
            refunds: BTreeSet::new(),
            created_at: *at,
            updated_at: *at,
        });
        Some(Self::Placed { status: Status::Pending, details })
    }
}
