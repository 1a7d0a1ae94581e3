//! What can be asked of a gift card.

use super::CodeHash;
use crate::{Currency, Money, OrderId, PaymentId, RefundId, UserId};
use chrono::{DateTime, Utc};

/// The code of a card as the log may know it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCode {
    pub hash: CodeHash,
    /// The last symbols, which may be shown.
    pub hint: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A customer buys it; it is worth nothing before [`Command::Pay`].
    Request {
        code: NewCode,
        amount: Money,
        currency: Currency,
        buyer: UserId,
        payment_id: PaymentId,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// The payment was completed. Causes nothing where that is recorded already.
    Pay {
        at: DateTime<Utc>,
        by: String,
    },
    /// The payment failed. Causes nothing where that is recorded already.
    Withdraw {
        reason: String,
        at: DateTime<Utc>,
        by: String,
    },
    /// An administrator gives it away.
    Issue {
        code: NewCode,
        amount: Money,
        currency: Currency,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// Sets an amount aside for an order, for whoever knows the code.
    Hold {
        code_hash: CodeHash,
        order_id: OrderId,
        amount: Money,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order takes what is held for it.
    Capture {
        order_id: OrderId,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order ended without what is held for it.
    Void {
        order_id: OrderId,
        at: DateTime<Utc>,
        by: String,
    },
    /// Gives back a part of what the order took. The card is valid at least until `valid_until`
    /// then, so that money does not come back to a card that has just expired.
    CreditBack {
        order_id: OrderId,
        refund_id: RefundId,
        amount: Money,
        valid_until: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    Disable {
        reason: String,
        at: DateTime<Utc>,
        by: String,
    },
    /// Moves the balance to a new code; enables a disabled card.
    Reissue {
        code: NewCode,
        at: DateTime<Utc>,
        by: String,
    },
    /// Ends what is available of a card whose time is up; causes nothing before, or where nothing
    /// is left.
    Expire {
        at: DateTime<Utc>,
        by: String,
    },
}
