//! Who may review a product, decided on the order that brought it.

use super::Error;
use crate::order::Order;
use crate::{OrderId, ProductId, UserId};

/// The proof that an order brought a product to a user. Made from that order only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase {
    order: OrderId,
    product: ProductId,
    user: UserId,
}

impl Purchase {
    /// The order must be the user's and have the product, and its seller's part have been
    /// delivered. What was sent back afterwards was delivered too: who returned a thing knows why.
    /// Orders of one's own goods do not count.
    pub fn proven_by(
        order_id: OrderId,
        order: &Order,
        product_id: ProductId,
        user_id: UserId,
    ) -> Result<Self, Error> {
        let own = order.details().filter(|details| details.user_id == user_id);
        let details = own.ok_or(Error::NotABuyer)?;
        let line = details.line(product_id).ok_or(Error::NotABuyer)?;
        if line.seller_id == user_id {
            return Err(Error::OwnProduct);
        }
        if !details.was_delivered(line) {
            return Err(Error::NotABuyer);
        }
        Ok(Self { order: order_id, product: product_id, user: user_id })
    }

    pub const fn order_id(&self) -> OrderId {
        self.order
    }

    pub const fn product_id(&self) -> ProductId {
        self.product
    }

    pub const fn user_id(&self) -> UserId {
        self.user
    }
}
