//! A promotion.

use crate::http::docs::Amount;
use aggregates::promotion::{Kind, Terms};
use aggregates::{Money, PromoCode, Promotion};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// A promotion.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Promo)]
pub struct PromoResource {
    #[schema(example = "SUMMER25")]
    pub code: String,
    /// `percent` or `fixed`.
    #[schema(example = "percent")]
    pub kind: &'static str,
    /// Percent, or an amount of money.
    #[schema(value_type = Amount)]
    pub value: Decimal,
    #[schema(value_type = Option<Amount>)]
    pub min_subtotal: Option<Money>,
    #[schema(value_type = Option<Amount>)]
    pub max_discount: Option<Money>,
    pub categories: Option<Vec<String>>,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub usage_limit: Option<u32>,
    pub usage_limit_per_user: Option<u32>,
    /// Whether points can be used together with it.
    pub stackable: bool,
    /// Whether it can be used now, as far as time and limits go.
    pub is_active: bool,
    /// Uses of orders that were settled.
    pub used: u64,
    /// Uses that orders hold that are not settled yet.
    pub held: u64,
    pub version: i64,
}

impl PromoResource {
    /// `None` for a promotion that was never created.
    pub fn of(
        code: &PromoCode,
        promotion: &Promotion,
        version: i64,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let details = promotion.details()?;
        let Terms {
            kind,
            min_subtotal,
            max_discount,
            categories,
            starts_at,
            ends_at,
            usage_limit,
            usage_limit_per_user,
            stackable,
        } = details.terms.clone();
        let begun = starts_at.is_none_or(|starts_at| starts_at <= now);
        let left = usage_limit.is_none_or(|limit| details.uses() < u64::from(limit));
        let (kind, value) = match kind {
            Kind::Percent(percent) => ("percent", percent),
            Kind::Fixed(amount) => ("fixed", amount.decimal()),
        };
        Some(Self {
            code: code.to_string(),
            kind,
            value,
            min_subtotal,
            max_discount,
            categories,
            starts_at,
            ends_at,
            usage_limit,
            usage_limit_per_user,
            stackable,
            is_active: matches!(promotion, Promotion::Active(_))
                && begun
                && left
                && !details.terms.has_ended(now),
            used: details.used,
            held: details.uses().saturating_sub(details.used),
            version,
        })
    }
}
