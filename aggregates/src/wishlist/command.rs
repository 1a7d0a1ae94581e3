//! What can be asked of a wishlist.

use crate::{Money, ProductId};
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Causes nothing where the product is on the list: it keeps the price of then.
    Add {
        product_id: ProductId,
        /// Of one unit, now.
        price: Money,
        at: DateTime<Utc>,
    },
    Remove {
        product_id: ProductId,
        at: DateTime<Utc>,
    },
}
