//! What can have happened to an order. Changing this file changes the storage contract.

use crate::{
    CartId, Currency, Money, PaymentId, ProductId, Quantity, RefundId, UserId, cqrs::domain_event,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMethod {
    Standard,
    Express,
    SameDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    Card,
    Kaspi,
    CashOnDelivery,
}

/// One product of an order, at the price of the moment it was placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub product_id: ProductId,
    pub seller_id: UserId,
    pub name: String,
    pub quantity: Quantity,
    /// Of one unit.
    pub price: Money,
    /// `price * quantity`.
    pub line_total: Money,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    ByCustomer,
    ByStaff,
    /// Nobody paid before the hold expired.
    PaymentExpired,
}

/// What a refund gives back of one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefundedLine {
    pub product_id: ProductId,
    pub quantity: Quantity,
    pub amount: Money,
}

/// `at` is when it happened and `by` who did it (an account's id, or the name of a process).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Placed {
        number: String,
        user_id: UserId,
        /// The cart it came from, if any.
        cart_id: Option<CartId>,
        lines: Vec<Line>,
        currency: Currency,
        /// The sum of the lines.
        subtotal: Money,
        discount: Money,
        delivery_method: DeliveryMethod,
        delivery_cost: Money,
        /// `subtotal - discount + delivery_cost`.
        total_amount: Money,
        payment_method: PaymentMethod,
        payment_id: PaymentId,
        /// When the order is cancelled unless it is confirmed before.
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// A further payment was opened after the one before it failed.
    PaymentReopened {
        payment_id: PaymentId,
        at: DateTime<Utc>,
        by: String,
    },
    /// Paid, or to be paid in cash at the door.
    Confirmed {
        at: DateTime<Utc>,
        by: String,
    },
    ProcessingStarted {
        at: DateTime<Utc>,
        by: String,
    },
    Shipped {
        tracking_number: String,
        at: DateTime<Utc>,
        by: String,
    },
    Delivered {
        at: DateTime<Utc>,
        by: String,
    },
    Cancelled {
        reason: CancelReason,
        at: DateTime<Utc>,
        by: String,
    },
    /// Goods given back, whole or in part, with the money they cost. `lines` may be empty when only
    /// an amount was given back. The status becomes `refunded` once nothing is left to refund.
    Refunded {
        refund_id: RefundId,
        lines: Vec<RefundedLine>,
        /// All the money given back by this refund, lines and delivery together.
        amount: Money,
        reason: String,
        at: DateTime<Utc>,
        by: String,
    },
}

domain_event!(Event {
    Placed => "1.0",
    PaymentReopened => "1.0",
    Confirmed => "1.0",
    ProcessingStarted => "1.0",
    Shipped => "1.0",
    Delivered => "1.0",
    Cancelled => "1.0",
    Refunded => "1.0",
});
