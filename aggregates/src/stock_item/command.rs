//! What can be asked of the stock of a product.

use super::event::ReleaseReason;
use crate::{OrderId, Quantity};
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Receive {
        quantity: u32,
        reason: String,
    },
    /// Corrects the count by `delta`; never below what is reserved.
    Adjust {
        delta: i64,
        reason: String,
    },
    /// Sets the units available for sale; causes nothing where that is what there is.
    SetAvailable {
        quantity: u32,
        reason: String,
    },
    Reserve {
        order_id: OrderId,
        quantity: Quantity,
        expires_at: DateTime<Utc>,
    },
    Commit {
        order_id: OrderId,
    },
    Release {
        order_id: OrderId,
        reason: ReleaseReason,
    },
    Return {
        order_id: OrderId,
        quantity: Quantity,
    },
}
