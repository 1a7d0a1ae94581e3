//! Proofs as documents: what the API answers, what `ledgerline audit prove` makes from an export, and
//! what `ledgerline audit verify-checkpoint --proof` checks. All hashes are in hexadecimal.

use super::checkpoint::{self, CheckpointError};
use super::note::Verifier;
use eventlog::Hash;
use eventlog::tree::{Head, ProofError, leaf_hash, verify_consistency, verify_inclusion};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Proves that an event is in the tree (RFC 9162, section 2.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    pub event_id: Uuid,
    /// The event's place in the feed, from 0.
    pub leaf_index: u64,
    /// Of how many events the tree is that the event is in.
    pub tree_size: u64,
    /// The event's own hash, in hexadecimal: the data of the leaf.
    pub event_hash: String,
    /// `sha256(0x00 || event_hash)`, in hexadecimal.
    pub leaf_hash: String,
    /// The hashes of the proof from the leaf upwards, in hexadecimal.
    pub hashes: Vec<String>,
    /// The root of the tree, in hexadecimal.
    pub root: String,
    /// The signed checkpoint of this size; absent where none of exactly this size was signed.
    pub checkpoint: Option<String>,
}

/// Proves that a tree is the beginning of a later one (RFC 9162, section 2.1.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    pub from_size: u64,
    /// In hexadecimal.
    pub from_root: String,
    pub to_size: u64,
    /// In hexadecimal.
    pub to_root: String,
    /// The hashes of the proof, in hexadecimal.
    pub hashes: Vec<String>,
    /// The signed checkpoint of the size `to_size`; absent where none of exactly this size was signed.
    pub checkpoint: Option<String>,
}

/// Either of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Proof {
    Inclusion(InclusionProof),
    Consistency(ConsistencyProof),
}

/// Why a document proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    #[error("the proof: `{member}` is not in hexadecimal, 32 bytes each")]
    Hex { member: &'static str },
    #[error("the proof: `leaf_hash` is not that of `event_hash`")]
    LeafHash,
    #[error("the proof is of a tree of {found} events, and the checkpoint of one of {wanted}")]
    Size { found: u64, wanted: u64 },
    #[error("the proof is of another root than the checkpoint of {size} events")]
    Root { size: u64 },
    #[error("a proof of consistency needs the older checkpoint too")]
    OlderMissing,
    #[error("{0}")]
    Proof(#[from] ProofError),
    #[error("the checkpoint within the proof: {0}")]
    Checkpoint(#[from] CheckpointError),
}

/// A leaf with the hashes of its proof.
#[derive(Debug, Clone, Copy)]
pub struct Included<'p> {
    pub event_id: Uuid,
    pub index: u64,
    pub event_hash: &'p Hash,
    pub hashes: &'p [Hash],
}

impl InclusionProof {
    pub fn new(leaf: Included<'_>, head: &Head, checkpoint: Option<String>) -> Self {
        Self {
            event_id: leaf.event_id,
            leaf_index: leaf.index,
            tree_size: head.size,
            event_hash: hex::encode(leaf.event_hash),
            leaf_hash: hex::encode(leaf_hash(leaf.event_hash)),
            hashes: leaf.hashes.iter().map(hex::encode).collect(),
            root: hex::encode(head.root),
            checkpoint,
        }
    }

    /// Whether the event with this hash is in the tree of the head.
    pub fn verify(&self, head: &Head) -> Result<(), BadProof> {
        same(self.tree_size, hash("root", &self.root)?, head)?;
        let event = hash("event_hash", &self.event_hash)?;
        if hash("leaf_hash", &self.leaf_hash)? != leaf_hash(&event) {
            return Err(BadProof::LeafHash);
        }
        Ok(verify_inclusion(&event, self.leaf_index, &hashes(&self.hashes)?, head)?)
    }
}

impl ConsistencyProof {
    pub fn new(from: &Head, to: &Head, hashes: &[Hash], checkpoint: Option<String>) -> Self {
        Self {
            from_size: from.size,
            from_root: hex::encode(from.root),
            to_size: to.size,
            to_root: hex::encode(to.root),
            hashes: hashes.iter().map(hex::encode).collect(),
            checkpoint,
        }
    }

    /// Whether the tree of the one head is the beginning of that of the other.
    pub fn verify(&self, from: &Head, to: &Head) -> Result<(), BadProof> {
        same(self.from_size, hash("from_root", &self.from_root)?, from)?;
        same(self.to_size, hash("to_root", &self.to_root)?, to)?;
        Ok(verify_consistency(from, to, &hashes(&self.hashes)?)?)
    }
}

impl Proof {
    /// Checks it against the checkpoint's head and, for consistency, an older one.
    pub fn verify(
        &self,
        head: &Head,
        older: Option<&Head>,
        verifier: &Verifier,
    ) -> Result<(), BadProof> {
        let (Self::Inclusion(InclusionProof { checkpoint, .. })
        | Self::Consistency(ConsistencyProof { checkpoint, .. })) = self;
        if let Some(note) = checkpoint {
            let claimed = checkpoint::open(note, verifier)?;
            same(claimed.size, claimed.root, head)?;
        }
        match self {
            Self::Inclusion(proof) => proof.verify(head),
            Self::Consistency(proof) => proof.verify(older.ok_or(BadProof::OlderMissing)?, head),
        }
    }
}

fn same(size: u64, root: Hash, head: &Head) -> Result<(), BadProof> {
    if size != head.size {
        return Err(BadProof::Size { found: size, wanted: head.size });
    }
    if root != head.root {
        return Err(BadProof::Root { size });
    }
    Ok(())
}

fn hash(member: &'static str, text: &str) -> Result<Hash, BadProof> {
    let mut hash = Hash::default();
    hex::decode_to_slice(text, &mut hash).map_err(|_| BadProof::Hex { member })?;
    Ok(hash)
}

fn hashes(texts: &[String]) -> Result<Vec<Hash>, BadProof> {
    texts.iter().map(|text| hash("hashes", text)).collect()
}
