//! Proofs that are forged from true ones, and proofs that are made up altogether.

use super::bytes::Bytes;
use super::reference::{root_of_inclusion, roots_of_consistency};
use super::tree::{self, LARGEST};
use eventlog::Hash;
use eventlog::tree::{Head, leaf_hash, verify_consistency, verify_inclusion};

/// A proof is believed exactly where the algorithm of RFC 9162 believes it; and one about a tree that
/// is known only where it is the proof of a thing that is true.
pub fn proofs(data: &[u8]) {
    let mut bytes = Bytes(data);
    match bytes.byte() % 3 {
        0 => forged_inclusion(&mut bytes),
        1 => forged_consistency(&mut bytes),
        _ => made_up(&mut bytes),
    }
}

fn forged_inclusion(bytes: &mut Bytes<'_>) {
    let mut size = 1 + bytes.number_below(LARGEST);
    let mut index = bytes.number_below(size);
    let mut proof = tree::inclusion(index, size);
    let (mut event, mut root) = (tree::event(index), tree::head(size).root);
    while !bytes.is_empty() {
        match bytes.byte() % 8 {
            0 => index = bytes.number(),
            1 => index = bytes.number_below(LARGEST),
            2 => size = bytes.number(),
            3 => size = bytes.number_below(LARGEST + 1),
            4 => event = tree::event(bytes.number_below(LARGEST + 1)),
            5 => root = tree::head(bytes.number_below(LARGEST + 1)).root,
            _ => forge(&mut proof, bytes),
        }
    }
    let believed = verify_inclusion(&event, index, &proof, &Head { size, root }).is_ok();
    let found = root_of_inclusion(leaf_hash(&event), index, size, &proof);
    assert_eq!(believed, found == Some(root), "leaf {index} of {size}");
    if believed && size <= LARGEST && root == tree::head(size).root {
        assert!(event == tree::event(index) && proof == tree::inclusion(index, size));
    }
}

fn forged_consistency(bytes: &mut Bytes<'_>) {
    let mut new = tree::head(1 + bytes.number_below(LARGEST));
    let mut old = tree::head(1 + bytes.number_below(new.size));
    let mut proof = tree::consistency(old.size, new.size);
    while !bytes.is_empty() {
        let head = if bytes.byte().is_multiple_of(2) { &mut old } else { &mut new };
        match bytes.byte() % 6 {
            0 => head.size = bytes.number(),
            1 => head.size = bytes.number_below(LARGEST + 1),
            2 => head.root = tree::head(bytes.number_below(LARGEST + 1)).root,
            3 => *head = tree::head(bytes.number_below(LARGEST + 1)),
            _ => forge(&mut proof, bytes),
        }
    }
    let believed = verify_consistency(&old, &new, &proof).is_ok();
    let found = roots_of_consistency(old.size, new.size, old.root, &proof);
    assert_eq!(believed, found == Some((old.root, new.root)), "from {old:?} to {new:?}");
    if believed && new.size <= LARGEST && new == tree::head(new.size) {
        assert!(old == tree::head(old.size) && proof == tree::consistency(old.size, new.size));
    }
}

/// Changes, adds, drops or swaps hashes.
fn forge(proof: &mut Vec<Hash>, bytes: &mut Bytes<'_>) {
    let (action, place) = (bytes.byte() % 4, bytes.below(proof.len() + 1));
    match action {
        0 => {
            let (at, bit) = (bytes.below(32), bytes.byte() % 8);
            if let Some(hash) = proof.get_mut(place) {
                hash[at] ^= 1 << bit;
            }
        }
        1 => proof.insert(place, tree::event(bytes.number_below(LARGEST))),
        2 if place < proof.len() => {
            proof.remove(place);
        }
        _ => {
            let other = bytes.below(proof.len() + 1);
            if place.max(other) < proof.len() {
                proof.swap(place, other);
            }
        }
    }
}

/// Any sizes, any hashes: with the roots to which they lead they are proofs, and with others none.
fn made_up(bytes: &mut Bytes<'_>) {
    let (size, index, event, claimed) =
        (bytes.number(), bytes.number(), bytes.hash(), bytes.hash());
    let proof: Vec<Hash> = (0..bytes.byte() % 70).map(|_| bytes.hash()).collect();
    let found = root_of_inclusion(leaf_hash(&event), index, size, &proof);
    let verify = |root| verify_inclusion(&event, index, &proof, &Head { size, root }).is_ok();
    assert_eq!(verify(claimed), found == Some(claimed), "leaf {index} of {size}");
    assert!(found.is_none_or(verify), "leaf {index} of {size}");

    let found = roots_of_consistency(index, size, claimed, &proof);
    let verify = |(old, new)| {
        let (old, new) = (Head { size: index, root: old }, Head { size, root: new });
        verify_consistency(&old, &new, &proof).is_ok()
    };
    assert_eq!(verify((claimed, event)), found == Some((claimed, event)), "{index} of {size}");
    assert!(found.is_none_or(verify), "{index} of {size}");
}
