//! The tree in tiles of 256 hashes (C2SP tlog-tiles), and the table that keeps the complete ones.
//! Never keeps an incomplete tile: that one is read from what lies below it.

use super::hashes::{leaf_hash, perfect};
use super::ranges::Node;
use crate::recorded::hash_from_stored;
use crate::{Hash, Position};
use sqlx::{PgExecutor, PgPool};
use std::ops::Range;

/// How many levels of the tree a tile has.
pub(super) const HEIGHT: u32 = 8;
/// How many hashes a tile has.
pub(crate) const WIDTH: u64 = 1 << HEIGHT;

/// Which tile, and at which level: at 0 are the leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TileId {
    pub level: i16,
    pub tile: u64,
}

impl TileId {
    pub(super) fn of(node: Node) -> Self {
        let level = i16::try_from(node.height / HEIGHT).unwrap_or(i16::MAX);
        Self { level, tile: node.index >> (HEIGHT - node.height % HEIGHT) }
    }

    fn stored(self) -> i64 {
        i64::try_from(self.tile).unwrap_or(i64::MAX)
    }
}

/// A complete tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tile {
    pub id: TileId,
    pub hashes: Vec<Hash>,
    pub root: Hash,
}

/// Cuts leaves into tiles as they come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tiler {
    levels: Vec<Level>,
}

#[derive(Debug, Clone, Default)]
struct Level {
    /// Complete tiles so far.
    tiles: u64,
    pending: Vec<Hash>,
}

impl Tiler {
    /// Adds a leaf's hash; calls `complete` with each tile that it completes, the lowest first.
    pub fn push(&mut self, leaf: Hash, mut complete: impl FnMut(Tile)) {
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Level::default());
            }
            let row = &mut self.levels[level];
            row.pending.push(hash);
            if (row.pending.len() as u64) < WIDTH {
                return;
            }
            let hashes = std::mem::take(&mut row.pending);
            hash = perfect(&hashes);
            let level = i16::try_from(level).unwrap_or(i16::MAX);
            complete(Tile { id: TileId { level, tile: row.tiles }, hashes, root: hash });
            row.tiles += 1;
        }
    }

    /// How it was after the complete tiles that are stored.
    pub async fn resume(pool: &PgPool, tiles: u64) -> Result<Self, sqlx::Error> {
        let mut levels = vec![Level { tiles, pending: Vec::new() }];
        let mut below = tiles;
        for level in 0.. {
            if below == 0 {
                break;
            }
            let complete = below / WIDTH;
            // Another process may have stored more meanwhile.
            let pending = roots(pool, level, complete * WIDTH..below).await?;
            levels.push(Level { tiles: complete, pending });
            below = complete;
        }
        Ok(Self { levels })
    }
}

/// How many complete tiles of leaves are stored, and the place of the last event under them.
pub(super) async fn stored(db: impl PgExecutor<'_>) -> Result<(u64, Position), sqlx::Error> {
    let last = sqlx::query!(
        r#"SELECT tile, transaction_id::text AS "tx!", global_position
             FROM tree_tiles WHERE level = 0 ORDER BY tile DESC LIMIT 1"#
    )
    .fetch_optional(db)
    .await?;
    let Some(last) = last else { return Ok((0, Position::START)) };
    let place = Position::from_stored(&last.tx, last.global_position)?;
    Ok((u64::try_from(last.tile).unwrap_or_default() + 1, place))
}

/// The hashes of complete tiles; those that are missing are left out.
pub(super) async fn complete(
    db: impl PgExecutor<'_>,
    ids: &[TileId],
) -> Result<Vec<(TileId, Vec<Hash>)>, sqlx::Error> {
    let levels: Vec<i16> = ids.iter().map(|id| id.level).collect();
    let tiles: Vec<i64> = ids.iter().map(|id| id.stored()).collect();
    let rows = sqlx::query!(
        "SELECT level, tile, hashes FROM tree_tiles
          WHERE (level, tile) IN (SELECT * FROM UNNEST($1::smallint[], $2::bigint[]))",
        &levels,
        &tiles
    )
    .fetch_all(db)
    .await?;
    let tile = |level, tile: i64, hashes: &[u8]| {
        let id = TileId { level, tile: u64::try_from(tile).unwrap_or_default() };
        (id, split(hashes))
    };
    Ok(rows.iter().map(|row| tile(row.level, row.tile, &row.hashes)).collect())
}

