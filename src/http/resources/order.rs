//! An order: all of it for its buyer and administrators, and its own part for a seller. Never shows
//! a seller what somebody else sells.

use super::FulfilmentResource;
use crate::auth::Caller;
use crate::checkout::OrderState;
use crate::http::docs::{
    Amount, DeliveryMethodSchema, OrderStatusSchema, PaymentMethodSchema, PaymentStatusSchema,
};
use aggregates::account::Role;
use aggregates::order::{DeliveryMethod, Details, PaymentMethod, Status};
use aggregates::{Money, Order, OrderId, UserId, payment};
use chrono::{DateTime, Utc};
use projections::orders::OrderView;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// An order. A seller sees the own lines, and of the buyer only where the goods have to go, from
/// the confirmation until the delivery. Where others sell in it too, sums are of the own lines, and
/// what concerns the whole (delivery, gift card, points, amounts due and refunded) is zero; there
/// is the own fulfilment with its tracking number, and a step of another seller's is by `seller`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderResource {
    pub id: Uuid,
    /// For people: `L-` and ten characters.
    #[schema(example = "L-7Q2M9XK4TA")]
    pub number: String,
    pub user_id: Uuid,
    #[schema(value_type = OrderStatusSchema)]
    pub status: Status,
    pub items: Vec<OrderItem>,
    /// The sum of the lines.
    #[schema(value_type = Amount)]
    pub subtotal: Money,
    #[schema(value_type = Amount)]
    pub discount: Money,
    #[schema(value_type = DeliveryMethodSchema)]
    pub delivery_method: DeliveryMethod,
    #[schema(value_type = Amount)]
    pub delivery_cost: Money,
    /// `null` once the buyer's personal data is erased.
    pub delivery_address: Option<String>,
    /// `null` once the buyer's personal data is erased.
    pub phone: Option<String>,
    #[schema(example = "KZT")]
    pub currency: String,
    pub promo_code: Option<String>,
    /// What a gift card pays.
    #[schema(value_type = Amount)]
    pub gift_card_amount: Money,
    /// Paid with points, 1.00 each.
    pub points_used: u64,
    /// What the order earned; they can be spent once it is delivered.
    pub points_earned: u64,
    /// `subtotal - discount + delivery_cost`.
    #[schema(value_type = Amount)]
    pub total_amount: Money,
    /// What is still to be paid with money; zero once paid, or when the order has ended.
    #[schema(value_type = Amount)]
    pub amount_due: Money,
    /// What was given back so far.
    #[schema(value_type = Amount)]
    pub refunded_amount: Money,
    #[schema(value_type = PaymentMethodSchema)]
    pub payment_method: PaymentMethod,
    /// Of the current payment.
    #[schema(value_type = Option<PaymentStatusSchema>)]
    pub payment_status: Option<payment::Status>,
    /// Of what left first.
    pub tracking_number: Option<String>,
    /// What each seller sends; the status of the order is that of the one who is behind all others.
    pub fulfilments: Vec<FulfilmentResource>,
    pub history: Vec<HistoryEntry>,
    /// When the order is cancelled unless it is paid before; `null` once that cannot happen.
    pub expires_at: Option<DateTime<Utc>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A line of an order, at the price of the moment it was placed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderItem {
    pub product_id: Uuid,
    pub seller_id: Uuid,
    pub name: String,
    pub quantity: u32,
    #[schema(value_type = Amount)]
    pub price: Money,
    #[schema(value_type = Amount)]
    pub line_total: Money,
    /// What the promotion takes off the line.
    #[schema(value_type = Amount)]
    pub discount: Money,
}

/// When an order came into a status, and by whom: an account's id, `admin` or `system`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HistoryEntry {
    #[schema(value_type = OrderStatusSchema)]
    pub status: Status,
    pub at: DateTime<Utc>,
    pub by: String,
}

/// The personal part of an order, which is kept apart from its events.
#[derive(Debug, Clone, Default)]
pub struct Recipient {
    pub delivery_address: Option<String>,
    pub phone: Option<String>,
}

