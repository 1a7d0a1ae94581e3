//! Checking proofs, as an auditor does: with nothing but hashes. The arithmetic is ct-merkle's, and
//! not that of the code which makes the proofs.

use crate::Hash;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;

/// A tree head: what a checkpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many leaves there are.
    pub size: u64,
    pub root: Hash,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("the event is not leaf {index} of the tree of {size}: {problem}")]
    Inclusion { index: u64, size: u64, problem: String },
    #[error("the tree of {old} is not the beginning of the tree of {new}: {problem}")]
    Consistency { old: u64, new: u64, problem: String },
}

/// More leaves than any log will have: beyond it the arithmetic of ct-merkle panics.
const MOST_LEAVES: u64 = 1 << 62;

fn checked_size(size: u64) -> Result<(), String> {
    if size <= MOST_LEAVES {
        Ok(())
    } else {
        Err(format!("a tree has at most {MOST_LEAVES} leaves"))
    }
}

fn root(head: &Head) -> RootHash<Sha256> {
    RootHash::new(head.root.into(), head.size)
}

/// Whether the event with this hash is the leaf `index` under the head.
pub fn verify_inclusion(
    event: &Hash,
    index: u64,
    proof: &[Hash],
    head: &Head,
) -> Result<(), ProofError> {
    let failed = |problem: String| ProofError::Inclusion { index, size: head.size, problem };
    checked_size(head.size).map_err(failed)?;
    let bytes = InclusionProof::<Sha256>::from_bytes(proof.concat());
    let verified = root(head).verify_inclusion(event, index, &bytes);
    verified.map_err(|error| failed(error.to_string()))
}

/// Whether the tree of the old head is the beginning of that of the new one.
pub fn verify_consistency(old: &Head, new: &Head, proof: &[Hash]) -> Result<(), ProofError> {
    let failed =
        |problem: String| ProofError::Consistency { old: old.size, new: new.size, problem };
    checked_size(old.size).and(checked_size(new.size)).map_err(failed)?;
    let bytes = ConsistencyProof::<Sha256>::try_from_bytes(proof.concat())
        .map_err(|error| failed(error.to_string()))?;
    root(new).verify_consistency(&root(old), &bytes).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::hashes::tests::{leaves, root_by_definition};
    use super::super::{Collector, consistency_ranges, inclusion_ranges};
    use super::*;
    use std::ops::Range;

    const SIZE: u64 = 67;

    fn head(leaves: &[Hash]) -> Head {
        Head { size: leaves.len() as u64, root: root_by_definition(leaves) }
    }

    fn proof(ranges: Vec<Range<u64>>, leaves: &[Hash]) -> Vec<Hash> {
        let mut collector = Collector::new(ranges);
        for leaf in leaves {
            collector.push(leaf);
        }
        collector.hashes().unwrap()
    }

    /// Every proof that differs from this one in one hash, by one, or in order.
    fn forged(proof: &[Hash]) -> Vec<Vec<Hash>> {
        let changed = (0..proof.len()).map(|at| {
            let mut proof = proof.to_vec();
            proof[at][31] ^= 1;
            proof
        });
        let mut all: Vec<_> = changed.collect();
        all.push([proof, &[[7; 32]]].concat());
        all.extend((0..proof.len()).map(|at| [&proof[..at], &proof[at + 1..]].concat()));
        if proof.len() > 1 {
            all.push(proof.iter().rev().copied().collect());
        }
        all
    }

    #[test]
    fn a_proof_holds_for_its_leaf_its_place_its_size_and_its_root_only() {
        let leaves = leaves(SIZE);
        let under = head(&leaves);
        for (index, leaf) in (0_u64..).zip(&leaves) {
            let proof = proof(inclusion_ranges(index, SIZE), &leaves);
            verify_inclusion(leaf, index, &proof, &under).unwrap();
            let other = leaves[((index + 1) % SIZE) as usize];
            let said = verify_inclusion(&other, index, &proof, &under).unwrap_err().to_string();
            assert!(said.starts_with(&format!("the event is not leaf {index} of the tree of 67")));
            for wrong in (0..SIZE + 2).filter(|wrong| *wrong != index) {
                assert!(verify_inclusion(leaf, wrong, &proof, &under).is_err(), "{index} {wrong}");
            }
            for forged in forged(&proof) {
                assert!(verify_inclusion(leaf, index, &forged, &under).is_err(), "{index}");
            }
            let elsewhere = Head { root: [9; 32], ..under };
            assert!(verify_inclusion(leaf, index, &proof, &elsewhere).is_err());
            // The head of another size has another root.
            let smaller = head(&leaves[..66]);
            assert!(verify_inclusion(leaf, index, &proof, &smaller).is_err(), "{index}");
        }
    }

    #[test]
    fn an_empty_tree_has_no_leaf() {
        let nothing = head(&[]);
        assert!(verify_inclusion(&[0; 32], 0, &[], &nothing).is_err());
        let one = leaves(1);
        verify_inclusion(&one[0], 0, &[], &head(&one)).unwrap();
        assert!(verify_inclusion(&[0; 32], 0, &[], &head(&one)).is_err());
    }

    /// A checkpoint may say any size, and whoever signs it need not be honest.
    #[test]
    fn a_size_that_no_log_has_is_refused() {
        for size in [MOST_LEAVES + 1, 1 << 63, (1 << 63) + 1, u64::MAX] {
            let huge = Head { size, root: [9; 32] };
            for index in [0, size / 2, size - 1] {
                let said = verify_inclusion(&[0; 32], index, &[[1; 32]], &huge).unwrap_err();
                assert!(
                    said.to_string().ends_with("a tree has at most 4611686018427387904 leaves")
                );
            }
            let small = Head { size: 3, root: [9; 32] };
            assert!(verify_consistency(&small, &huge, &[[1; 32]]).is_err());
            assert!(verify_consistency(&huge, &huge, &[]).is_err());
        }
        let large = Head { size: MOST_LEAVES, root: [9; 32] };
        for index in [0, MOST_LEAVES / 2, MOST_LEAVES - 1] {
            assert!(verify_inclusion(&[0; 32], index, &[[1; 32]; 62], &large).is_err());
        }
    }

    #[test]
    fn consistency_holds_between_its_two_heads_only() {
        let leaves = leaves(SIZE);
        let new = head(&leaves);
        for (size, length) in (1..=SIZE).zip(1_usize..) {
            let old = head(&leaves[..length]);
            let proof = proof(consistency_ranges(size, SIZE), &leaves);
            verify_consistency(&old, &new, &proof).unwrap();
            let rewritten = Head { root: [9; 32], ..old };
            let said = verify_consistency(&rewritten, &new, &proof).unwrap_err().to_string();
            let expected = format!("the tree of {size} is not the beginning of the tree of 67");
            assert!(said.starts_with(&expected), "{said}");
            assert!(verify_consistency(&old, &Head { root: [9; 32], ..new }, &proof).is_err());
            for forged in forged(&proof) {
                assert!(verify_consistency(&old, &new, &forged).is_err(), "{size}");
            }
            if size < SIZE {
                assert!(verify_consistency(&new, &old, &proof).is_err(), "backwards");
                let next = head(&leaves[..=length]);
                assert!(verify_consistency(&next, &new, &proof).is_err(), "{size}");
            }
        }
        assert!(verify_consistency(&head(&[]), &new, &[]).is_err());
    }
}
