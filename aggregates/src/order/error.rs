//! The rules of an order, by what breaks them.

use super::{Order, Status};
use crate::{Money, ProductId, UserId};
use chrono::{DateTime, Utc};

/// Why an order refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the order was placed already")]
    AlreadyPlaced,
    #[error("there is no such order")]
    NotFound,
    #[error("an order needs a number")]
    NumberMissing,
    #[error("an order needs at least one line")]
    NoLines,
    #[error("an order has at most {max} lines, not {count}", max = Order::MAX_LINES)]
    TooManyLines { count: usize },
    #[error("product {product_id} is in the order twice")]
    DuplicateProduct { product_id: ProductId },
    #[error("the total is more than the largest amount, {max}", max = Money::MAX)]
    Overflow,
    #[error("more than product {product_id} costs is taken off it")]
    DiscountExceedsLine { product_id: ProductId },
    #[error("{requested} is more than the {due} that are to be paid")]
    MoreThanDue { due: Money, requested: Money },
    #[error("the order is paid with a gift card already")]
    HasGiftCard,
    #[error("an order that is {from} cannot become {to}")]
    InvalidTransition { from: Status, to: Status },
    #[error("this step is not theirs to take")]
    NotAllowed,
    #[error("{seller_id} sells nothing in the order")]
    NoSuchFulfilment { seller_id: UserId },
    #[error("a part of the order has left already")]
    PartlyShipped,
    #[error("a shipment needs a tracking number")]
    TrackingNumberMissing,
    #[error("the order does not expire before {expires_at}")]
    NotExpired { expires_at: DateTime<Utc> },
    #[error("product {product_id} is not in the order")]
    NoSuchLine { product_id: ProductId },
    #[error(
        "{requested} units of product {product_id} cannot be refunded, {available} are left of it"
    )]
    RefundExceedsLine { product_id: ProductId, available: u32, requested: u32 },
    #[error("{requested} is more than the lines cost, {value}")]
    RefundExceedsLines { value: Money, requested: Money },
    #[error("{requested} cannot be refunded, {available} is left of what was paid")]
    RefundExceedsPaid { available: Money, requested: Money },
    #[error("there is nothing to refund")]
    NothingToRefund,
}
