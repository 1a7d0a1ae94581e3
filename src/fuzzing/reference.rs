//! The verification of proofs as RFC 9162 tells it in sections 2.1.3.2 and 2.1.4.2, step by step: what
//! the verifier is compared with. Shares no code with it.

use eventlog::Hash;
use sha2::{Digest, Sha256};

/// The largest tree that is considered at all.
const MOST_LEAVES: u64 = 1 << 62;

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root to which a proof of inclusion leads; `None` where it leads nowhere.
pub(super) fn root_of_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    if index >= size || size > MOST_LEAVES {
        return None;
    }
    let (mut place, mut last, mut root) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            root = node(sibling, &root);
            while place.is_multiple_of(2) && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            root = node(&root, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

/// The roots of the older and the newer tree to which a proof of consistency leads, given what is said
/// to be the older one; `None` where it leads nowhere.
pub(super) fn roots_of_consistency(
    old: u64,
    new: u64,
    old_root: Hash,
    proof: &[Hash],
) -> Option<(Hash, Hash)> {
    if old == 0 || old > new || new > MOST_LEAVES {
        return None;
    }
    if old == new {
        return proof.is_empty().then_some((old_root, old_root));
    }
    let mut path = proof.to_vec();
    if path.is_empty() {
        return None;
    }
    if old.is_power_of_two() {
        path.insert(0, old_root);
    }
    let (mut place, mut last) = (old - 1, new - 1);
    while place % 2 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    let (mut old_found, mut new_found) = (path[0], path[0]);
    for sibling in &path[1..] {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            old_found = node(sibling, &old_found);
            new_found = node(sibling, &new_found);
            while place.is_multiple_of(2) && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            new_found = node(&new_found, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    (last == 0).then_some((old_found, new_found))
}
