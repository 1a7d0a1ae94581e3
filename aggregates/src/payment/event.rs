//! What can have happened to a payment. Changing this file changes the storage contract.

use crate::order::PaymentMethod;
use crate::{Currency, GiftCardId, Money, OrderId, RefundId, UserId, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// For an order or for a gift card: one of the two ids is there.
    Requested {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order_id: Option<OrderId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gift_card_id: Option<GiftCardId>,
        user_id: UserId,
        amount: Money,
        currency: Currency,
        method: PaymentMethod,
        at: DateTime<Utc>,
    },
    /// The provider is about to be asked; from here on the outcome may be unknown.
    Started {
        method: PaymentMethod,
        at: DateTime<Utc>,
    },
    /// The money was taken.
    Completed {
        transaction_id: String,
        at: DateTime<Utc>,
    },
    /// The provider refused, for a reason in its words.
    Failed {
        reason: String,
        at: DateTime<Utc>,
    },
    /// The order ended before anybody paid.
    Voided {
        reason: String,
        at: DateTime<Utc>,
    },
    RefundRequested {
        refund_id: RefundId,
        amount: Money,
        reason: String,
        at: DateTime<Utc>,
    },
    /// The provider gave the money back.
    Refunded {
        refund_id: RefundId,
        amount: Money,
        at: DateTime<Utc>,
    },
}

domain_event!(Event {
    Requested => "1.0",
    Started => "1.0",
    Completed => "1.0",
    Failed => "1.0",
    Voided => "1.0",
    RefundRequested => "1.0",
    Refunded => "1.0",
});
