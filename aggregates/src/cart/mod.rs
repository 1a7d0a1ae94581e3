//! What somebody means to buy. Holds nothing back from others: stock and prices are only looked
//! at here, they bind in the order.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Event, MergedLine};

use crate::gift_card::CodeHash;
use crate::promotion::PromoCode;
use crate::{Decider, GiftCardId, Money, OrderId, Points, ProductId, Quantity};
use serde::{Deserialize, Serialize};

/// The cart of an account or of a guest session. It always exists, at first empty, and lives on
/// after a checkout.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cart {
    /// In the order in which they were added. Searched from the front: the limit keeps that fast.
    lines: Vec<Line>,
    last_order: Option<OrderId>,
    /// What the order is to be paid with, besides money.
    pub promo_code: Option<PromoCode>,
    pub gift_card: Option<AppliedCard>,
    pub points: Points,
}

/// A gift card that somebody means to pay with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppliedCard {
    pub gift_card_id: GiftCardId,
    /// The code that was known, which may be replaced before the order.
    pub code_hash: CodeHash,
    /// The last symbols of the code.
    pub hint: String,
    /// The most to take from it; all it can where there is none.
    pub amount: Option<Money>,
}

/// One product in a cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub product_id: ProductId,
    pub quantity: Quantity,
    /// Of one unit, when it was last added; the order takes the price of its own moment.
    pub price: Money,
}

impl Cart {
    pub const MAX_LINES: usize = 200;

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn line(&self, product_id: ProductId) -> Option<&Line> {
        self.lines.iter().find(|line| line.product_id == product_id)
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The order that the last checkout made.
    pub fn last_order(&self) -> Option<OrderId> {
        self.last_order
    }

    fn existing(&self, product_id: ProductId) -> Result<&Line, Error> {
        self.line(product_id).ok_or(Error::NoSuchItem { product_id })
    }

    fn add(
        &self,
        product_id: ProductId,
        quantity: Quantity,
        price: Money,
        available: u32,
    ) -> Result<Vec<Event>, Error> {
        let line = self.line(product_id);
        if line.is_none() && self.lines.len() >= Self::MAX_LINES {
            return Err(Error::TooManyLines);
        }
        let total = match line {
            None => quantity,
            Some(line) => line
                .quantity
                .checked_add(quantity)
                .map_err(|error| Error::QuantityTooLarge { requested: error.0 })?,
        };
        in_stock(total, available)?;
        Ok(vec![Event::ItemAdded { product_id, quantity, price }])
    }

    /// The guest's lines that change this cart. A line that is larger here stays as it is.
    fn taken_in(&self, lines: Vec<MergedLine>) -> Vec<MergedLine> {
        let mut merged = self.clone();
        lines
            .into_iter()
            .filter(|line| {
                let taken = match merged.line(line.product_id) {
                    Some(own) => line.quantity > own.quantity,
                    None => merged.lines.len() < Self::MAX_LINES,
                };
                if taken {
                    merged.set(line.product_id, line.quantity, line.price);
                }
                taken
            })
            .collect()
    }

    fn use_promo(&self, code: Option<PromoCode>) -> Vec<Event> {
        match code {
            code if code == self.promo_code => vec![],
            Some(code) => vec![Event::PromoApplied { code }],
            None => vec![Event::PromoRemoved {}],
        }
    }

    fn use_gift_card(&self, card: Option<AppliedCard>) -> Vec<Event> {
        match card {
            card if card == self.gift_card => vec![],
            Some(AppliedCard { gift_card_id, code_hash, hint, amount }) => {
                vec![Event::GiftCardApplied { gift_card_id, code_hash, hint, amount }]
            }
            None => vec![Event::GiftCardRemoved {}],
        }
    }

    fn use_points(&self, points: Points) -> Vec<Event> {
        match points {
            points if points == self.points => vec![],
            points if points.is_zero() => vec![Event::PointsRemoved {}],
            points => vec![Event::PointsApplied { points }],
        }
    }

    fn is_untouched(&self) -> bool {
        self.is_empty()
            && self.promo_code.is_none()
            && self.gift_card.is_none()
            && self.points.is_zero()
    }

    /// What is left after the lines have gone.
    fn emptied(self) -> Self {
        Self { last_order: self.last_order, ..Self::default() }
    }

    fn find_mut(&mut self, product_id: ProductId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.product_id == product_id)
    }

