//! What can be asked of an order.

use super::FulfilmentStep;
use super::event::{CancelReason, CardPart, DeliveryMethod, PaymentMethod};
use crate::promotion::PromoCode;
use crate::{CartId, Currency, Money, PaymentId, Points, ProductId, Quantity, RefundId, UserId};
use chrono::{DateTime, Utc};

/// A line as it is ordered; the order computes its total.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLine {
    pub product_id: ProductId,
    pub seller_id: UserId,
    pub name: String,
    pub quantity: Quantity,
    pub price: Money,
    /// What a promotion takes off the line.
    pub discount: Money,
}

/// What an order has really taken, by how it was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    pub money: Money,
    pub gift_card: Money,
    pub points: Points,
}

impl Taken {
    /// The parts of one order's total, which is an amount of money.
    pub fn total(self) -> Money {
        let parts = [self.money, self.gift_card, self.points.value()];
        Money::checked_sum(parts).unwrap_or(Money::MAX)
    }

    pub fn money(money: Money) -> Self {
        Self { money, ..Self::default() }
    }
}

/// Whose step it is: decides which steps are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The buyer; may cancel before shipment.
    Customer(UserId),
    /// Moves along what they sell of the order; the whole where that is every line.
    Seller(UserId),
    Admin,
    /// The checkout process.
    System,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Place {
        number: String,
        user_id: UserId,
        cart_id: Option<CartId>,
        lines: Vec<NewLine>,
        currency: Currency,
        delivery_method: DeliveryMethod,
        delivery_cost: Money,
        promo_code: Option<PromoCode>,
        points: Points,
        gift_card: Option<CardPart>,
        payment_method: PaymentMethod,
        payment_id: PaymentId,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// Opens a further payment for a pending order whose payment failed.
    ReopenPayment {
        payment_id: PaymentId,
        at: DateTime<Utc>,
        by: Actor,
    },
    /// A gift card pays a part of a pending order; `payment_id` is the payment of the rest.
    ApplyGiftCard {
        gift_card: CardPart,
        payment_id: PaymentId,
        at: DateTime<Utc>,
        by: Actor,
    },
    Confirm {
        /// What the order earns its buyer.
        points_earned: Points,
        at: DateTime<Utc>,
        by: Actor,
    },
    /// Moves the whole order: every part that is not that far yet. So do the next two.
    StartProcessing {
        at: DateTime<Utc>,
        by: Actor,
    },
    Ship {
        tracking_number: String,
        at: DateTime<Utc>,
        by: Actor,
    },
    Deliver {
        at: DateTime<Utc>,
        by: Actor,
    },
    /// Moves the part of one seller along; the order follows the part that is behind all others.
    Fulfil {
        seller_id: UserId,
        step: FulfilmentStep,
        at: DateTime<Utc>,
        by: Actor,
    },
    Cancel {
        reason: CancelReason,
        /// The money that the payment took.
        collected: Money,
        at: DateTime<Utc>,
        by: Actor,
    },
    /// Cancels a pending order whose hold ran out at `at`; refused before `expires_at`.
    Expire {
        at: DateTime<Utc>,
    },
    /// Gives goods and money back: `lines` (all remaining units where neither lines nor amount is
    /// given, delivery included), or just `amount`. Never more than was paid and not yet given back.
    Refund {
        refund_id: RefundId,
        lines: Option<Vec<(ProductId, Quantity)>>,
        amount: Option<Money>,
        taken: Taken,
        reason: String,
        at: DateTime<Utc>,
        by: Actor,
    },
}
