//! What can have happened to a wishlist. Changing this file changes the storage contract.

use crate::{Money, ProductId, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// `price` is that of one unit then.
    ItemAdded {
        product_id: ProductId,
        price: Money,
        at: DateTime<Utc>,
    },
    ItemRemoved {
        product_id: ProductId,
        at: DateTime<Utc>,
    },
}

domain_event!(Event {
    ItemAdded => "1.0",
    ItemRemoved => "1.0",
});
