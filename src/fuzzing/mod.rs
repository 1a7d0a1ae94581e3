//! What is fuzzed: a function for each target, which takes any bytes and panics where a promise about
//! them is broken. `fuzz/` feeds them what libFuzzer makes up, and a test what is in `fuzz/corpus`.
//!
//! In no normal build: only in that of the tests, and with the feature `fuzzing`.

mod bytes;
mod codes;
mod cursors;
mod documents;
mod exports;
mod positions;
mod proofs;
mod reference;
mod stored;
#[cfg(test)]
mod tests;
mod tree;

pub use crate::http::commands::bulk::fuzzing::{bulk_csv, bulk_json};
pub use codes::gift_card_codes;
pub use cursors::cursors;
pub use documents::proof_documents;
pub use exports::export_lines;
pub use positions::position_tokens;
pub use proofs::proofs;
pub use stored::upcasters;

use std::fmt::Debug;

/// What a promise says that there is.
pub(crate) fn must<T, E: Debug>(result: Result<T, E>, promise: &str) -> T {
    result.unwrap_or_else(|error| panic!("{promise}: {error:?}"))
}
