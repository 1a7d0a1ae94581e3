//! What an order costs and who pays which part of it. Pure and exact: no floats, nothing lost to
//! rounding.
//!
//! The order of application: the promotion takes a discount off the goods, line by line; points pay
//! up to a share of the discounted goods; a gift card pays of what is left, delivery included; the
//! rest is paid with money. A refund goes the other way: money first, then the card, then points.
//! Every rounding is of a running sum, rounded down, so that the parts add up exactly.

use super::command::NewLine;
use super::{Details, Line, Taken};
use crate::{Money, Points, ProductId, Quantity};

/// The amounts of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// The sum of the lines.
    pub subtotal: Money,
    pub discount: Money,
    pub delivery_cost: Money,
    /// `subtotal - discount + delivery_cost`.
    pub total_amount: Money,
}

/// The line with its total, `None` on overflow.
pub(super) fn price(line: NewLine) -> Option<Line> {
    Some(Line {
        line_total: line.price.checked_mul(line.quantity.get())?,
        product_id: line.product_id,
        seller_id: line.seller_id,
        name: line.name,
        quantity: line.quantity,
        price: line.price,
        discount: line.discount,
    })
}

/// What an order of these lines costs, `None` on overflow or where the discounts are more than the
/// lines.
pub fn totals(lines: &[Line], delivery_cost: Money) -> Option<Totals> {
    let subtotal = Money::checked_sum(lines.iter().map(|line| line.line_total))?;
    let discount = Money::checked_sum(lines.iter().map(|line| line.discount))?;
    let total_amount = subtotal.checked_sub(discount)?.checked_add(delivery_cost)?;
    Some(Totals { subtotal, discount, delivery_cost, total_amount })
}

/// Shares `amount` out over parts of these values, in proportion. The shares add up to `amount`
/// exactly and none is above its value, provided that `amount` is at most the sum of the values.
///
/// Each share is the difference of two rounded running sums, so the rounding cancels out.
pub fn share_out(amount: Money, values: &[Money]) -> Vec<Money> {
    let amount = u128::from(amount.to_minor());
    let whole: u128 = values.iter().map(|value| u128::from(value.to_minor())).sum();
    let (mut value_so_far, mut shared_so_far) = (0, 0);
    values
        .iter()
        .map(|value| {
            value_so_far += u128::from(value.to_minor());
            // Without any value there is nothing in proportion to which to share.
            let shared = (value_so_far * amount).checked_div(whole).unwrap_or(0);
            let share = shared - shared_so_far;
            shared_so_far = shared;
            // At most `amount`, which is an amount of money.
            u64::try_from(share)
                .ok()
                .and_then(|share| Money::from_minor(share).ok())
                .unwrap_or_default()
        })
        .collect()
}

/// Goods of one product, as a promotion looks at them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub product_id: ProductId,
    /// Price times quantity.
    pub total: Money,
    pub category: String,
}

/// Who pays an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    pub points: Points,
    pub gift_card: Money,
    /// What is left to be paid with money.
    pub due: Money,
}

/// Splits `total_amount`: as many of the wanted points as `most_points` allows, as much of the
/// gift card's `card` as is left to pay, the rest in money.
pub fn split(total_amount: Money, points: Points, most_points: Points, card: Money) -> Parts {
    let points = points.min(most_points).min(Points::worth(total_amount));
    let left = total_amount.checked_sub(points.value()).unwrap_or_default();
    let gift_card = card.min(left);
    Parts { points, gift_card, due: left.checked_sub(gift_card).unwrap_or_default() }
}

/// What so many further units of a line are worth, its discount taken off, after `before` units
/// were given back: all units together are worth exactly what was paid for them.
pub(super) fn units_value(line: &Line, before: u32, units: Quantity) -> Option<Money> {
    let net = line.line_total.checked_sub(line.discount)?;
    let upto = |count: u32| net.checked_part(count, line.quantity.get());
    upto(before.checked_add(units.get())?)?.checked_sub(upto(before)?)
}

/// What can still be given back, by how it was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    money: Money,
    gift_card: Money,
    points_value: Money,
}

/// What a refund gives back, by where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Back {
    pub gift_card: Money,
    pub points_value: Money,
    pub points: Points,
}

impl Details {
    /// The money that went back so far.
    pub fn refunded_money(&self) -> Money {
        let other = self.refunded_gift_card.checked_add(self.refunded_points_value);
        other.and_then(|other| self.refunded.checked_sub(other)).unwrap_or_default()
    }

    pub(super) fn left_of(&self, taken: Taken) -> Left {
        let left = |taken: Money, back: Money| taken.checked_sub(back).unwrap_or_default();
        Left {
            money: left(taken.money, self.refunded_money()),
            gift_card: left(taken.gift_card, self.refunded_gift_card),
            points_value: left(taken.points.value(), self.refunded_points_value),
        }
    }
}

impl Left {
    pub fn total(self) -> Money {
        // Parts of one order's total, which is an amount of money.
        Money::checked_sum([self.money, self.gift_card, self.points_value]).unwrap_or(Money::MAX)
    }

    /// Money first, then the gift card, then points, of which only whole ones exist: their running
    /// sum is rounded down.
    pub fn give_back(self, amount: Money, points_value_before: Money) -> Back {
        let after_money = amount.checked_sub(self.money).unwrap_or_default();
        let gift_card = after_money.min(self.gift_card);
        let points_value = after_money.checked_sub(gift_card).unwrap_or_default();
        let after = points_value_before.checked_add(points_value).unwrap_or(Money::MAX);
        let points = Points::worth(after).saturating_sub(Points::worth(points_value_before));
        Back { gift_card, points_value, points }
    }
}
