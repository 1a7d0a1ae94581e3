//! What can have happened to a promotion. Changing this file changes the storage contract.

use super::Terms;
use crate::{Money, OrderId, UserId, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `at` is when it happened and `by` who did it (an account's id, or the name of a process).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Created {
        terms: Terms,
        at: DateTime<Utc>,
        by: String,
    },
    /// New terms for whoever uses it from now on.
    Changed {
        terms: Terms,
        at: DateTime<Utc>,
        by: String,
    },
    /// An administrator ended it.
    Withdrawn {
        at: DateTime<Utc>,
        by: String,
    },
    /// Its window closed.
    Expired {
        at: DateTime<Utc>,
        by: String,
    },
    /// A use is set aside for an order that is not settled yet.
    UseHeld {
        order_id: OrderId,
        user_id: UserId,
        /// What it takes off the order.
        discount: Money,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    Used {
        order_id: OrderId,
        user_id: UserId,
        discount: Money,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order ended without its use.
    UseReleased {
        order_id: OrderId,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order was cancelled after its use: it can be used once more.
    UseRestored {
        order_id: OrderId,
        at: DateTime<Utc>,
        by: String,
    },
}

domain_event!(Event {
    Created => "1.0",
    Changed => "1.0",
    Withdrawn => "1.0",
    Expired => "1.0",
    UseHeld => "1.0",
    Used => "1.0",
    UseReleased => "1.0",
    UseRestored => "1.0",
});
