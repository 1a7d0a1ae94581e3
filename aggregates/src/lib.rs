//! The pure domain: what may happen (`decide`) and what it means (`evolve`).
//!
//! Nothing here does IO, reads a clock or draws a random number: facts arrive inside commands.
//! One folder per aggregate: `mod.rs` (state, decide, evolve), `command.rs`, `event.rs`, `error.rs`,
//! `tests.rs`. A diff of an `event.rs` is a change of the storage contract.

pub mod account;
pub mod cart;
mod cqrs;
mod decider;
mod fact;
#[cfg(test)]
mod golden;
mod ids;
mod money;
pub mod order;
pub mod payment;
pub mod product;
mod quantity;
pub mod stock_item;
#[cfg(test)]
mod testing;
pub mod upcast;

pub use account::Account;
pub use cart::Cart;
pub use decider::Decider;
pub use fact::{Fact, UnreadableEvent, decode_event};
pub use ids::{CartId, OrderId, PaymentId, ProductId, RefundId, UserId};
pub use money::{Currency, Money, MoneyError};
pub use order::Order;
pub use payment::Payment;
pub use product::Product;
pub use quantity::{Quantity, QuantityError};
pub use stock_item::StockItem;
