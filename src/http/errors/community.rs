//! The refusals of reviews and wishlists. Holds no rule, like the module above.

use super::stale;
use crate::http::problem::Problem;
use crate::reviews::ReviewError;
use crate::wishlists::WishlistError;
use aggregates::{review, wishlist};

impl From<review::Error> for Problem {
    fn from(error: review::Error) -> Self {
        use review::Error;
        let detail = error.to_string();
        match error {
            Error::AlreadyPosted => Self::conflict("review_exists", detail),
            Error::NotFound => Self::not_found("review_not_found", detail),
            Error::NotAuthor => Self::forbidden("not_author", detail),
            Error::NotABuyer => Self::forbidden("not_a_buyer", detail),
            Error::OwnProduct => Self::forbidden("own_product", detail),
        }
    }
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        let detail = error.to_string();
        match error {
            ReviewError::Review(refusal) => refusal.into(),
            ReviewError::AccountInactive => Self::forbidden("account_blocked", detail),
            ReviewError::Stale { found } => stale(found, detail),
        }
    }
}

impl From<wishlist::Error> for Problem {
    fn from(error: wishlist::Error) -> Self {
        use wishlist::Error;
        let detail = error.to_string();
        match error {
            Error::NoSuchItem { .. } => Self::not_found("wishlist_item_not_found", detail),
            Error::TooManyItems => Self::unprocessable("wishlist_full", detail),
        }
    }
}

impl From<WishlistError> for Problem {
    fn from(error: WishlistError) -> Self {
        let detail = error.to_string();
        match error {
            WishlistError::Wishlist(refusal) => refusal.into(),
            WishlistError::NoSuchProduct => Self::not_found("product_not_found", detail),
            WishlistError::Stale { found } => stale(found, detail),
        }
    }
}
