//! The refusals of gift cards, points and promotions. Holds no rule, like the module above.

use super::stale;
use crate::gift_cards::GiftCardError;
use crate::http::problem::Problem;
use crate::promotions::PromotionError;
use aggregates::{gift_card, loyalty_account, promotion, promotion_usage};

impl From<gift_card::Error> for Problem {
    fn from(error: gift_card::Error) -> Self {
        use gift_card::Error;
        let detail = error.to_string();
        match error {
            Error::NotFound => Self::not_found("gift_card_not_found", detail),
            Error::AlreadyExists => Self::conflict("gift_card_exists", detail),
            Error::ZeroAmount => Self::invalid_field("/amount", detail),
            Error::ExpiresTooEarly => Self::invalid_field("/expires_at", detail),
            Error::NotPaid => Self::conflict("gift_card_not_paid", detail),
            Error::Withdrawn => Self::conflict("gift_card_withdrawn", detail),
            Error::Disabled => Self::conflict("gift_card_disabled", detail),
            Error::Expired { expired_at } => Self::conflict("gift_card_expired", detail)
                .with("expired_at", expired_at.to_rfc3339()),
            Error::InsufficientBalance { available, requested } => {
                Self::conflict("insufficient_balance", detail)
                    .with("available", available.to_string())
                    .with("requested", requested.to_string())
            }
            Error::AlreadyHeld => Self::conflict("gift_card_already_applied", detail),
            Error::NothingHeld => Self::conflict("nothing_held", detail),
            Error::CreditExceedsTaken { .. } => Self::unprocessable("credit_exceeds_taken", detail),
        }
    }
}

impl From<GiftCardError> for Problem {
    fn from(error: GiftCardError) -> Self {
        let detail = error.to_string();
        match error {
            GiftCardError::Card(refusal) => refusal.into(),
            GiftCardError::Payment(refusal) => refusal.into(),
            GiftCardError::AccountInactive => Self::forbidden("account_blocked", detail),
        }
    }
}

impl From<loyalty_account::Error> for Problem {
    fn from(error: loyalty_account::Error) -> Self {
        use loyalty_account::Error;
        let detail = error.to_string();
        match error {
            Error::ZeroPoints => Self::invalid_field("/points", detail),
            Error::InsufficientPoints { available, requested } => {
                Self::conflict("insufficient_points", detail)
                    .with("available", available.get())
                    .with("requested", requested.get())
            }
            Error::AlreadyEarned => Self::conflict("already_earned", detail),
            Error::AlreadyHeld => Self::conflict("points_already_held", detail),
            Error::NothingHeld => Self::conflict("nothing_held", detail),
            Error::RestoreExceedsSpent { .. } => {
                Self::unprocessable("restore_exceeds_spent", detail)
            }
        }
    }
}

impl From<promotion::Error> for Problem {
    fn from(error: promotion::Error) -> Self {
        use promotion::Error;
        let detail = error.to_string();
        match error {
            Error::NotFound => Self::not_found("promo_not_found", detail),
            Error::AlreadyExists => Self::conflict("promo_exists", detail),
            Error::PercentOutOfRange | Error::NothingOff => Self::invalid_field("/value", detail),
            Error::NoUses => Self::invalid_field("/usage_limit", detail),
            Error::NoCategories => Self::invalid_field("/categories", detail),
            Error::EndsBeforeItStarts => Self::invalid_field("/ends_at", detail),
            Error::NotStarted { starts_at } => Self::conflict("promo_not_started", detail)
                .with("starts_at", starts_at.to_rfc3339()),
            Error::Over { ended_at } => {
                Self::conflict("promo_expired", detail).with("ended_at", ended_at.to_rfc3339())
            }
            Error::Withdrawn => Self::conflict("promo_withdrawn", detail),
            Error::NothingApplies => Self::unprocessable("promo_not_applicable", detail),
            Error::BelowMinimum { minimum, .. } => {
                Self::unprocessable("promo_below_minimum", detail)
                    .with("min_subtotal", minimum.to_string())
            }
            Error::Overflow => Self::unprocessable("amount_too_large", detail),
            Error::LimitReached { limit } => {
                Self::conflict("promo_limit_reached", detail).with("limit", limit)
            }
            Error::AlreadyHeld => Self::conflict("promo_already_held", detail),
            Error::NothingHeld | Error::NeverUsed => Self::conflict("nothing_held", detail),
        }
    }
}

impl From<PromotionError> for Problem {
    fn from(error: PromotionError) -> Self {
        let detail = error.to_string();
        match error {
            PromotionError::Promotion(refusal) => refusal.into(),
            PromotionError::Stale { found } => stale(found, detail),
        }
    }
}

impl From<promotion_usage::Error> for Problem {
    fn from(error: promotion_usage::Error) -> Self {
        use promotion_usage::Error;
        let detail = error.to_string();
        match error {
            Error::LimitReached { limit } => {
                Self::conflict("promo_limit_reached_for_user", detail).with("limit", limit)
            }
            Error::AlreadyHeld => Self::conflict("promo_already_held", detail),
            Error::NothingHeld | Error::NeverUsed => Self::conflict("nothing_held", detail),
        }
    }
}
