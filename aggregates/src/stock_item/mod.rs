//! The units of one product: on hand, reserved for orders, sold. A hot stream in a flash sale, so
//! its state stays small enough for a snapshot: counters and the open reservations, never history.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Event, ReleaseReason};

use crate::{Decider, OrderId, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The stock of one product; the stream has the product's id.
///
/// Law: `on_hand = received + adjusted - committed + returned`, and `reserved <= on_hand`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StockItem {
    /// All units that ever arrived.
    pub received: u64,
    /// The sum of all corrections.
    pub adjusted: i64,
    /// All units ever sold.
    pub committed: u64,
    /// All sold units that came back.
    pub returned: u64,
    on_hand: u32,
    /// The sum of the reservations, kept because a hot item has many.
    reserved: u32,
    reservations: BTreeMap<OrderId, Quantity>,
}

impl StockItem {
    /// The most units that can be on hand.
    pub const LIMIT: u32 = 1_000_000_000;

    /// Units in the warehouse, reserved ones included.
    pub fn on_hand(&self) -> u32 {
        self.on_hand
    }

    /// Units set aside for orders.
    pub fn reserved(&self) -> u32 {
        self.reserved
    }

    /// Units that can still be reserved.
    pub fn available(&self) -> u32 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// The open reservation of an order.
    pub fn reservation(&self, order_id: OrderId) -> Option<Quantity> {
        self.reservations.get(&order_id).copied()
    }

    /// Units sold and not returned.
    fn sold(&self) -> u64 {
        self.committed.saturating_sub(self.returned)
    }

    /// Refuses a count of units on hand that cannot be.
    fn check_count(&self, requested: i64) -> Result<(), Error> {
        if requested < i64::from(self.reserved) {
            return Err(Error::BelowReserved { reserved: self.reserved, requested });
        }
        if requested > i64::from(Self::LIMIT) {
            return Err(Error::TooMany { limit: Self::LIMIT, requested });
        }
        Ok(())
    }

    fn adjust(&self, delta: i64, reason: String) -> Result<Vec<Event>, Error> {
        self.check_count(i64::from(self.on_hand).saturating_add(delta))?;
        Ok(vec![Event::Adjusted { delta, reason }])
    }

    fn open_reservation(&self, order_id: OrderId) -> Result<Quantity, Error> {
        self.reservation(order_id).ok_or(Error::NoReservation)
    }

    fn take_reservation(&mut self, order_id: OrderId) {
        if let Some(quantity) = self.reservations.remove(&order_id) {
            self.reserved = self.reserved.saturating_sub(quantity.get());
        }
    }

    fn add_on_hand(&mut self, delta: i64) {
        let count = i64::from(self.on_hand).saturating_add(delta);
        debug_assert!((0..=i64::from(Self::LIMIT)).contains(&count), "impossible count {count}");
        // Clamped to the range of u32 first, so the default never applies.
        self.on_hand = u32::try_from(count.clamp(0, i64::from(u32::MAX))).unwrap_or_default();
    }
}

impl Decider for StockItem {
    const TYPE: &'static str = "stock_item";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Receive { quantity: 0, .. } | Command::Adjust { delta: 0, .. } => {
                Err(Error::ZeroQuantity)
            }
            Command::Receive { quantity, reason } => {
                self.check_count(i64::from(self.on_hand) + i64::from(quantity))?;
                Ok(vec![Event::Received { quantity, reason }])
            }
            Command::Adjust { delta, reason } => self.adjust(delta, reason),
            Command::SetAvailable { quantity, reason } => {
                match i64::from(quantity) - i64::from(self.available()) {
                    0 => Ok(vec![]),
                    delta => self.adjust(delta, reason),
                }
            }
            Command::Reserve { order_id, quantity, expires_at } => {
                if self.reservations.contains_key(&order_id) {
                    return Err(Error::AlreadyReserved);
                }
                let (available, requested) = (self.available(), quantity.get());
                if requested > available {
                    return Err(Error::InsufficientStock { available, requested });
                }
                Ok(vec![Event::Reserved { order_id, quantity, expires_at }])
            }
            Command::Commit { order_id } => {
                let quantity = self.open_reservation(order_id)?;
                Ok(vec![Event::Committed { order_id, quantity }])
            }
            Command::Release { order_id, reason } => {
                let quantity = self.open_reservation(order_id)?;
                Ok(vec![Event::Released { order_id, quantity, reason }])
            }
            Command::Return { order_id, quantity } => {
                let (sold, requested) = (self.sold(), quantity.get());
                if u64::from(requested) > sold {
                    return Err(Error::ReturnExceedsSold { sold, requested });
                }
                self.check_count(i64::from(self.on_hand) + i64::from(requested))?;
                Ok(vec![Event::Returned { order_id, quantity }])
            }
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::Received { quantity, .. } => {
                self.received = self.received.saturating_add(u64::from(*quantity));
                self.add_on_hand(i64::from(*quantity));
            }
            Event::Adjusted { delta, .. } => {
                self.adjusted = self.adjusted.saturating_add(*delta);
                self.add_on_hand(*delta);
            }
            Event::Reserved { order_id, quantity, .. } => {
                self.take_reservation(*order_id);
                self.reservations.insert(*order_id, *quantity);
                self.reserved = self.reserved.saturating_add(quantity.get());
            }
            Event::Committed { order_id, quantity } => {
                self.take_reservation(*order_id);
                self.committed = self.committed.saturating_add(u64::from(quantity.get()));
                self.add_on_hand(-i64::from(quantity.get()));
            }
            Event::Released { order_id, .. } => self.take_reservation(*order_id),
            Event::Returned { quantity, .. } => {
                self.returned = self.returned.saturating_add(u64::from(quantity.get()));
                self.add_on_hand(i64::from(quantity.get()));
            }
        }
        debug_assert!(self.reserved <= self.on_hand, "more is reserved than there is");
        self
    }
}
