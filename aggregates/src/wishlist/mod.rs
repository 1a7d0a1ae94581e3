//! What somebody would like to have. Holds nothing back from others, and promises no price: it only
//! remembers what the price was.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::Event;

use crate::{Decider, Money, ProductId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The wishlist of an account. It always exists, at first empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Wishlist {
    /// In the order in which they were added. Searched from the front: the limit keeps that fast.
    items: Vec<Item>,
}

/// One product on a wishlist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub product_id: ProductId,
    /// Of one unit, when it was added.
    pub price: Money,
    pub added_at: DateTime<Utc>,
}

impl Wishlist {
    pub const MAX_ITEMS: usize = 500;

    pub fn items(&self) -> &[Item] {
        &self.items
    }

    pub fn item(&self, product_id: ProductId) -> Option<&Item> {
        self.items.iter().find(|item| item.product_id == product_id)
    }
}

impl Decider for Wishlist {
    const TYPE: &'static str = "wishlist";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Add { product_id, .. } if self.item(product_id).is_some() => Ok(vec![]),
            Command::Add { .. } if self.items.len() >= Self::MAX_ITEMS => Err(Error::TooManyItems),
            Command::Add { product_id, price, at } => {
                Ok(vec![Event::ItemAdded { product_id, price, at }])
            }
            Command::Remove { product_id, .. } if self.item(product_id).is_none() => {
                Err(Error::NoSuchItem { product_id })
            }
            Command::Remove { product_id, at } => Ok(vec![Event::ItemRemoved { product_id, at }]),
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::ItemAdded { product_id, price, at } => {
                self.items.push(Item { product_id: *product_id, price: *price, added_at: *at });
            }
            Event::ItemRemoved { product_id, .. } => {
                self.items.retain(|item| item.product_id != *product_id);
            }
        }
        debug_assert!(self.items.len() <= Self::MAX_ITEMS, "too many items");
        self
    }
}