impl OrderResource {
    /// `None` for an order that was never placed.
    pub fn of(
        id: OrderId,
        order: &Order,
        version: i64,
        payment_status: Option<payment::Status>,
        recipient: Recipient,
    ) -> Option<Self> {
        let (status, details) = (order.status()?, order.details()?);
        Some(Self {
            id: id.uuid(),
            number: details.number.clone(),
            user_id: details.user_id.uuid(),
            status,
            items: details.lines.iter().map(OrderItem::from).collect(),
            subtotal: details.subtotal,
            discount: details.discount,
            delivery_method: details.delivery_method,
            delivery_cost: details.delivery_cost,
            delivery_address: recipient.delivery_address,
            phone: recipient.phone,
            currency: details.currency.to_string(),
            promo_code: details.promo_code.as_ref().map(ToString::to_string),
            gift_card_amount: details.gift_card_amount(),
            points_used: details.points.get(),
            points_earned: details.points_earned.get(),
            total_amount: details.total_amount,
            amount_due: amount_due(status, details, payment_status),
            refunded_amount: details.refunded,
            payment_method: details.payment_method,
            payment_status,
            tracking_number: details.tracking_number.clone(),
            fulfilments: order.fulfilments().into_iter().map(Into::into).collect(),
            history: details.history.iter().map(HistoryEntry::from).collect(),
            expires_at: (status == Status::Pending).then_some(details.expires_at),
            version,
            created_at: details.created_at,
            updated_at: details.updated_at,
        })
    }

    /// Whether nothing about it can change any more: also the money is where it belongs.
    pub fn has_ended(&self) -> bool {
        let money_is_back = self.total_amount.is_zero()
            || matches!(
                self.payment_status,
                None | Some(payment::Status::Failed | payment::Status::Refunded)
            );
        matches!(self.status, Status::Cancelled | Status::Refunded) && money_is_back
    }

    /// As this caller may see it, to whom it must not be hidden.
    pub fn seen_by(self, caller: &Caller) -> Self {
        if caller.role == Role::Seller && caller.id.uuid() != self.user_id {
            self.part_of(caller.id)
        } else {
            self
        }
    }

    /// A seller's part of it.
    pub fn part_of(mut self, seller_id: UserId) -> Self {
        let lines = self.items.len();
        let others: BTreeSet<_> = self.items.iter().map(|item| item.seller_id).collect();
        self.items.retain(|item| item.seller_id == seller_id.uuid());
        self.fulfilments.retain(|part| part.seller_id == seller_id.uuid());
        let own = self.fulfilments.first();
        let status = own.map_or(self.status, |own| own.status);
        self.tracking_number = own.and_then(|own| own.tracking_number.clone());
        self.promo_code = None;
        if !matches!(status, Status::Confirmed | Status::Processing | Status::Shipped) {
            (self.delivery_address, self.phone) = (None, None);
        }
        for entry in &mut self.history {
            let by = entry.by.parse().ok();
            if by.is_some_and(|by| by != seller_id.uuid() && others.contains(&by)) {
                "seller".clone_into(&mut entry.by);
            }
        }
        if self.items.len() < lines {
            // Parts of sums that are amounts of money.
            let sum = |of: fn(&OrderItem) -> Money| {
                Money::checked_sum(self.items.iter().map(of)).unwrap_or_default()
            };
            (self.subtotal, self.discount) =
                (sum(|item| item.line_total), sum(|item| item.discount));
            self.total_amount = self.subtotal.checked_sub(self.discount).unwrap_or_default();
            for whole in [
                &mut self.delivery_cost,
                &mut self.gift_card_amount,
                &mut self.amount_due,
                &mut self.refunded_amount,
            ] {
                *whole = Money::ZERO;
            }
            (self.points_used, self.points_earned) = (0, 0);
        }
        self
    }

    pub fn after(state: &OrderState, recipient: Recipient) -> Option<Self> {
        Self::of(state.id, &state.order, state.version, state.payment_status, recipient)
    }

    pub fn from_view(view: OrderView) -> Option<Self> {
        let recipient = Recipient { delivery_address: view.delivery_address, phone: view.phone };
        let row = view.order;
        Self::of(row.id, &row.state, row.version, view.payment_status, recipient)
    }
}

fn amount_due(status: Status, details: &Details, paid: Option<payment::Status>) -> Money {
    match (status, paid) {
        (Status::Cancelled | Status::Refunded, _)
        | (_, Some(payment::Status::Completed | payment::Status::Refunded)) => Money::ZERO,
        _ => details.amount_due(),
    }
}

impl From<&aggregates::order::Line> for OrderItem {
    fn from(line: &aggregates::order::Line) -> Self {
        Self {
            product_id: line.product_id.uuid(),
            seller_id: line.seller_id.uuid(),
            name: line.name.clone(),
            quantity: line.quantity.get(),
            price: line.price,
            line_total: line.line_total,
            discount: line.discount,
        }
    }
}

impl From<&aggregates::order::HistoryEntry> for HistoryEntry {
    fn from(entry: &aggregates::order::HistoryEntry) -> Self {
        Self { status: entry.status, at: entry.at, by: entry.by.clone() }
    }
}
