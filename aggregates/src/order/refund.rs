//! What a refund gives back: which units, and how much money. Decides nothing about who may.

use super::{Details, Error, RefundedLine, pricing};
use crate::{Money, ProductId, Quantity};
use std::collections::BTreeMap;

/// Units of the lines of an order, with what they cost.
struct Units {
    lines: Vec<(ProductId, Quantity)>,
    values: Vec<Money>,
    value: Money,
}

/// The lines and the money of a refund, out of `available` money.
pub(super) fn decide(
    order: &Details,
    lines: Option<&[(ProductId, Quantity)]>,
    amount: Option<Money>,
    available: Money,
) -> Result<(Vec<RefundedLine>, Money), Error> {
    let asked = lines.filter(|lines| !lines.is_empty());
    let (units, requested) = match (asked, amount) {
        (Some(lines), amount) => {
            let units = asked_units(order, lines)?;
            let requested = amount.unwrap_or(units.value);
            if requested > units.value {
                return Err(Error::RefundExceedsLines { value: units.value, requested });
            }
            (units, requested)
        }
        (None, Some(amount)) => (Units::of(order, Vec::new())?, amount),
        // An empty list of lines is not "everything".
        (None, None) if lines.is_some() => return Err(Error::NothingToRefund),
        (None, None) => (remaining_units(order)?, available),
    };
    if requested > available {
        return Err(Error::RefundExceedsPaid { available, requested });
    }
    if requested.is_zero() {
        return Err(Error::NothingToRefund);
    }
    Ok((units.refunded_for(requested), requested))
}

impl Units {
    fn of(order: &Details, lines: Vec<(ProductId, Quantity)>) -> Result<Self, Error> {
        let values = lines
            .iter()
            .map(|(product_id, quantity)| {
                let line = order.line(*product_id)?;
                let before = line.quantity.get() - order.refundable_units(line);
                pricing::units_value(line, before, *quantity)
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(Error::Overflow)?;
        let value = Money::checked_sum(values.iter().copied()).ok_or(Error::Overflow)?;
        Ok(Self { lines, values, value })
    }

    /// The lines with their part of `amount`: what is above their value is delivery.
    fn refunded_for(self, amount: Money) -> Vec<RefundedLine> {
        let shares = pricing::share_out(amount.min(self.value), &self.values);
        self.lines
            .into_iter()
            .zip(shares)
            .map(|((product_id, quantity), amount)| RefundedLine { product_id, quantity, amount })
            .collect()
    }
}

/// The asked units; a product that is asked for twice counts together.
fn asked_units(order: &Details, asked: &[(ProductId, Quantity)]) -> Result<Units, Error> {
    let mut wanted = BTreeMap::<ProductId, u32>::new();
    for (product_id, quantity) in asked {
        let units = wanted.entry(*product_id).or_default();
        *units = units.saturating_add(quantity.get());
    }
    let lines = wanted
        .into_iter()
        .map(|(product_id, requested)| {
            let line = order.line(product_id).ok_or(Error::NoSuchLine { product_id })?;
            let available = order.refundable_units(line);
            match Quantity::try_from(requested) {
                Ok(quantity) if requested <= available => Ok((product_id, quantity)),
                Ok(_) | Err(_) => {
                    Err(Error::RefundExceedsLine { product_id, available, requested })
                }
            }
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Units::of(order, lines)
}

/// All units that were not refunded yet.
fn remaining_units(order: &Details) -> Result<Units, Error> {
    let lines = order
        .lines
        .iter()
        .filter_map(|line| {
            let units = Quantity::try_from(order.refundable_units(line)).ok()?;
            Some((line.product_id, units))
        })
        .collect();
    Units::of(order, lines)
}
