//! What lines cost together, and how an amount is shared out over them. Pure and exact: no floats,
//! nothing lost to rounding.

use super::Line;
use super::command::NewLine;
use crate::Money;

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
    })
}

/// What an order of these lines costs, `None` on overflow or where the discount is more than the
/// lines.
pub fn totals(lines: &[Line], discount: Money, delivery_cost: Money) -> Option<Totals> {
    let subtotal = Money::checked_sum(lines.iter().map(|line| line.line_total))?;
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
