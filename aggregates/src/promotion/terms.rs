//! What a promotion takes off, and under which conditions. Pure arithmetic, no counting of uses.

use super::Error;
use crate::order::pricing::{self, Item};
use crate::{Money, ProductId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How the discount is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// More than 0 and at most 100 percent of the goods, with two digits at most.
    Percent(Decimal),
    /// An amount of money, never more than the goods cost.
    Fixed(Money),
}

/// The conditions of a promotion; `None` where there is no such condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub kind: Kind,
    /// The least sum of the goods that it applies to.
    pub min_subtotal: Option<Money>,
    /// The most that it takes off.
    pub max_discount: Option<Money>,
    /// Only for goods of these categories.
    pub categories: Option<Vec<String>>,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    /// Uses in total.
    pub usage_limit: Option<u32>,
    /// Uses by one customer.
    pub usage_limit_per_user: Option<u32>,
    /// Whether loyalty points can be used together with it.
    pub stackable: bool,
}

impl Terms {
    /// Refuses terms that contradict themselves.
    pub fn check(&self) -> Result<(), Error> {
        match self.kind {
            Kind::Percent(percent) => {
                let in_range = percent > Decimal::ZERO && percent <= Decimal::ONE_HUNDRED;
                if !in_range || percent.normalize().scale() > 2 {
                    return Err(Error::PercentOutOfRange);
                }
            }
            Kind::Fixed(amount) if amount.is_zero() => return Err(Error::NothingOff),
            Kind::Fixed(_) => {}
        }
        if self.max_discount.is_some_and(Money::is_zero) {
            return Err(Error::NothingOff);
        }
        if self.usage_limit == Some(0) || self.usage_limit_per_user == Some(0) {
            return Err(Error::NoUses);
        }
        if self.categories.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::NoCategories);
        }
        match (self.starts_at, self.ends_at) {
            (Some(starts_at), Some(ends_at)) if ends_at <= starts_at => {
                Err(Error::EndsBeforeItStarts)
            }
            _ => Ok(()),
        }
    }

    pub fn has_ended(&self, at: DateTime<Utc>) -> bool {
        self.ends_at.is_some_and(|ends_at| at >= ends_at)
    }

    fn applies_to(&self, item: &Item) -> bool {
        let Some(categories) = &self.categories else { return true };
        categories.iter().any(|category| category.eq_ignore_ascii_case(&item.category))
    }

    /// What it takes off each item at a moment, in their order; never more than the item costs.
    pub fn discounts(&self, items: &[Item], at: DateTime<Utc>) -> Result<Vec<Money>, Error> {
        if let Some(starts_at) = self.starts_at.filter(|starts_at| at < *starts_at) {
            return Err(Error::NotStarted { starts_at });
        }
        if let Some(ended_at) = self.ends_at.filter(|_| self.has_ended(at)) {
            return Err(Error::Over { ended_at });
        }
        let of = |item: &Item| if self.applies_to(item) { item.total } else { Money::ZERO };
        let values: Vec<Money> = items.iter().map(of).collect();
        let goods = Money::checked_sum(values.iter().copied()).ok_or(Error::Overflow)?;
        if goods.is_zero() {
            return Err(Error::NothingApplies);
        }
        if let Some(minimum) = self.min_subtotal.filter(|minimum| goods < *minimum) {
            return Err(Error::BelowMinimum { minimum, goods });
        }
        let discount = match self.kind {
            Kind::Percent(percent) => percent_of(goods, percent),
            Kind::Fixed(amount) => amount,
        };
        let discount = discount.min(goods).min(self.max_discount.unwrap_or(Money::MAX));
        Ok(pricing::share_out(discount, &values))
    }
}

/// Rounded down to the minor unit, in favour of nobody in particular, but always the same way.
fn percent_of(goods: Money, percent: Decimal) -> Money {
    let minor = goods.decimal() * percent / Decimal::ONE_HUNDRED;
    let rounded = minor.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::ToZero);
    Money::new(rounded).unwrap_or(goods)
}

/// Something that terms can be tried on before there is an order.
impl Item {
    pub fn new(product_id: ProductId, total: Money, category: impl Into<String>) -> Self {
        Self { product_id, total, category: category.into() }
    }
}
