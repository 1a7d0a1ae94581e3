//! Read models: folds from the feed to tables that can be queried, and the engine that keeps them
//! up to date, rebuilds them and compares them with the log.
//!
//! Never decides anything and never has side effects: what happens here can be repeated from zero
//! at any time.

pub mod accounts;
pub mod carts;
pub mod catalogue;
pub mod checkout;
mod envelope;
mod error;
pub mod orders;
mod paging;
pub mod payments;
mod projection;

pub use envelope::Envelope;
pub use error::QueryError;
pub use projection::{ApplyError, Projection};
