//! Proofs and roots of any size, from the tiles: a few rows for each, however long the log is. Reads
//! only, and believes nothing: what it answers is for others to check.

use super::places::{Leaf, leaf_at};
use super::ranges::{Node, consistency_ranges, inclusion_ranges, nodes};
use super::tiles::{HEIGHT, TileId, complete, incomplete};
use super::{Head, TreeError, hashes, sealed};
use crate::Hash;
use sqlx::PgPool;
use std::collections::HashMap;
use std::ops::Range;

/// Tiles kept for the next proof, 8 KiB each.
const KEPT: usize = 512;

/// Answers from the tiles of one tree. Keeps those that it has read: make a new one for each request.
#[derive(Debug)]
pub struct Prover {
    pool: PgPool,
    sealed: u64,
    tiles: HashMap<TileId, Vec<Hash>>,
}

impl Prover {
    /// Over what is sealed now.
    pub async fn new(pool: &PgPool) -> Result<Self, TreeError> {
        Ok(Self { pool: pool.clone(), sealed: sealed(pool).await?, tiles: HashMap::new() })
    }

    /// How many events are sealed.
    pub fn sealed(&self) -> u64 {
        self.sealed
    }

    /// The head of the tree when it had this size.
    pub async fn head(&mut self, size: u64) -> Result<Head, TreeError> {
        self.within(size)?;
        let nodes = nodes(&(0..size));
        self.load(nodes.iter().copied()).await?;
        Ok(Head { size, root: self.fold(&nodes)? })
    }

    /// Proves that the leaf is in the tree of this size.
    pub async fn inclusion(&mut self, index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
        self.within(size)?;
        if index >= size {
            return Err(TreeError::NoSuchLeaf { index, size });
        }
        self.roots(&inclusion_ranges(index, size)).await
    }

    /// Proves that the tree of one size is the beginning of that of another.
    pub async fn consistency(&mut self, from: u64, to: u64) -> Result<Vec<Hash>, TreeError> {
        self.within(to)?;
        if from == 0 || from > to {
            return Err(TreeError::NotBefore { from, to });
        }
        self.roots(&consistency_ranges(from, to)).await
    }

    /// The event at a leaf.
    pub async fn leaf(&self, index: u64) -> Result<Leaf, TreeError> {
        let missing = TreeError::NoSuchLeaf { index, size: self.sealed };
        if index >= self.sealed {
            return Err(missing);
        }
        leaf_at(&self.pool, index).await?.ok_or(missing)
    }

    fn within(&self, size: u64) -> Result<(), TreeError> {
        let sealed = self.sealed;
        if size > sealed { Err(TreeError::NotSealed { size, sealed }) } else { Ok(()) }
    }

    async fn roots(&mut self, ranges: &[Range<u64>]) -> Result<Vec<Hash>, TreeError> {
        let nodes: Vec<Vec<Node>> = ranges.iter().map(nodes).collect();
        self.load(nodes.iter().flatten().copied()).await?;
        nodes.iter().map(|nodes| self.fold(nodes)).collect()
    }

    async fn load(&mut self, nodes: impl Iterator<Item = Node>) -> Result<(), TreeError> {
        if self.tiles.len() > KEPT {
            self.tiles.clear();
        }
        let mut wanted: Vec<TileId> = Vec::new();
        for id in nodes.map(TileId::of) {
            if !self.tiles.contains_key(&id) && !wanted.contains(&id) {
                wanted.push(id);
            }
        }
        if !wanted.is_empty() {
            self.tiles.extend(complete(&self.pool, &wanted).await?);
        }
        for id in wanted {
            if !self.tiles.contains_key(&id) {
                self.tiles.insert(id, incomplete(&self.pool, id).await?);
            }
        }
        Ok(())
    }

    /// The root over subtrees whose tiles are loaded, the largest first.
    fn fold(&self, nodes: &[Node]) -> Result<Hash, TreeError> {
        let peaks = nodes.iter().map(|node| self.hash(*node));
        Ok(hashes::fold(&peaks.collect::<Result<Vec<_>, _>>()?))
    }

    /// The root of a perfect subtree whose tile is loaded.
    fn hash(&self, node: Node) -> Result<Hash, TreeError> {
        let id = TileId::of(node);
        let height = node.height % HEIGHT;
        // Below 256.
        let first = ((node.index << height) % super::tiles::WIDTH) as usize;
        let hashes = self.tiles.get(&id).and_then(|tile| tile.get(first..first + (1 << height)));
        let hashes = hashes.ok_or(TreeError::BadTile { level: id.level, tile: id.tile })?;
        Ok(hashes::perfect(hashes))
    }
}