/// What there is of a tile that is not complete.
pub(super) async fn incomplete(
    db: impl PgExecutor<'_>,
    id: TileId,
) -> Result<Vec<Hash>, sqlx::Error> {
    if id.level > 0 {
        let first = id.tile * WIDTH;
        return roots(db, id.level - 1, first..first + WIDTH).await;
    }
    // The place of the tile before: where that is missing too, there is nothing to begin from.
    let hashes = sqlx::query_scalar!(
        "SELECT e.hash
           FROM (SELECT transaction_id, global_position FROM tree_tiles
                  WHERE level = 0 AND tile = $1::bigint - 1
                 UNION ALL SELECT '0'::xid8, 0 WHERE $1::bigint = 0) AS before,
                LATERAL (SELECT e.hash, e.transaction_id, e.global_position FROM events e
                          WHERE (e.transaction_id, e.global_position)
                              > (before.transaction_id, before.global_position)
                            AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                          ORDER BY e.transaction_id, e.global_position LIMIT 256) AS e
          ORDER BY e.transaction_id, e.global_position",
        id.stored()
    )
    .fetch_all(db)
    .await?;
    Ok(hashes.iter().map(|hash| leaf_hash(&hash_from_stored(hash.as_deref()))).collect())
}

/// The roots of the tiles in a range.
async fn roots(
    db: impl PgExecutor<'_>,
    level: i16,
    range: Range<u64>,
) -> Result<Vec<Hash>, sqlx::Error> {
    let roots = sqlx::query_scalar!(
        "SELECT root FROM tree_tiles WHERE level = $1 AND tile >= $2 AND tile < $3 ORDER BY tile",
        level,
        TileId { level, tile: range.start }.stored(),
        TileId { level, tile: range.end }.stored()
    )
    .fetch_all(db)
    .await?;
    Ok(roots.iter().map(|root| hash_from_stored(Some(root))).collect())
}

/// The hashes of a tile as stored.
pub(crate) fn split(hashes: &[u8]) -> Vec<Hash> {
    hashes.chunks(32).map(|hash| hash_from_stored(Some(hash))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::hashes::tests::{leaves, root_by_definition};
    use super::*;

    #[test]
    fn tiles_have_the_roots_of_their_leaves() {
        let leaves = leaves(3 * WIDTH + 5);
        let (mut cutter, mut tiles) = (Tiler::default(), Vec::new());
        for leaf in &leaves {
            cutter.push(leaf_hash(leaf), |tile| tiles.push(tile));
        }
        assert_eq!(tiles.len(), 3);
        for (number, tile) in tiles.iter().enumerate() {
            assert_eq!(tile.id, TileId { level: 0, tile: number as u64 });
            let under = &leaves[number * 256..][..256];
            assert_eq!(tile.root, root_by_definition(under));
            assert_eq!(tile.hashes[7], leaf_hash(&under[7]));
        }
    }

    #[test]
    fn each_level_is_made_of_the_roots_of_the_level_below() {
        let (mut cutter, mut tiles) = (Tiler::default(), Vec::new());
        for leaf in leaves(WIDTH * WIDTH) {
            cutter.push(leaf, |tile| tiles.push(tile));
        }
        let top = tiles.pop().unwrap();
        assert_eq!(top.id, TileId { level: 1, tile: 0 });
        assert_eq!(top.hashes, tiles.iter().map(|tile| tile.root).collect::<Vec<_>>());
    }

    #[test]
    fn a_subtree_is_found_in_the_tile_that_has_its_hash() {
        let of = |height, index| TileId::of(Node { height, index });
        assert_eq!(of(0, 255), TileId { level: 0, tile: 0 });
        assert_eq!(of(0, 256), TileId { level: 0, tile: 1 });
        assert_eq!(of(7, 3), TileId { level: 0, tile: 1 });
        assert_eq!(of(8, 3), TileId { level: 1, tile: 0 });
        assert_eq!(of(16, 256), TileId { level: 2, tile: 1 });
    }
}
