//! Why a step of a checkout was refused.

use aggregates::{
    Points, ProductId, cart, gift_card, loyalty_account, order, payment, promotion,
    promotion_usage, stock_item,
};
use chrono::{DateTime, Utc};

#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    #[error(transparent)]
    Cart(#[from] cart::Error),
    #[error(transparent)]
    Order(#[from] order::Error),
    #[error(transparent)]
    Payment(#[from] payment::Error),
    #[error(transparent)]
    GiftCard(#[from] gift_card::Error),
    #[error(transparent)]
    Loyalty(#[from] loyalty_account::Error),
    #[error(transparent)]
    Promotion(#[from] promotion::Error),
    #[error(transparent)]
    PromotionUsage(#[from] promotion_usage::Error),
    #[error("this promotion cannot be used together with points")]
    NotStackable,
    #[error("at most {most} points can be used for these goods, not {requested}")]
    PointsLimit { most: Points, requested: Points },
    #[error("product {product_id}: {source}")]
    Stock { product_id: ProductId, source: stock_item::Error },
    #[error("product {product_id} is not for sale")]
    NotForSale { product_id: ProductId },
    #[error("the account of the buyer is blocked or erased")]
    AccountInactive,
    /// The cart changed while its streams were being found; nothing was decided.
    #[error("the cart is being changed elsewhere")]
    CartChanged,
    /// The order changed while its streams were being found; nothing was decided.
    #[error("the order is being changed elsewhere")]
    OrderChanged,
    /// The caller's `If-Match` names another version.
    #[error("the order is at version {found}, not at the one that `If-Match` names")]
    Stale { found: i64 },
    #[error("the hold on the goods ran out at {expired_at}")]
    HoldExpired { expired_at: DateTime<Utc> },
    #[error("the order is paid in cash at the door, and only such an order is")]
    MethodMismatch,
}

impl CheckoutError {
    pub(super) fn stock(product_id: ProductId) -> impl FnOnce(stock_item::Error) -> Self {
        move |source| Self::Stock { product_id, source }
    }
}
