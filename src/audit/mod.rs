//! What auditors rely on: signed tree heads, proofs, and checking an export against them offline.
//! Never signs a head that contradicts one that was signed before.

pub mod checkpoint;
pub mod export;
mod key;
pub mod note;
pub mod proof;
mod sign;
mod store;

pub use key::{AuditKeyError, load as load_key, random_key};
pub use sign::{SignError, keep_signed, sign_head};
pub use store::{SignedCheckpoint, disagreement, latest, page};
