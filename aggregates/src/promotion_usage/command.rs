//! What can be asked of one customer's uses of one promotion.

use crate::OrderId;
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Sets a use aside; at most `limit` where the promotion has one for each customer.
    Hold {
        order_id: OrderId,
        limit: Option<u32>,
        at: DateTime<Utc>,
    },
    Use {
        order_id: OrderId,
        at: DateTime<Utc>,
    },
    Release {
        order_id: OrderId,
        at: DateTime<Utc>,
    },
    Restore {
        order_id: OrderId,
        at: DateTime<Utc>,
    },
}
