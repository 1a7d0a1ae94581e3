//! What can be asked of a payment.

use super::Purpose;
use crate::order::PaymentMethod;
use crate::{Currency, Money, RefundId, UserId};
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Request {
        purpose: Purpose,
        user_id: UserId,
        amount: Money,
        currency: Currency,
        method: PaymentMethod,
        at: DateTime<Utc>,
    },
    Start {
        method: PaymentMethod,
        at: DateTime<Utc>,
    },
    /// Records that the provider took the money. Causes nothing where it is recorded already.
    Complete {
        transaction_id: String,
        at: DateTime<Utc>,
    },
    /// Records that the provider refused. Causes nothing where it is recorded already.
    Fail {
        reason: String,
        at: DateTime<Utc>,
    },
    /// Ends a payment that was never started; causes nothing where it has ended without money.
    Void {
        reason: String,
        at: DateTime<Utc>,
    },
    RequestRefund {
        refund_id: RefundId,
        amount: Money,
        reason: String,
        at: DateTime<Utc>,
    },
    /// Records that the provider gave the money back. Causes nothing where it is recorded already.
    CompleteRefund {
        refund_id: RefundId,
        at: DateTime<Utc>,
    },
}
