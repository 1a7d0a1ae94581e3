//! Read models: folds from the feed to tables that can be queried, and the engine that keeps them
//! up to date, rebuilds them and compares them with the log.
//!
//! Never decides anything and never has side effects: what happens here can be repeated from zero
//! at any time.

pub mod accounts;
pub mod albums;
mod analysts;
pub mod artists;
mod batch;
mod cart_fillings;
pub mod carts;
pub mod catalogue;
pub mod checkout;
mod compare;
mod definition;
mod envelope;
mod error;
mod generation;
pub mod gift_card_entries;
pub mod gift_cards;
mod group;
pub mod ledger;
pub mod loyalty;
pub mod loyalty_entries;
mod notices;
pub mod orders;
mod paging;
pub mod payments;
pub mod price_history;
mod projection;
pub mod promotions;
mod read_models;
mod rebuild;
pub mod reviews;
mod revisions;
mod runner;
pub mod sales;
mod scan;
mod session;
mod status;
pub mod stock_movements;
mod table;
#[cfg(test)]
mod testing;
mod track;
pub mod webhooks;
pub mod wishlists;
mod words;

pub use compare::{Comparison, Difference, compare};
pub use definition::{Definition, all};
pub use envelope::Envelope;
pub use error::QueryError;
pub use generation::ensure;
pub use group::Group;
pub use paging::Total;
pub use projection::{ApplyError, Projection};
pub use read_models::ReadModels;
pub use rebuild::{RebuildError, Rebuilt, rebuild};
pub use runner::Runner;
pub use status::{State, Status, status};
