//! Sealing: what the feed shows is added to the tree, and the new head is stored together with the
//! tiles that became complete. What is stored already is never touched.
//!
//! A seal reads what is new, and the leaves of the one tile that was not complete: at most 255 events.
//! So it costs the same however long the log is.

use super::hashes::leaf_hash;
use super::tiles::{Tile, Tiler, WIDTH, stored};
use super::{Frontier, TreeError, latest};
use crate::Position;
use crate::recorded::hash_from_stored;
use sqlx::PgPool;

/// Events read at once.
const PAGE: i64 = 10_000;

/// Adds what the feed shows beyond the latest tree head and stores the new head. Returns its size.
///
/// Several processes may do this at once: they store the same. A log that was sealed before there
/// were tiles gets them here, from its beginning.
pub async fn seal(pool: &PgPool) -> Result<u64, TreeError> {
    // The tiles first: another process may store a head with further tiles in between.
    let (tiles, place) = stored(pool).await?;
    let (frontier, head) = match latest(pool).await? {
        Some(latest) => (latest.frontier, latest.position),
        None => (Frontier::default(), Position::START),
    };
    let sealed = frontier.size();
    let leaves = tiles * WIDTH;
    if leaves > sealed || (leaves == sealed && place != head) {
        return Err(TreeError::BadTile { level: 0, tile: tiles.saturating_sub(1) });
    }
    if tiles == sealed / WIDTH && !anything_after(pool, head).await? {
        return Ok(sealed);
    }
    let cutter = Tiler::resume(pool, tiles).await?;
    let mut sealing = Sealing { frontier, sealed, head, cutter, leaves, place };
    while sealing.page(pool).await? {}
    Ok(sealing.frontier.size())
}

/// In the order of the feed, though any event would do: the planner believes that a third of the log
/// lies behind any place, and for `EXISTS` reads the table from its start until it meets one.
async fn anything_after(pool: &PgPool, position: Position) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(
               (SELECT true FROM events e
                 WHERE (e.transaction_id, e.global_position) > ($1::text::xid8, $2)
                   AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                 ORDER BY e.transaction_id, e.global_position
                 LIMIT 1), false) AS "any!""#,
        position.transaction_id.to_string(),
        position.global_position
    )
    .fetch_one(pool)
    .await
}

struct Sealing {
    /// Begins as that of the latest head; leaves below its size are only read for the tiles.
    frontier: Frontier,
    /// Of the latest head: its size, and the last event under it.
    sealed: u64,
    head: Position,
    cutter: Tiler,
    /// How many leaves the cutter has seen, and where the last one stands in the feed.
    leaves: u64,
    place: Position,
}

/// Rows of `tree_tiles`, column by column.
#[derive(Default)]
struct Rows {
    levels: Vec<i16>,
    tiles: Vec<i64>,
    hashes: Vec<Vec<u8>>,
    roots: Vec<Vec<u8>>,
    transactions: Vec<String>,
    positions: Vec<i64>,
}

impl Rows {
    fn push(&mut self, tile: &Tile, last: Position) {
        self.levels.push(tile.id.level);
        self.tiles.push(i64::try_from(tile.id.tile).unwrap_or(i64::MAX));
        self.hashes.push(tile.hashes.concat());
        self.roots.push(tile.root.to_vec());
        self.transactions.push(last.transaction_id.to_string());
        self.positions.push(last.global_position);
    }
}

impl Sealing {
    /// One page of the feed; `false` at its end.
    async fn page(&mut self, pool: &PgPool) -> Result<bool, TreeError> {
        let rows = sqlx::query!(
            r#"SELECT e.hash, e.transaction_id::text AS "tx!", e.global_position
                 FROM events e
                WHERE (e.transaction_id, e.global_position) > ($1::text::xid8, $2)
                  AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                ORDER BY e.transaction_id, e.global_position
                LIMIT $3"#,
            self.place.transaction_id.to_string(),
            self.place.global_position,
            PAGE
        )
        .fetch_all(pool)
        .await?;
        let before = self.frontier.size();
        let mut tiles = Rows::default();
        for row in &rows {
            let leaf = leaf_hash(&hash_from_stored(row.hash.as_deref()));
            self.place = Position::from_stored(&row.tx, row.global_position)?;
            self.cutter.push(leaf, |tile| tiles.push(&tile, self.place));
            self.leaves += 1;
            if self.leaves == self.sealed && self.place != self.head {
                return Err(TreeError::Rewritten { size: self.sealed });
            }
            if self.leaves > self.frontier.size() {
                self.frontier.push_leaf(leaf);
            }
        }
        if self.frontier.size() > before || !tiles.levels.is_empty() {
            crate::fault!("seal.before");
            self.store(pool, &tiles).await?;
            crate::fault!("seal.stored");
        }
        Ok(rows.len() == usize::try_from(PAGE).unwrap_or_default())
    }

    /// Stores the head and the tiles by one statement: no head is without its tiles. Another process
    /// may have stored the same size or tile: they are the same then.
    async fn store(&self, pool: &PgPool, rows: &Rows) -> Result<(), sqlx::Error> {
        // While tiles catch up with a log that was sealed before, the head stands still.
        let grown = self.leaves >= self.frontier.size();
        sqlx::query!(
            "WITH stored AS (
                 INSERT INTO tree_tiles (level, tile, hashes, root, transaction_id, global_position)
                 SELECT level, tile, hashes, root, tx::xid8, position
                   FROM UNNEST($1::smallint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::text[],
                               $6::bigint[]) AS t (level, tile, hashes, root, tx, position)
                 ON CONFLICT DO NOTHING)
             INSERT INTO tree_heads (size, root, peaks, transaction_id, global_position)
             SELECT $7, $8, $9, $10::text::xid8, $11 WHERE $12
             ON CONFLICT (size) DO NOTHING",
            &rows.levels,
            &rows.tiles,
            &rows.hashes,
            &rows.roots,
            &rows.transactions,
            &rows.positions,
            i64::try_from(self.frontier.size()).unwrap_or(i64::MAX),
            &self.frontier.root()[..],
            self.frontier.to_bytes(),
            self.place.transaction_id.to_string(),
            self.place.global_position,
            grown
        )
        .execute(pool)
        .await?;
        Ok(())
    }
}
