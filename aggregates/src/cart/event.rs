//! What can have happened to a cart. Changing this file changes the storage contract.

use crate::gift_card::CodeHash;
use crate::promotion::PromoCode;
use crate::{CartId, GiftCardId, Money, OrderId, Points, ProductId, Quantity, cqrs::domain_event};
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
    /// A promotion is to be used by the order.
    PromoApplied {
        code: PromoCode,
    },
    PromoRemoved {},
    /// A gift card is to pay of the order: at most `amount`, or all it can.
    GiftCardApplied {
        gift_card_id: GiftCardId,
        /// The code that was known, which may be replaced before the order.
        code_hash: CodeHash,
        /// The last symbols of the code.
        hint: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Money>,
    },
    GiftCardRemoved {},
    /// So many points are to pay of the order, as far as they may.
    PointsApplied {
        points: Points,
    },
    PointsRemoved {},
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
    PromoApplied => "1.0",
    PromoRemoved => "1.0",
    GiftCardApplied => "1.0",
    GiftCardRemoved => "1.0",
    PointsApplied => "1.0",
    PointsRemoved => "1.0",
    CheckedOut => "1.0",
});
