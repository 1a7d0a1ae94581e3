//! A line of an order as the figures need it, and how refunds are shared out over the lines. Pure.

use aggregates::order::{self, RefundedLine, pricing};
use aggregates::{Money, ProductId, UserId};
use serde::{Deserialize, Serialize};

/// One product of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub product_id: ProductId,
    pub seller_id: UserId,
    pub units: u32,
    /// Units that were given back.
    pub returned: u32,
    /// At its price.
    pub gross: Money,
    pub discount: Money,
    /// What was given back of it: at most `gross - discount`.
    pub refunds: Money,
}

impl Line {
    pub(super) fn of(line: &order::Line) -> Self {
        Self {
            product_id: line.product_id,
            seller_id: line.seller_id,
            units: line.quantity.get(),
            returned: 0,
            gross: line.line_total,
            discount: line.discount,
            refunds: Money::ZERO,
        }
    }

    /// What was paid for it and not given back yet.
    fn left(&self) -> Option<Money> {
        self.gross.checked_sub(self.discount)?.checked_sub(self.refunds)
    }

    /// Gives back of it what it can take of `amount`; returns what it cannot.
    fn give_back(&mut self, amount: Money) -> Option<Money> {
        let taken = amount.min(self.left()?);
        self.refunds = self.refunds.checked_add(taken)?;
        amount.checked_sub(taken)
    }
}

/// Takes a refund of `amount` off the lines: first what it names of each, then the rest in proportion
/// to what is left of them. What is more than all of them is of the delivery, and is nobody's.
/// `None` where a number left its range.
pub(super) fn refund(lines: &mut [Line], named: &[RefundedLine], amount: Money) -> Option<()> {
    let mut rest = amount;
    for part in named {
        let Some(line) = lines.iter_mut().find(|line| line.product_id == part.product_id) else {
            continue;
        };
        line.returned = line.returned.checked_add(part.quantity.get())?;
        let part = part.amount.min(rest);
        let beyond = line.give_back(part)?;
        rest = rest.checked_sub(part)?.checked_add(beyond)?;
    }
    let left: Vec<Money> = lines.iter().map(Line::left).collect::<Option<_>>()?;
    let goods = rest.min(Money::checked_sum(left.iter().copied())?);
    for (line, share) in lines.iter_mut().zip(pricing::share_out(goods, &left)) {
        line.give_back(share)?;
    }
    Some(())
}
