//! A Merkle tree (RFC 6962) over the feed: its leaves are the hashes of the events, in feed order.
//!
//! The chains of the streams show that an event was changed; the tree also shows that the end of a
//! stream, or a whole stream, was dropped. Never holds more than a few tiles in memory, and never
//! changes a head or a tile that is stored.

mod frontier;
mod hashes;
mod places;
mod proof;
mod prover;
mod ranges;
mod sealing;
pub(crate) mod tiles;

pub use frontier::Frontier;
pub use hashes::leaf_hash;
pub use places::{Leaf, leaf_of_event, leaves_of_stream};
pub use proof::{Head, ProofError, verify_consistency, verify_inclusion};
pub use prover::Prover;
pub use ranges::{Collector, consistency_ranges, inclusion_ranges};
pub use sealing::seal;

pub(crate) use places::leaf_at;

use crate::Position;
use crate::recorded::hash_from_stored;
use sqlx::PgExecutor;

/// Why the tree does not answer.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error("there is no tree of {size} events: {sealed} are sealed")]
    NotSealed { size: u64, sealed: u64 },
    #[error("a tree of {size} events has no leaf {index}")]
    NoSuchLeaf { index: u64, size: u64 },
    #[error("a tree of {to} events does not begin with one of {from}")]
    NotBefore { from: u64, to: u64 },
    /// Nothing more is sealed then: `ledgerline verify` says where.
    #[error("the feed is not the one that was sealed: its event {size} is another one")]
    Rewritten { size: u64 },
    #[error("tile {tile} of level {level} of the tree is missing or damaged")]
    BadTile { level: i16, tile: u64 },
    #[error("the log cannot be read")]
    Unavailable(#[from] sqlx::Error),
}

/// A stored tree head.
#[derive(Debug, Clone)]
pub struct TreeHead {
    pub frontier: Frontier,
    pub head: Head,
    /// Of the last event under it.
    pub position: Position,
}

/// The largest tree head; `None` where nothing was sealed yet.
pub async fn latest(db: impl PgExecutor<'_>) -> Result<Option<TreeHead>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT size, root, peaks, transaction_id::text AS "tx!", global_position
             FROM tree_heads ORDER BY size DESC LIMIT 1"#
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let size = u64::try_from(row.size).unwrap_or_default();
        let frontier = Frontier::from_bytes(size, &row.peaks)
            .ok_or_else(|| sqlx::Error::Decode("a tree head with the wrong peaks".into()))?;
        Ok(TreeHead {
            frontier,
            head: Head { size, root: hash_from_stored(Some(&row.root)) },
            position: Position::from_stored(&row.tx, row.global_position)?,
        })
    })
    .transpose()
}

/// How many events are sealed.
pub async fn sealed(db: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
    let size = sqlx::query_scalar!(r#"SELECT COALESCE(max(size), 0) AS "size!" FROM tree_heads"#);
    Ok(u64::try_from(size.fetch_one(db).await?).unwrap_or_default())
}
