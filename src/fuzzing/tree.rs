//! A tree that everything is known of: a proof that is believed can be compared with the truth.

use eventlog::Hash;
use eventlog::tree::{Collector, Frontier, Head, consistency_ranges, inclusion_ranges};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// The events of the largest one.
pub(super) const LARGEST: u64 = 40;

/// The hash of an event; that of another one behind the largest tree.
pub(super) fn event(index: u64) -> Hash {
    Sha256::digest(index.to_be_bytes()).into()
}

pub(super) fn head(size: u64) -> Head {
    let mut frontier = Frontier::default();
    for index in 0..size {
        frontier.push(&event(index));
    }
    Head { size, root: frontier.root() }
}

pub(super) fn inclusion(index: u64, size: u64) -> Vec<Hash> {
    collected(inclusion_ranges(index, size), size)
}

pub(super) fn consistency(old: u64, new: u64) -> Vec<Hash> {
    collected(consistency_ranges(old, new), new)
}

fn collected(ranges: Vec<Range<u64>>, size: u64) -> Vec<Hash> {
    let mut collector = Collector::new(ranges);
    for index in 0..size {
        collector.push(&event(index));
    }
    collector.hashes().unwrap_or_else(|| panic!("a tree of {size} has too few leaves"))
}
