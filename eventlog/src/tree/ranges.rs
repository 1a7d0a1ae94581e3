//! What a proof consists of (RFC 9162, sections 2.1.3.1 and 2.1.4.1), as ranges of leaves: pure, so
//! that a server answers it from tiles and an auditor from an export.

use super::Frontier;
use crate::Hash;
use std::ops::Range;

/// A perfect subtree: over the leaves from `index << height` on, `1 << height` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub height: u32,
    pub index: u64,
}

/// The leaves to the left of the last subtree's: the largest power of two below `count`.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The ranges whose roots prove that the leaf is in the tree, from the leaf upwards. Empty where
/// there is no such leaf.
pub fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    let (mut low, mut high) = (0, size);
    while index < size && high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            ranges.push(middle..high);
            high = middle;
        } else {
            ranges.push(low..middle);
            low = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The ranges whose roots prove that the tree of `old` leaves is the beginning of that of `new`.
/// Empty where both are the same, or the old one is empty or larger.
pub fn consistency_ranges(old: u64, new: u64) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    if old == 0 || old >= new {
        return ranges;
    }
    let (mut low, mut high) = (0, new);
    while old != high {
        let middle = low + split(high - low);
        if old <= middle {
            ranges.push(middle..high);
            high = middle;
        } else {
            ranges.push(low..middle);
            low = middle;
        }
    }
    // Where it is the whole old tree, whoever verifies knows its root.
    if low > 0 {
        ranges.push(low..high);
    }
    ranges.reverse();
    ranges
}

/// The perfect subtrees of a range of a proof, from left to right.
pub(super) fn nodes(range: &Range<u64>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut low = range.start;
    while low < range.end {
        let aligned = if low == 0 { u64::BITS - 1 } else { low.trailing_zeros() };
        let height = aligned.min((range.end - low).ilog2());
        nodes.push(Node { height, index: low >> height });
        low += 1 << height;
    }
    nodes
}

/// Makes the hashes of a proof from all leaves, shown to it in order. Keeps none of them.
#[derive(Debug, Clone)]
pub struct Collector {
    ranges: Vec<(Range<u64>, Frontier)>,
    size: u64,
}

impl Collector {
    /// For the ranges of a proof.
    pub fn new(ranges: Vec<Range<u64>>) -> Self {
        let ranges = ranges.into_iter().map(|range| (range, Frontier::default())).collect();
        Self { ranges, size: 0 }
    }

    /// The next event's hash.
    pub fn push(&mut self, event: &Hash) {
        for (range, frontier) in &mut self.ranges {
            if range.contains(&self.size) {
                frontier.push(event);
            }
        }
        self.size += 1;
    }

    /// The proof; `None` where there were too few leaves.
    pub fn hashes(&self) -> Option<Vec<Hash>> {
        let complete = |(range, frontier): &(Range<u64>, Frontier)| {
            (frontier.size() == range.end - range.start).then(|| frontier.root())
        };
        self.ranges.iter().map(complete).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::hashes::tests::{leaves, root_by_definition};
    use super::*;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use sha2::Sha256;

    fn collected(ranges: Vec<Range<u64>>, leaves: &[Hash]) -> Vec<u8> {
        let mut collector = Collector::new(ranges);
        for leaf in leaves {
            collector.push(leaf);
        }
        collector.hashes().unwrap().concat()
    }

    #[test]
    fn proofs_are_those_of_another_implementation_byte_for_byte() {
        let leaves = leaves(131);
        let mut other = MemoryBackedTree::<Sha256, Hash>::new();
        for (size, leaf) in (1_u64..).zip(&leaves) {
            other.push(*leaf);
            let length = usize::try_from(size).unwrap();
            let known = &leaves[..length];
            assert_eq!(other.root().as_bytes()[..], root_by_definition(known)[..], "{size}");
            for index in 0..size {
                let proof = collected(inclusion_ranges(index, size), known);
                let theirs = other.prove_inclusion(usize::try_from(index).unwrap());
                assert_eq!(proof, theirs.as_bytes(), "leaf {index} of {size}");
            }
            for old in 1..=size {
                let proof = collected(consistency_ranges(old, size), known);
                let theirs = other.prove_consistency(usize::try_from(size - old).unwrap());
                assert_eq!(proof, theirs.as_bytes(), "from {old} to {size}");
            }
        }
    }

    #[test]
    fn there_are_no_proofs_of_what_is_not_there() {
        assert!(inclusion_ranges(5, 5).is_empty());
        assert!(inclusion_ranges(0, 0).is_empty());
        assert!(consistency_ranges(0, 5).is_empty());
        assert!(consistency_ranges(6, 5).is_empty());
        let mut short = Collector::new(inclusion_ranges(0, 3));
        short.push(&[0; 32]);
        assert_eq!(short.hashes(), None);
    }

    #[test]
    fn subtrees_cover_their_range_without_gaps() {
        for (low, high) in [(0, 1), (0, 300), (256, 300), (0, 65_537), (65_536, 65_537)] {
            let mut next = low;
            for node in nodes(&(low..high)) {
                assert_eq!(node.index << node.height, next);
                next += 1 << node.height;
            }
            assert_eq!(next, high);
        }
    }
}
