//! Rebuilding the tree from the log: every tile and every tree head that is stored, and every
//! checkpoint that somebody kept, must come out of it again.

use super::VerifyError;
use crate::recorded::hash_from_stored;
use crate::tree::tiles::{Tile, TileId, Tiler, WIDTH, split};
use crate::tree::{Frontier, Head, leaf_at, leaf_hash, sealed};
use crate::{Hash, Position};
use futures_util::TryStreamExt;
use sqlx::PgPool;
use std::collections::VecDeque;

/// Heads and tiles fetched at once: 256 KiB of tiles.
const PAGE: i64 = 32;

/// What was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TreeReport {
    /// Events under the largest head.
    pub events: u64,
    pub heads: u64,
    pub tiles: u64,
    /// Of those that were given.
    pub checkpoints: u64,
}

/// Rebuilds the tree over the feed and compares it with every stored tile and tree head. Returns how
/// many heads there are. Uses two connections.
pub async fn tree(pool: &PgPool, progress: impl FnMut(u64)) -> Result<u64, VerifyError> {
    Ok(tree_against(pool, &[], progress).await?.heads)
}

/// The same, and compares it with checkpoints from outside of the database: whoever can write to the
/// database can make its tree heads anew, but not these.
pub async fn tree_against(
    pool: &PgPool,
    checkpoints: &[Head],
    mut progress: impl FnMut(u64),
) -> Result<TreeReport, VerifyError> {
    // Before the log is read: what is sealed meanwhile may be beyond what that reading shows.
    let sealed = sealed(pool).await?;
    let mut stored = Stored::new(pool, sealed).await?;
    let mut checkpoints = checkpoints.to_vec();
    checkpoints.sort_by_key(|head| head.size);
    let last = checkpoints.last().map_or(sealed, |head| head.size.max(sealed));
    let mut checkpoints = VecDeque::from(checkpoints);

    let mut leaves = sqlx::query_scalar!(
        "SELECT e.hash FROM events e ORDER BY e.transaction_id, e.global_position"
    )
    .fetch(pool);
    let (mut frontier, mut cutter) = (Frontier::default(), Tiler::default());
    let mut complete = Vec::new();
    let (mut report, mut good) = (TreeReport::default(), 0);
    loop {
        let size = frontier.size();
        if let Some(head) = stored.head_at(size).await? {
            if frontier.root() != head.root {
                let position = head.position;
                return Err(VerifyError::BadTreeHead { size, good, position });
            }
            report.heads += 1;
            good = size;
        }
        while let Some(head) = checkpoints.pop_front_if(|head| head.size == size) {
            if frontier.root() != head.root {
                return Err(VerifyError::BadCheckpoint { size, good: report.events });
            }
            report.checkpoints += 1;
            report.events = size;
        }
        if size.is_multiple_of(4096) {
            progress(size);
        }
        if size >= last {
            break;
        }
        let Some(event) = leaves.try_next().await? else {
            return Err(stored.too_short(size, good, &checkpoints));
        };
        let leaf = leaf_hash(&hash_from_stored(event.as_deref()));
        stored.check_leaf(size, &leaf).await?;
        frontier.push_leaf(leaf);
        cutter.push(leaf, |tile| complete.push(tile));
        for tile in complete.drain(..) {
            report.tiles += u64::from(stored.check_tile(&tile).await?);
        }
    }
    progress(frontier.size());
    report.events = frontier.size();
    Ok(report)
}

/// A stored tree head that was not reached yet.
struct StoredHead {
    size: u64,
    root: Hash,
    position: Position,
}

/// What the database says the tree is, read in pieces beside the leaves.
struct Stored<'p> {
    pool: &'p PgPool,
    /// Heads beyond this are not looked at.
    sealed: u64,
    heads: VecDeque<StoredHead>,
    heads_read_to: Option<u64>,
    /// How many complete tiles of leaves there are.
    tiles: u64,
    /// Those of the page that is being read, from `tiles_from` on.
    page: Vec<(Vec<Hash>, Hash)>,
    page_from: u64,
}

impl<'p> Stored<'p> {
    async fn new(pool: &'p PgPool, sealed: u64) -> Result<Self, VerifyError> {
        let tiles = sqlx::query_scalar!(
            r#"SELECT COALESCE(max(tile) + 1, 0) AS "tiles!" FROM tree_tiles WHERE level = 0"#
        );
        // What is sealed meanwhile is left for the next time.
        let tiles = u64::try_from(tiles.fetch_one(pool).await?).unwrap_or_default();
        let tiles = tiles.min(sealed / WIDTH);
        Ok(Self {
            pool,
            sealed,
            heads: VecDeque::new(),
            heads_read_to: None,
            tiles,
            page: Vec::new(),
            page_from: 0,
        })
    }

