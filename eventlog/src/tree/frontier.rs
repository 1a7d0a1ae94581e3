//! The right edge of a Merkle tree: enough to go on adding leaves and to know the root. Keeps one
//! hash for each set bit of the size, never the leaves.

use super::hashes::{fold, leaf_hash, node_hash};
use crate::Hash;

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

    /// Adds an event, by its hash.
    pub fn push(&mut self, event: &Hash) {
        self.push_leaf(leaf_hash(event));
    }

    /// Adds a leaf, by the leaf's hash.
    pub fn push_leaf(&mut self, leaf: Hash) {
        self.peaks.push(leaf);
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
        fold(&self.peaks)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    pub(super) fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let peaks: Vec<Hash> =
            bytes.chunks(32).map(|peak| peak.try_into().ok()).collect::<Option<_>>()?;
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }
}

#[cfg(test)]
mod tests {
    use super::super::hashes::tests::{leaves, root_by_definition};
    use super::*;

    #[test]
    fn the_frontier_has_the_root_that_the_rfc_defines_at_every_size() {
        let leaves = leaves(130);
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
