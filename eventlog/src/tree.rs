//! A Merkle tree (RFC 6962) over the feed: its leaves are the hashes of the events, in feed order.
//!
//! The chains of the streams show that an event was changed; the tree also shows that the end of a
//! stream, or a whole stream, was dropped. Only the frontier is kept, so that memory grows with the
//! logarithm of the log.

use crate::recorded::hash_from_stored;
use crate::{Hash, Position, leases};
use sha2::{Digest, Sha256};
use sqlx::{PgExecutor, PgPool};
use std::time::Duration;
use uuid::Uuid;

/// The roots of the perfect subtrees over the leaves so far, largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn push(&mut self, leaf: &Hash) {
        self.peaks.push(leaf_hash(leaf));
        // Each trailing one bit of the old size is a subtree as large as the one just completed.
        for _ in 0..self.size.trailing_ones() {
            if let (Some(right), Some(left)) = (self.peaks.pop(), self.peaks.pop()) {
                self.peaks.push(node_hash(&left, &right));
            }
        }
        self.size += 1;
    }

    /// The tree head; that of an empty tree is the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => Sha256::digest([]).into(),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let peaks: Vec<Hash> =
            bytes.chunks(32).map(|peak| peak.try_into().ok()).collect::<Option<_>>()?;
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }
}

fn leaf_hash(leaf: &Hash) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A stored tree head.
#[derive(Debug, Clone)]
pub struct TreeHead {
    pub frontier: Frontier,
    pub root: Hash,
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
            root: hash_from_stored(Some(&row.root)),
            position: Position::from_stored(&row.tx, row.global_position)?,
        })
    })
    .transpose()
}

/// Adds what the feed shows beyond the latest tree head and stores the new head. Returns its size.
pub async fn seal(pool: &PgPool) -> Result<u64, sqlx::Error> {
    const PAGE: i64 = 10_000;
    let (mut frontier, mut position) = match latest(pool).await? {
        Some(head) => (head.frontier, head.position),
        None => (Frontier::default(), Position::START),
    };
    loop {
        let rows = sqlx::query!(
            r#"SELECT e.hash, e.transaction_id::text AS "tx!", e.global_position
                 FROM events e
                WHERE (e.transaction_id, e.global_position) > ($1::text::xid8, $2)
                  AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                ORDER BY e.transaction_id, e.global_position
                LIMIT $3"#,
            position.transaction_id.to_string(),
            position.global_position,
            PAGE
        )
        .fetch_all(pool)
        .await?;
        let Some(last) = rows.last() else {
            return Ok(frontier.size());
        };
        position = Position::from_stored(&last.tx, last.global_position)?;
        for row in &rows {
            frontier.push(&hash_from_stored(row.hash.as_deref()));
        }
        // Another process may have sealed the same size: it has the same root then.
        sqlx::query!(
            "INSERT INTO tree_heads (size, root, peaks, transaction_id, global_position)
             VALUES ($1, $2, $3, $4::text::xid8, $5) ON CONFLICT (size) DO NOTHING",
            i64::try_from(frontier.size()).unwrap_or(i64::MAX),
            &frontier.root()[..],
            frontier.to_bytes(),
            position.transaction_id.to_string(),
            position.global_position
        )
        .execute(pool)
        .await?;
    }
}

/// Seals the feed every `interval`, in one process at a time, until it is dropped.
pub async fn keep_sealed(pool: PgPool, holder: Uuid, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let sealed = match leases::acquire(&pool, "tree", holder, interval * 5).await {
            Ok(true) => seal(&pool).await.map(drop),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = sealed {
            tracing::warn!(%error, "the feed could not be sealed; trying again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, section 2.1, word for word.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => leaf_hash(leaf),
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at(half);
                node_hash(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    #[test]
    fn the_frontier_has_the_root_that_the_rfc_defines_at_every_size() {
        let leaves: Vec<Hash> = (0..130_u8).map(|n| [n; 32]).collect();
        let mut frontier = Frontier::default();
        for size in 0..=leaves.len() {
            assert_eq!(frontier.root(), root_by_definition(&leaves[..size]), "size {size}");
            let bytes = frontier.to_bytes();
            assert_eq!(Frontier::from_bytes(frontier.size(), &bytes), Some(frontier.clone()));
            if let Some(leaf) = leaves.get(size) {
                frontier.push(leaf);
            }
        }
    }
}
