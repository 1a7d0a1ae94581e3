//! The hashes of RFC 6962, section 2.1. A leaf and a node can never be taken for each other: each
//! has a prefix of its own.

use crate::Hash;
use sha2::{Digest, Sha256};

/// Of a leaf, whose data is the hash of an event.
pub fn leaf_hash(event: &Hash) -> Hash {
    Sha256::new().chain_update([0]).chain_update(event).finalize().into()
}

pub(super) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root over perfect subtrees, the largest first; that over none is the hash of nothing.
pub(super) fn fold(peaks: &[Hash]) -> Hash {
    let mut peaks = peaks.iter().rev();
    match peaks.next() {
        None => Sha256::digest([]).into(),
        Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
    }
}

/// The root over as many hashes as a power of two.
pub(super) fn perfect(hashes: &[Hash]) -> Hash {
    debug_assert!(hashes.len().is_power_of_two());
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[pair.len() - 1])).collect();
    }
    fold(&row)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// As many hashes of events as wanted, all different.
    pub fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| Sha256::digest(n.to_be_bytes()).into()).collect()
    }

    /// The definition of RFC 6962, section 2.1, word for word.
    pub fn root_by_definition(leaves: &[Hash]) -> Hash {
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
    fn a_perfect_tree_has_the_root_of_the_definition() {
        let leaves = leaves(256);
        let hashes: Vec<Hash> = leaves.iter().map(leaf_hash).collect();
        for size in [1, 2, 4, 128, 256] {
            assert_eq!(perfect(&hashes[..size]), root_by_definition(&leaves[..size]));
        }
    }
}
