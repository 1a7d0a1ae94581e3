//! What can have happened to a gift card. Changing this file changes the storage contract.

use super::CodeHash;
use crate::{Currency, Money, OrderId, PaymentId, RefundId, UserId, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `at` is when it happened and `by` who did it (an account's id, or the name of a process).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A customer is about to pay for it; nothing can be spent yet.
    Requested {
        code_hash: CodeHash,
        /// The last symbols of the code, which may be shown.
        hint: String,
        amount: Money,
        currency: Currency,
        buyer: UserId,
        payment_id: PaymentId,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// From now on it can be spent: an administrator made it, or its payment was completed.
    Issued {
        code_hash: CodeHash,
        hint: String,
        amount: Money,
        currency: Currency,
        /// Absent where an administrator gave it away.
        buyer: Option<UserId>,
        payment_id: Option<PaymentId>,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// Nobody paid for it: it never came to be.
    Withdrawn { reason: String, at: DateTime<Utc>, by: String },
    /// Set aside for an order that is not settled yet.
    Held {
        order_id: OrderId,
        amount: Money,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order took what was held for it.
    Captured { order_id: OrderId, amount: Money, at: DateTime<Utc>, by: String },
    /// The order ended without it: what was held is available again.
    Voided { order_id: OrderId, amount: Money, at: DateTime<Utc>, by: String },
    /// A refund gave back what the order had taken.
    CreditedBack {
        order_id: OrderId,
        refund_id: RefundId,
        amount: Money,
        /// Until when the card is valid from now on.
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// Nothing can be spent from it until it is reissued.
    Disabled { reason: String, at: DateTime<Utc>, by: String },
    /// The balance moved to a new code; the old one is worthless.
    Reissued { code_hash: CodeHash, hint: String, at: DateTime<Utc>, by: String },
    /// What was available is lost to its holder (breakage).
    Expired { amount: Money, at: DateTime<Utc>, by: String },
}

domain_event!(Event {
    Requested => "1.0",
    Issued => "1.0",
    Withdrawn => "1.0",
    Held => "1.0",
    Captured => "1.0",
    Voided => "1.0",
    CreditedBack => "1.0",
    Disabled => "1.0",
    Reissued => "1.0",
    Expired => "1.0",
});