    fn set(&mut self, product_id: ProductId, quantity: Quantity, price: Money) {
        match self.find_mut(product_id) {
            Some(line) => (line.quantity, line.price) = (quantity, price),
            None => self.lines.push(Line { product_id, quantity, price }),
        }
    }
}

fn in_stock(quantity: Quantity, available: u32) -> Result<(), Error> {
    let requested = quantity.get();
    if requested > available {
        return Err(Error::InsufficientStock { available, requested });
    }
    Ok(())
}

impl Decider for Cart {
    const TYPE: &'static str = "cart";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::AddItem { product_id, quantity, price, available } => {
                self.add(product_id, quantity, price, available)
            }
            Command::ChangeQuantity { product_id, quantity, available } => {
                let line = self.existing(product_id)?;
                in_stock(quantity, available)?;
                Ok(if line.quantity == quantity {
                    vec![]
                } else {
                    vec![Event::QuantityChanged { product_id, quantity }]
                })
            }
            Command::RemoveItem { product_id } => {
                self.existing(product_id)?;
                Ok(vec![Event::ItemRemoved { product_id }])
            }
            Command::UsePromo { code } => Ok(self.use_promo(code)),
            Command::UseGiftCard { card } => Ok(self.use_gift_card(card)),
            Command::UsePoints { points } => Ok(self.use_points(points)),
            Command::Clear => {
                Ok(if self.is_untouched() { vec![] } else { vec![Event::Cleared {}] })
            }
            Command::Merge { from, into, .. } if from == into => Err(Error::OwnCart),
            Command::Merge { from, lines, .. } => {
                let lines = self.taken_in(lines);
                Ok(if lines.is_empty() { vec![] } else { vec![Event::Merged { from, lines }] })
            }
            Command::HandOver { to } => {
                Ok(if self.is_empty() { vec![] } else { vec![Event::HandedOver { to }] })
            }
            Command::CheckOut { .. } if self.is_empty() => Err(Error::Empty),
            Command::CheckOut { order_id } => Ok(vec![Event::CheckedOut { order_id }]),
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::ItemAdded { product_id, quantity, price } => {
                let before = self.line(*product_id).map(|line| line.quantity);
                // `decide` refuses a sum past the limit; the added quantity stands in for it.
                let total = before.map_or(Ok(*quantity), |before| before.checked_add(*quantity));
                debug_assert!(total.is_ok(), "a line past the limit");
                self.set(*product_id, total.unwrap_or(*quantity), *price);
            }
            Event::QuantityChanged { product_id, quantity } => {
                if let Some(line) = self.find_mut(*product_id) {
                    line.quantity = *quantity;
                }
            }
            Event::ItemRemoved { product_id } => {
                self.lines.retain(|line| line.product_id != *product_id);
            }
            Event::Cleared {} | Event::HandedOver { .. } => self = self.emptied(),
            Event::Merged { lines, .. } => {
                for line in lines {
                    self.set(line.product_id, line.quantity, line.price);
                }
            }
            Event::CheckedOut { order_id } => {
                self = self.emptied();
                self.last_order = Some(*order_id);
            }
            Event::PromoApplied { code } => self.promo_code = Some(code.clone()),
            Event::PromoRemoved {} => self.promo_code = None,
            Event::GiftCardApplied { gift_card_id, code_hash, hint, amount } => {
                self.gift_card = Some(AppliedCard {
                    gift_card_id: *gift_card_id,
                    code_hash: code_hash.clone(),
                    hint: hint.clone(),
                    amount: *amount,
                });
            }
            Event::GiftCardRemoved {} => self.gift_card = None,
            Event::PointsApplied { points } => self.points = *points,
            Event::PointsRemoved {} => self.points = Points::ZERO,
        }
        debug_assert!(self.lines.len() <= Self::MAX_LINES, "too many lines");
        self
    }
}
