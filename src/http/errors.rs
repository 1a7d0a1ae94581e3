//! The one mapping from the errors of the domain and the log to problems. Holds no rule: which
//! command is refused is decided in `aggregates`, here it only gets its status and its code.

mod community;
mod records;
mod value;
mod webhooks;

use crate::cart::CartError;
use crate::catalogue::CatalogueError;
use crate::checkout::CheckoutError;
use crate::http::pagination::invalid_cursor;
use crate::http::problem::{FieldError, Problem};
use aggregates::{account, cart, order, payment, product, stock_item};
use eventlog::UnitError;
use eventlog::tree::TreeError;
use std::convert::Infallible;

impl From<Infallible> for Problem {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl<E: Into<Problem>> From<UnitError<E>> for Problem {
    fn from(error: UnitError<E>) -> Self {
        match error {
            UnitError::Rejected(refusal) => refusal.into(),
            UnitError::Conflict => Self::conflict(
                "concurrent_modification",
                "others kept changing the same things; try again",
            ),
            UnitError::Duplicate { constraint } => duplicate(&constraint),
            UnitError::KeyReused => Self::unprocessable(
                "idempotency_key_reused",
                "the idempotency key was used with another request",
            ),
            UnitError::Unavailable(error) => error.into(),
            UnitError::Unreadable { stream, source } => {
                let error: UnitError<Infallible> = UnitError::Unreadable { stream, source };
                Self::internal(&error)
            }
            UnitError::Stopped => Self::overloaded("the server is shutting down; try again"),
        }
    }
}

/// A unique value that is taken, by the constraint that guards it.
fn duplicate(constraint: &str) -> Problem {
    match constraint {
        "personal_data_email" => {
            Problem::conflict("email_taken", "an account with this e-mail address exists already")
        }
        other => {
            tracing::warn!(
                constraint = other,
                "a unique value is taken, and no message says which"
            );
            Problem::conflict("duplicate", "this exists already")
        }
    }
}

impl From<TreeError> for Problem {
    fn from(error: TreeError) -> Self {
        let detail = error.to_string();
        match error {
            TreeError::NotSealed { sealed, .. } => {
                Self::unprocessable("tree_too_small", detail).with("sealed", sealed)
            }
            TreeError::NoSuchLeaf { size, .. } => {
                Self::not_found("leaf_not_found", detail).with("size", size)
            }
            TreeError::NotBefore { .. } => Self::unprocessable("not_an_older_tree", detail),
            TreeError::Rewritten { .. } | TreeError::BadTile { .. } => Self::internal(&error),
            TreeError::Unavailable(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            // A conversation that broke off in the middle of a word.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::unavailable(&error),
            // Too many connections, statement time-outs, start-up and shut-down of PostgreSQL; and a
            // read model that is still of an older version, until it is made anew.
            sqlx::Error::Database(database)
                if database.code().is_some_and(|code| {
                    ["08", "53", "57"].iter().any(|class| code.starts_with(class))
                        || ["42P01", "42703"].contains(&&*code)
                }) =>
            {
                Self::unavailable(&error)
            }
            // A time that PostgreSQL cannot have stored. Parameters are checked, so that it stands in
            // a cursor that nobody was given.
            sqlx::Error::Database(database) if database.code().as_deref() == Some("22008") => {
                invalid_cursor()
            }
            _ => Self::internal(&error),
        }
    }
}

impl From<account::Error> for Problem {
    fn from(error: account::Error) -> Self {
        use account::Error;
        let detail = error.to_string();
        match error {
            Error::AlreadyRegistered => Self::conflict("already_registered", detail),
            // An erased account is as good as none.
            Error::NotFound | Error::Erased => {
                Self::not_found("user_not_found", "there is no such account")
            }
            // The reason is for administrators.
            Error::Blocked { .. } => Self::forbidden("account_blocked", "the account is blocked"),
            Error::AlreadyBlocked { .. } => {
                Self::conflict("already_blocked", "the account is blocked already")
            }
            Error::NotBlocked => Self::conflict("not_blocked", detail),
        }
    }
}

fn insufficient_stock(available: u32, requested: u32, detail: String) -> Problem {
    Problem::conflict("insufficient_stock", detail)
        .with("available", available)
        .with("requested", requested)
}

impl From<cart::Error> for Problem {
    fn from(error: cart::Error) -> Self {
        use cart::Error;
        let detail = error.to_string();
        match error {
            Error::InsufficientStock { available, requested } => {
                insufficient_stock(available, requested, detail)
            }
            Error::QuantityTooLarge { .. } => {
                Self::invalid(vec![FieldError::at("/quantity", detail).code("too_large")])
            }
            Error::NoSuchItem { .. } => Self::not_found("cart_item_not_found", detail),
            Error::TooManyLines => Self::unprocessable("too_many_lines", detail),
            Error::Empty => Self::unprocessable("cart_empty", detail),
            Error::OwnCart => Self::conflict("own_cart", detail),
        }
    }
}

impl From<stock_item::Error> for Problem {
    fn from(error: stock_item::Error) -> Self {
        use stock_item::Error;
        let detail = error.to_string();
        match error {
            Error::InsufficientStock { available, requested } => {
                insufficient_stock(available, requested, detail)
            }
            Error::AlreadyReserved => Self::conflict("already_reserved", detail),
            Error::NoReservation => Self::conflict("no_reservation", detail),
            Error::BelowReserved { reserved, .. } => {
                Self::conflict("below_reserved", detail).with("reserved", reserved)
            }
            Error::TooMany { .. } => {
                Self::invalid(vec![FieldError::at("/quantity", detail).code("too_large")])
            }
            Error::ReturnExceedsSold { .. } => Self::conflict("return_exceeds_sold", detail),
            Error::ZeroQuantity => Self::invalid_field("/quantity", detail),
        }
    }
}

impl From<product::Error> for Problem {
    fn from(error: product::Error) -> Self {
        use product::Error;
        let detail = error.to_string();
        match error {
            Error::AlreadyExists => Self::conflict("product_exists", detail),
            // An archived product is hidden.
            Error::NotFound | Error::Archived => {
                Self::not_found("product_not_found", "there is no such product")
            }
            Error::NotOwner => Self::forbidden("not_owner", detail),
            Error::NameLength { .. } | Error::NamedByAlbum => Self::invalid_field("/name", detail),
            Error::DescriptionTooLong { .. } => Self::invalid_field("/description", detail),
            Error::CategoryLength { .. } => Self::invalid_field("/category", detail),
            Error::TooManyAttributes { .. }
            | Error::AttributeKeyTooLong { .. }
            | Error::AttributeValueTooLong { .. } => Self::invalid_field("/attributes", detail),
            Error::TooManyImages { .. } | Error::ImageUrlTooLong { .. } => {
                Self::invalid_field("/image_urls", detail)
            }
        }
    }
}

impl From<order::Error> for Problem {
    fn from(error: order::Error) -> Self {
        use order::Error;
        let detail = error.to_string();
        match error {
            Error::AlreadyPlaced => Self::conflict("order_exists", detail),
            Error::NotFound => Self::not_found("order_not_found", detail),
            Error::NumberMissing => Self::unprocessable("order_number_missing", detail),
            Error::NoLines => Self::unprocessable("cart_empty", detail),
            Error::TooManyLines { .. } => Self::unprocessable("too_many_lines", detail),
            Error::DuplicateProduct { .. } => Self::unprocessable("duplicate_product", detail),
            Error::Overflow => Self::unprocessable("amount_too_large", detail),
            Error::InvalidTransition { from, to } => Self::conflict("invalid_transition", detail)
                .with("from", from.to_string())
                .with("to", to.to_string()),
            Error::NotAllowed => Self::forbidden("step_not_allowed", detail),
            Error::NoSuchFulfilment { .. } => Self::not_found("fulfilment_not_found", detail),
            Error::PartlyShipped => Self::conflict("partly_shipped", detail),
            Error::TrackingNumberMissing => Self::unprocessable("tracking_number_missing", detail),
            Error::NotExpired { .. } => Self::conflict("order_not_expired", detail),
            Error::NoSuchLine { .. } => Self::unprocessable("order_line_not_found", detail),
            Error::RefundExceedsLine { available, .. } => {
                Self::unprocessable("refund_exceeds_line", detail).with("available", available)
            }
            Error::RefundExceedsLines { .. } => Self::unprocessable("refund_exceeds_lines", detail),
            Error::RefundExceedsPaid { available, .. } => {
                Self::unprocessable("refund_exceeds_paid", detail)
                    .with("available", available.to_string())
            }
            Error::NothingToRefund => Self::conflict("nothing_to_refund", detail),
            Error::DiscountExceedsLine { .. } => Self::unprocessable("discount_too_large", detail),
            Error::MoreThanDue { due, .. } => {
                Self::unprocessable("more_than_due", detail).with("due", due.to_string())
            }
            Error::HasGiftCard => Self::conflict("gift_card_already_applied", detail),
        }
    }
}

impl From<payment::Error> for Problem {
    fn from(error: payment::Error) -> Self {
        use payment::Error;
        let detail = error.to_string();
        match error {
            Error::AlreadyRequested => Self::conflict("payment_exists", detail),
            Error::NotFound => Self::not_found("payment_not_found", detail),
            Error::AlreadyProcessing => Self::conflict("payment_processing", detail),
            Error::AlreadyCompleted => Self::conflict("payment_completed", detail),
            Error::Ended => Self::conflict("payment_ended", detail),
            Error::OutcomeUnknown => Self::conflict("payment_outcome_unknown", detail),
            Error::NotCompleted => Self::conflict("payment_not_completed", detail),
            Error::ZeroRefund => Self::invalid_field("/amount", detail),
            Error::RefundExceedsPaid { available, .. } => {
                Self::unprocessable("refund_exceeds_paid", detail)
                    .with("available", available.to_string())
            }
            Error::NoSuchRefund { .. } => Self::not_found("refund_not_found", detail),
        }
    }
}

/// `If-Match` names another version than the current one.
fn stale(found: i64, detail: String) -> Problem {
    Problem::precondition_failed("version_mismatch", detail).with("version", found)
}

impl From<CatalogueError> for Problem {
    fn from(error: CatalogueError) -> Self {
        let detail = error.to_string();
        match error {
            CatalogueError::Product(refusal) => refusal.into(),
            CatalogueError::Stock(refusal) => refusal.into(),
            CatalogueError::Artist(refusal) => refusal.into(),
            CatalogueError::NoSuchAlbum => Self::not_found("album_not_found", detail),
            CatalogueError::Changed => Self::conflict("concurrent_modification", detail),
            CatalogueError::Stale { found } => stale(found, detail),
        }
    }
}

impl From<CartError> for Problem {
    fn from(error: CartError) -> Self {
        let detail = error.to_string();
        match error {
            CartError::Cart(refusal) => refusal.into(),
            CartError::Promotion(refusal) => refusal.into(),
            CartError::PromotionUsage(refusal) => refusal.into(),
            CartError::GiftCard(refusal) => refusal.into(),
            CartError::Loyalty(refusal) => refusal.into(),
            CartError::NotStackable => Self::unprocessable("promo_not_stackable", detail),
            CartError::PointsLimit { most, .. } => {
                Self::unprocessable("points_limit", detail).with("most", most.get())
            }
            CartError::NoSuchProduct => Self::not_found("product_not_found", detail),
            CartError::Changed => Self::conflict("concurrent_modification", detail),
            CartError::Stale { found } => stale(found, detail),
        }
    }
}

impl From<CheckoutError> for Problem {
    fn from(error: CheckoutError) -> Self {
        let detail = error.to_string();
        match error {
            CheckoutError::Cart(refusal) => refusal.into(),
            CheckoutError::Order(refusal) => refusal.into(),
            CheckoutError::Payment(refusal) => refusal.into(),
            CheckoutError::Stock { product_id, source } => {
                Self::from(source).with("product_id", product_id.to_string())
            }
            CheckoutError::NotForSale { product_id } => {
                Self::conflict("product_not_for_sale", detail)
                    .with("product_id", product_id.to_string())
            }
            CheckoutError::AccountInactive => Self::forbidden("account_blocked", detail),
            CheckoutError::GiftCard(refusal) => refusal.into(),
            CheckoutError::Loyalty(refusal) => refusal.into(),
            CheckoutError::Promotion(refusal) => refusal.into(),
            CheckoutError::PromotionUsage(refusal) => refusal.into(),
            CheckoutError::NotStackable => Self::unprocessable("promo_not_stackable", detail),
            CheckoutError::PointsLimit { most, .. } => {
                Self::unprocessable("points_limit", detail).with("most", most.get())
            }
            CheckoutError::CartChanged | CheckoutError::OrderChanged => {
                Self::conflict("concurrent_modification", detail)
            }
            CheckoutError::HoldExpired { .. } => Self::conflict("order_expired", detail),
            CheckoutError::MethodMismatch => Self::unprocessable("payment_method_mismatch", detail),
            CheckoutError::Stale { found } => stale(found, detail),
        }
    }
}
