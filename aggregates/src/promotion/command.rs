//! What can be asked of a promotion.

use super::Terms;
use crate::{Money, OrderId, UserId};
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Create {
        terms: Terms,
        at: DateTime<Utc>,
        by: String,
    },
    /// Causes nothing where the terms are the same already.
    Change {
        terms: Terms,
        at: DateTime<Utc>,
        by: String,
    },
    /// Ends it. Causes nothing where it has ended already.
    Withdraw {
        at: DateTime<Utc>,
        by: String,
    },
    /// Records that its window closed. Causes nothing before, or where it has ended already.
    Expire {
        at: DateTime<Utc>,
        by: String,
    },
    /// Sets a use aside for an order; `discount` is what the terms give it.
    HoldUse {
        order_id: OrderId,
        user_id: UserId,
        discount: Money,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order takes the use that is held for it.
    Use {
        order_id: OrderId,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order ended without the use that is held for it.
    ReleaseUse {
        order_id: OrderId,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order was cancelled after its use.
    RestoreUse {
        order_id: OrderId,
        at: DateTime<Utc>,
        by: String,
    },
}
