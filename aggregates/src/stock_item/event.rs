//! What can have happened to the stock of one product. Changing this file changes the storage
//! contract. Quantities are units.

use crate::{OrderId, Quantity, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Why a reservation ended without a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    Cancelled,
    Expired,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// New units arrived.
    Received { quantity: u32, reason: String },
    /// The count was corrected by hand.
    Adjusted { delta: i64, reason: String },
    /// Units set aside for an order until it settles or the hold expires.
    Reserved { order_id: OrderId, quantity: Quantity, expires_at: DateTime<Utc> },
    /// A reservation became a sale.
    Committed { order_id: OrderId, quantity: Quantity },
    /// A reservation ended without a sale.
    Released { order_id: OrderId, quantity: Quantity, reason: ReleaseReason },
    /// Sold units came back.
    Returned { order_id: OrderId, quantity: Quantity },
}

domain_event!(Event {
    Received => "1.0",
    Adjusted => "1.0",
    Reserved => "1.0",
    Committed => "1.0",
    Released => "1.0",
    Returned => "1.0",
});
