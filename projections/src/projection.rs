//! What a projection is: a pure fold from events to the rows of one table.
//!
//! Never does IO and never reads a clock: the same events always make the same rows, which is what
//! a rebuild and `compare` rely on.

use crate::{Envelope, Group};
use aggregates::UnreadableEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{Debug, Display};
use std::hash::Hash;

/// One read model. Its folder holds this fold, `schema.sql`, and `queries.rs` with the reads.
pub trait Projection: Send + Sync + 'static {
    /// Also the name of its folder and of its checkpoint.
    const NAME: &'static str;
    /// Raised by every change of the schema or of the fold: a rebuild follows.
    const VERSION: i32;
    /// Who waits for it.
    const GROUP: Group = Group::Shop;
    const TABLE: &'static str;
    /// Further tables, which triggers of [`Self::SCHEMA`] derive from the rows, such as sums over them:
    /// what is in them must follow from the rows alone, in whichever batches those came. They are
    /// shown, swapped and compared together with the table. The engine never writes to them.
    const DERIVED: &'static [&'static str] = &[];
    /// The table and its indexes, unqualified: each generation lives in a schema of its own.
    /// Columns are named like the fields of [`Self::Row`]; others must be generated ones.
    const SCHEMA: &'static str;
    /// The stream types it reads. What happens in others, even unreadable, does not touch it.
    const STREAMS: &'static [&'static str];

    /// The primary key, one column; its text is what PostgreSQL would print.
    type Key: Clone + Eq + Hash + Display + Debug + Send + Sync;
    /// One row, as JSON that PostgreSQL can turn into the table's columns and back.
    type Row: Serialize + DeserializeOwned + Clone + PartialEq + Debug + Send + Sync;

    /// The rows that the event touches, each once. Must follow from the event alone.
    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Self::Key>, ApplyError>;

    /// The row after the event; `None` where there is none (any more).
    fn apply(
        row: Option<Self::Row>,
        key: &Self::Key,
        event: &Envelope,
    ) -> Result<Option<Self::Row>, ApplyError>;
}

/// Why a fold cannot go on: it stops that projection until a fix.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("stream {stream} goes on with event {found} where {expected} is due")]
    Gap { stream: String, expected: i64, found: i64 },
    #[error("stream id {0:?} is not a UUID")]
    StreamId(String),
    #[error("{0} does not exist before this event")]
    NotCreated(&'static str),
    #[error("a number left its range")]
    Overflow,
    #[error("the metadata does not parse: {0}")]
    Metadata(serde_json::Error),
    #[error(transparent)]
    Unreadable(#[from] UnreadableEvent),
}
