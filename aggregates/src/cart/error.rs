//! The rules of a cart, by what breaks them.

use super::Cart;
use crate::{ProductId, Quantity};

/// Why a cart refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// `requested` is what the line would have had.
    #[error("{requested} units are wanted and {available} are available")]
    InsufficientStock { available: u32, requested: u32 },
    #[error("a line has at most {max} units, not {requested}", max = Quantity::MAX)]
    QuantityTooLarge { requested: u32 },
    #[error("product {product_id} is not in the cart")]
    NoSuchItem { product_id: ProductId },
    #[error("a cart has at most {max} lines", max = Cart::MAX_LINES)]
    TooManyLines,
    #[error("the cart is empty")]
    Empty,
    #[error("a cart cannot be merged into itself")]
    OwnCart,
}
