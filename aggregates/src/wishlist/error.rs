//! The rules of a wishlist, by what breaks them.

use super::Wishlist;
use crate::ProductId;

/// Why a wishlist refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("product {product_id} is not on the wishlist")]
    NoSuchItem { product_id: ProductId },
    #[error("a wishlist has at most {max} items", max = Wishlist::MAX_ITEMS)]
    TooManyItems,
}
