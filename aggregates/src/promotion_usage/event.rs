//! What can have happened to one customer's uses of one promotion. Changing this file changes the
//! storage contract.

use crate::{OrderId, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A use is set aside for an order that is not settled yet.
    Held {
        order_id: OrderId,
        at: DateTime<Utc>,
    },
    Used {
        order_id: OrderId,
        at: DateTime<Utc>,
    },
    /// The order ended without its use.
    Released {
        order_id: OrderId,
        at: DateTime<Utc>,
    },
    /// The order was cancelled after its use: it can be used once more.
    Restored {
        order_id: OrderId,
        at: DateTime<Utc>,
    },
}

domain_event!(Event {
    Held => "1.0",
    Used => "1.0",
    Released => "1.0",
    Restored => "1.0",
});
