//! What can have happened to an order. Changing this file changes the storage contract.

use crate::promotion::PromoCode;
use crate::{
    CartId, Currency, GiftCardId, Money, PaymentId, Points, ProductId, Quantity, RefundId, UserId,
    cqrs::domain_event,
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
    /// What the promotion takes off it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub discount: Money,
}

/// What a gift card pays of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPart {
    pub gift_card_id: GiftCardId,
    pub amount: Money,
}

/// What a confirmed order is booked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    /// The goods at their prices.
    pub subtotal: Money,
    pub discount: Money,
    pub delivery_cost: Money,
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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promo_code: Option<PromoCode>,
        #[serde(default, skip_serializing_if = "Points::is_zero")]
        points: Points,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gift_card: Option<CardPart>,
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
    /// A gift card pays a part of an order that is not paid yet; a further payment was opened for
    /// the rest.
    GiftCardApplied {
        gift_card: CardPart,
        payment_id: PaymentId,
        at: DateTime<Utc>,
        by: String,
    },
    /// Paid, or to be paid in cash at the door.
    Confirmed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        booked: Option<Booked>,
        #[serde(default, skip_serializing_if = "Points::is_zero")]
        points_earned: Points,
        at: DateTime<Utc>,
        by: String,
    },
    /// The whole order, or the last part of it that was behind: parts that are further on stay
    /// there. So with the next two.
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
    /// Of an order of several sellers: one of them prepares their part.
    FulfilmentProcessingStarted {
        seller_id: UserId,
        at: DateTime<Utc>,
        by: String,
    },
    /// One of several sellers sent their part.
    FulfilmentShipped {
        seller_id: UserId,
        tracking_number: String,
        at: DateTime<Utc>,
        by: String,
    },
    /// The part of one of several sellers arrived.
    FulfilmentDelivered {
        seller_id: UserId,
        at: DateTime<Utc>,
        by: String,
    },
    Cancelled {
        reason: CancelReason,
        /// Money that was booked with the confirmation and never came.
        #[serde(default, skip_serializing_if = "is_zero")]
        uncollected: Money,
        at: DateTime<Utc>,
        by: String,
    },
    /// Goods given back, whole or in part, with the money they cost. `lines` may be empty when only
    /// an amount was given back. The status becomes `refunded` once nothing is left to refund.
    Refunded {
        refund_id: RefundId,
        lines: Vec<RefundedLine>,
        /// All that is given back by this refund, lines and delivery together.
        amount: Money,
        /// The part of `amount` that goes back to the gift card.
        #[serde(default, skip_serializing_if = "is_zero")]
        gift_card: Money,
        /// The part of `amount` that was paid with points.
        #[serde(default, skip_serializing_if = "is_zero")]
        points_value: Money,
        /// The points given back: the running sum of `points_value` rounded down to whole points.
        #[serde(default, skip_serializing_if = "Points::is_zero")]
        points: Points,
        reason: String,
        at: DateTime<Utc>,
        by: String,
    },
}

fn is_zero(amount: &Money) -> bool {
    amount.is_zero()
}

// 1.1 adds fields that 1.0 is read without: nothing was taken off, paid otherwise or booked then.
domain_event!(Event {
    Placed => "1.1",
    PaymentReopened => "1.0",
    GiftCardApplied => "1.0",
    Confirmed => "1.1",
    ProcessingStarted => "1.0",
    Shipped => "1.0",
    Delivered => "1.0",
    FulfilmentProcessingStarted => "1.0",
    FulfilmentShipped => "1.0",
    FulfilmentDelivered => "1.0",
    Cancelled => "1.1",
    Refunded => "1.1",
});
