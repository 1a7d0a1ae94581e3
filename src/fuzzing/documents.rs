//! Proofs and checkpoints as documents, which auditors get from those whom they do not trust.

use super::must;
use super::tree;
use crate::audit::checkpoint;
use crate::audit::note::{NoteSigner, Verifier};
use crate::audit::proof::{ConsistencyProof, Included, InclusionProof, Proof};
use ed25519_dalek::SigningKey;
use std::sync::LazyLock;

/// The sizes of the two trees whose heads the log has signed.
const OLDER: u64 = 3;
const NEWER: u64 = 7;

/// The log's key, of which the fuzzer has the signature of two heads.
pub(super) static SIGNER: LazyLock<NoteSigner> = LazyLock::new(|| {
    must(NoteSigner::new("shop.example", SigningKey::from_bytes(&[3; 32])), "a key")
});

/// What is believed is true, however the document is written; and what is read can be written and read
/// again.
pub fn proof_documents(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let verifier = SIGNER.verifier();
    if let Ok(head) = checkpoint::open(text, verifier) {
        assert!([tree::head(OLDER), tree::head(NEWER)].contains(&head), "{head:?}");
    }
    if let Ok((origin, head)) = checkpoint::unverified(text) {
        let again = checkpoint::sign(&SIGNER, &head);
        assert_eq!(checkpoint::open(&again, verifier), Ok(head));
        assert!(!origin.is_empty());
    }
    if let Ok(found) = text.parse::<Verifier>() {
        assert_eq!(found.to_string().parse(), Ok(found));
    }
    if let Ok(proof) = serde_json::from_str::<Proof>(text) {
        let again = must(serde_json::to_string(&proof), "a proof is JSON");
        assert_eq!(must(serde_json::from_str::<Proof>(&again), "a proof is read"), proof);
        if proof.verify(&tree::head(NEWER), Some(&tree::head(OLDER)), verifier).is_ok() {
            believed(proof);
        }
        // Without the older head there is nothing that consistency could be of.
        let alone = proof_of(text).verify(&tree::head(NEWER), None, verifier);
        assert!(alone.is_err() || matches!(proof_of(text), Proof::Inclusion(_)));
    }
}

fn proof_of(text: &str) -> Proof {
    must(serde_json::from_str(text), "it was a proof before")
}

/// It is the document that the log itself would have made, but for capital digits and for the id of
/// the event, which only an export proves.
fn believed(proof: Proof) {
    let (older, newer) = (tree::head(OLDER), tree::head(NEWER));
    let proof = lower(proof);
    let truth = match &proof {
        Proof::Inclusion(claim) => {
            let (index, event_id) = (claim.leaf_index, claim.event_id);
            let (event_hash, hashes) = (tree::event(index), tree::inclusion(index, NEWER));
            let leaf = Included { event_id, index, event_hash: &event_hash, hashes: &hashes };
            Proof::Inclusion(InclusionProof::new(leaf, &newer, claim.checkpoint.clone()))
        }
        Proof::Consistency(claim) => Proof::Consistency(ConsistencyProof::new(
            &older,
            &newer,
            &tree::consistency(OLDER, NEWER),
            claim.checkpoint.clone(),
        )),
    };
    assert_eq!(proof, truth);
}

fn lower(proof: Proof) -> Proof {
    let lower = |text: String| text.to_ascii_lowercase();
    match proof {
        Proof::Inclusion(proof) => Proof::Inclusion(InclusionProof {
            event_hash: lower(proof.event_hash),
            leaf_hash: lower(proof.leaf_hash),
            hashes: proof.hashes.into_iter().map(lower).collect(),
            root: lower(proof.root),
            ..proof
        }),
        Proof::Consistency(proof) => Proof::Consistency(ConsistencyProof {
            from_root: lower(proof.from_root),
            to_root: lower(proof.to_root),
            hashes: proof.hashes.into_iter().map(lower).collect(),
            ..proof
        }),
    }
}