    /// The stored head of this size. To be asked for every size in turn.
    async fn head_at(&mut self, size: u64) -> Result<Option<StoredHead>, VerifyError> {
        if self.heads.is_empty() && self.heads_read_to.is_none_or(|read| read < self.sealed) {
            self.read_heads().await?;
        }
        Ok(self.heads.pop_front_if(|head| head.size == size))
    }

    async fn read_heads(&mut self) -> Result<(), VerifyError> {
        let after = self.heads_read_to.map_or(-1, as_stored);
        let rows = sqlx::query!(
            r#"SELECT size, root, transaction_id::text AS "tx!", global_position
                 FROM tree_heads WHERE size > $1 AND size <= $2 ORDER BY size LIMIT $3"#,
            after,
            as_stored(self.sealed),
            PAGE * 32
        )
        .fetch_all(self.pool)
        .await?;
        for row in rows {
            self.heads.push_back(StoredHead {
                size: u64::try_from(row.size).unwrap_or_default(),
                root: hash_from_stored(Some(&row.root)),
                position: Position::from_stored(&row.tx, row.global_position)?,
            });
        }
        self.heads_read_to = Some(self.heads.back().map_or(self.sealed, |head| head.size));
        Ok(())
    }

    /// Compares a leaf with the tile that it belongs to, if that is complete.
    async fn check_leaf(&mut self, index: u64, leaf: &Hash) -> Result<(), VerifyError> {
        let tile = index / WIDTH;
        if tile >= self.tiles {
            return Ok(());
        }
        let bad_tile = VerifyError::BadTile { level: 0, tile };
        if index.is_multiple_of(WIDTH) && tile >= self.page_from + self.page.len() as u64 {
            self.read_tiles(tile).await?;
        }
        let within = usize::try_from(tile - self.page_from).unwrap_or(usize::MAX);
        let (hashes, _) = self.page.get(within).ok_or(bad_tile)?;
        // Below 256.
        if hashes.get((index % WIDTH) as usize) == Some(leaf) {
            return Ok(());
        }
        let found = leaf_at(self.pool, index).await?;
        let event = found.map_or_else(
            || "an event".to_owned(),
            |leaf| format!("{}/{} event {}", leaf.aggregate_type, leaf.aggregate_id, leaf.sequence),
        );
        Err(VerifyError::BadLeaf { index, event })
    }

    async fn read_tiles(&mut self, from: u64) -> Result<(), VerifyError> {
        let rows = sqlx::query!(
            "SELECT tile, hashes, root FROM tree_tiles
              WHERE level = 0 AND tile >= $1 AND tile < $1 + $2 ORDER BY tile",
            as_stored(from),
            PAGE
        )
        .fetch_all(self.pool)
        .await?;
        self.page.clear();
        self.page_from = from;
        for (expected, row) in (as_stored(from)..).zip(rows) {
            // What stands behind a gap is not looked at: the gap is reported when it is reached.
            if row.tile != expected {
                break;
            }
            self.page.push((split(&row.hashes), hash_from_stored(Some(&row.root))));
        }
        Ok(())
    }

    /// Compares a complete tile with the stored one; `false` where there need not be one yet.
    async fn check_tile(&self, tile: &Tile) -> Result<bool, VerifyError> {
        let TileId { level, tile: number } = tile.id;
        let leaves = WIDTH.saturating_pow(u32::try_from(level).unwrap_or_default() + 1);
        if (number + 1).saturating_mul(leaves) > self.tiles * WIDTH {
            return Ok(false);
        }
        let same = if level == 0 {
            // Its hashes were compared one by one.
            let within = usize::try_from(number - self.page_from).unwrap_or(usize::MAX);
            self.page.get(within).is_some_and(|(_, root)| *root == tile.root)
        } else {
            sqlx::query_scalar!(
                r#"SELECT hashes = $3 AND root = $4 AS "same!"
                     FROM tree_tiles WHERE level = $1 AND tile = $2"#,
                level,
                as_stored(number),
                tile.hashes.concat(),
                &tile.root[..]
            )
            .fetch_optional(self.pool)
            .await?
            .unwrap_or_default()
        };
        if same { Ok(true) } else { Err(VerifyError::BadTile { level, tile: number }) }
    }

    /// The log ends before a head or a checkpoint that covers more.
    fn too_short(&self, events: u64, good: u64, checkpoints: &VecDeque<Head>) -> VerifyError {
        match (self.heads.front(), checkpoints.front()) {
            (Some(head), _) => {
                VerifyError::BadTreeHead { size: head.size, good, position: head.position }
            }
            (None, checkpoint) => VerifyError::TooShort {
                size: checkpoint.map_or(self.sealed, |head| head.size),
                events,
            },
        }
    }
}

fn as_stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
