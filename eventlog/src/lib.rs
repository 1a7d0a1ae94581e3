//! The append-only log in PostgreSQL: append, load, feed, checkpoints, leases, hash chain and tree.
//!
//! Knows no commerce: it stores what any [`cqrs_es::Aggregate`] emits. Never updates or deletes an
//! event.

/// A place where a test may let the process die; nothing without the feature `faults`.
#[cfg(feature = "faults")]
#[macro_export]
macro_rules! fault {
    ($point:literal) => {
        $crate::faults::hit($point)
    };
}

/// Nothing: a place where a test may let the process die, in a build without the feature `faults`.
#[cfg(not(feature = "faults"))]
#[macro_export]
macro_rules! fault {
    ($point:literal) => {};
}

mod append;
mod chain;
pub mod checkpoints;
mod codec;
mod cqrs;
mod error;
pub mod export;
mod export_line;
#[cfg(feature = "faults")]
pub mod faults;
pub mod feed;
pub mod history;
pub mod import;
pub mod leases;
mod load;
mod metadata;
mod position;
mod recorded;
mod scheduler;
mod stream;
pub mod trace;
pub mod tree;
mod unit;
pub mod verify;

pub use append::{
    Append, Appended, IdempotencyRecord, NewEvent, PersonalChange, Snapshot, StreamAppend, append,
};
pub use chain::{GENESIS, Hash, HashedFields, event_hash};
pub use codec::{Codec, SnapshotPolicy};
pub use cqrs::{Context, CqrsStore};
pub use error::{AppendError, UnitError};
pub use export_line::{ExportLine, InvalidLine};
pub use load::{AsOf, Entity, load_stream, load_stream_as_of};
pub use metadata::Metadata;
pub use position::{InvalidPosition, Position};
pub use recorded::Recorded;
pub use scheduler::{EventLog, Options};
pub use stream::StreamId;
pub use unit::{Committed, IdempotencyKey, Outcome, UnitBuilder, Work};
