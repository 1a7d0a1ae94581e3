//! What a cart would cost as an order: discount, points and gift card as far as they would count at
//! this moment. Holds nothing: only the order does.

use aggregates::loyalty_account::Programme;
use aggregates::order::pricing::{self, Item};
use aggregates::{Cart, GiftCard, LoyaltyAccount, Money, Points, Promotion};
use chrono::{DateTime, Utc};

/// The state of what a cart is to be paid with besides money.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    pub promotion: Promotion,
    pub gift_card: GiftCard,
    pub account: LoyaltyAccount,
}

/// The parts of a cart's price, delivery left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quote {
    /// The sum of the lines.
    pub subtotal: Money,
    /// What the promotion takes off; zero where it does not count now.
    pub discount: Money,
    /// As many of the points as would count.
    pub points: Points,
    /// What the gift card would pay.
    pub gift_card: Money,
    /// What would be left to be paid with money.
    pub due: Money,
}

impl Quote {
    /// The price of a cart with these goods. What would be refused by an order counts as nothing.
    pub fn of(
        cart: &Cart,
        items: &[Item],
        applied: &Applied,
        programme: &Programme,
        at: DateTime<Utc>,
    ) -> Self {
        let subtotal = Money::checked_sum(items.iter().map(|item| item.total));
        let subtotal = subtotal.unwrap_or(Money::MAX);
        let promotion = cart.promo_code.as_ref().map(|_| &applied.promotion);
        let discounts = promotion.and_then(|promotion| promotion.discounts(items, at).ok());
        let discount = discounts.and_then(Money::checked_sum).unwrap_or_default();
        let goods = subtotal.checked_sub(discount).unwrap_or_default();
        let stackable = promotion
            .and_then(Promotion::details)
            .is_none_or(|promotion| promotion.terms.stackable);
        let spendable = if stackable { applied.account.spendable(at) } else { Points::ZERO };
        let on_card = cart.gift_card.as_ref().and_then(|noted| {
            let available = applied.gift_card.spendable(&noted.code_hash, at).ok()?.available;
            Some(noted.amount.map_or(available, |amount| amount.min(available)))
        });
        let points = cart.points.min(spendable);
        let most = programme.largest_share(goods);
        let parts = pricing::split(goods, points, most, on_card.unwrap_or_default());
        Self {
            subtotal,
            discount,
            points: parts.points,
            gift_card: parts.gift_card,
            due: parts.due,
        }
    }

    /// `subtotal - discount`.
    pub fn total(self) -> Money {
        self.subtotal.checked_sub(self.discount).unwrap_or_default()
    }
}
