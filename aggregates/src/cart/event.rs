//! What can have happened to a cart. Changing this file changes the storage contract.

use crate::{CartId, Money, OrderId, ProductId, Quantity, cqrs::domain_event};
use serde::{Deserialize, Serialize};

/// A line that moved from a guest's cart into a user's at login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergedLine {
    pub product_id: ProductId,
    /// The quantity of the line after the merge.
    pub quantity: Quantity,
    pub price: Money,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A line was added or grew: `quantity` is what was added, `price` the price of one unit then.
    ItemAdded {
        product_id: ProductId,
        quantity: Quantity,
        price: Money,
    },
    /// `quantity` is the new quantity of the line.
    QuantityChanged {
        product_id: ProductId,
        quantity: Quantity,
    },
    ItemRemoved {
        product_id: ProductId,
    },
    Cleared {},
    /// The lines of a guest's cart came in.
    Merged {
        from: CartId,
        lines: Vec<MergedLine>,
    },
    /// This guest cart went into a user's cart and is empty now.
    HandedOver {
        to: CartId,
    },
    /// The lines became an order; the cart is empty now.
    CheckedOut {
        order_id: OrderId,
    },
}

domain_event!(Event {
    ItemAdded => "1.0",
    QuantityChanged => "1.0",
    ItemRemoved => "1.0",
    Cleared => "1.0",
    Merged => "1.0",
    HandedOver => "1.0",
    CheckedOut => "1.0",
});
