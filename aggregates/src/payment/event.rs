//! What can have happened to a payment. Changing this file changes the storage contract.

use crate::order::PaymentMethod;
use crate::{Currency, Money, OrderId, RefundId, UserId, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Requested {
        order_id: OrderId,
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
