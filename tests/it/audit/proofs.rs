//! Proofs: over all sizes, over HTTP, and refused when they are of something else. They are verified
//! here by code of its own, written after RFC 9162, sections 2.1.3.2 and 2.1.4.2.

use super::{event_id, export, history};
use crate::support::app::{TestApp, any_id};
use crate::support::client::{Client, text};
use crate::support::wait::eventually;
use aggregates::account::Role;
use eventlog::Hash;
use eventlog::tree::{Prover, TreeError, leaf_hash, leaf_of_event};
use ledgerline::audit::checkpoint;
use ledgerline::audit::note::Verifier;
use ledgerline::audit::proof::{ConsistencyProof, InclusionProof};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn leaf(event: &Hash) -> Hash {
    Sha256::new().chain_update([0]).chain_update(event).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// RFC 9162, 2.1.3.2: the root that a proof leads to.
fn root_of_inclusion(event: &Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    let (mut fnode, mut snode) = (index, size.checked_sub(1)?);
    let mut root = leaf(event);
    if fnode > snode {
        return None;
    }
    for hash in proof {
        if snode == 0 {
            return None;
        }
        if fnode & 1 == 1 || fnode == snode {
            root = node(hash, &root);
            while fnode & 1 == 0 && fnode != 0 {
                (fnode, snode) = (fnode >> 1, snode >> 1);
            }
        } else {
            root = node(&root, hash);
        }
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    (snode == 0).then_some(root)
}

/// RFC 9162, 2.1.4.2: the two roots that a proof leads to.
fn roots_of_consistency(from: (u64, Hash), to: u64, proof: &[Hash]) -> Option<(Hash, Hash)> {
    let (first, first_root) = from;
    if first == to {
        return proof.is_empty().then_some((first_root, first_root));
    }
    let whole = first.is_power_of_two().then_some(first_root);
    let path: Vec<Hash> = whole.into_iter().chain(proof.iter().copied()).collect();
    let (mut fnode, mut snode) = (first.checked_sub(1)?, to.checked_sub(1)?);
    while fnode & 1 == 1 {
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    let (start, rest) = path.split_first()?;
    let (mut old, mut new) = (*start, *start);
    for hash in rest {
        if snode == 0 {
            return None;
        }
        if fnode & 1 == 1 || fnode == snode {
            (old, new) = (node(hash, &old), node(hash, &new));
            while fnode & 1 == 0 && fnode != 0 {
                (fnode, snode) = (fnode >> 1, snode >> 1);
            }
        } else {
            new = node(&new, hash);
        }
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    (snode == 0).then_some((old, new))
}

fn bytes(hex: &Value) -> Hash {
    hex::decode(hex.as_str().unwrap()).unwrap().try_into().unwrap()
}

fn hashes(proof: &Value) -> Vec<Hash> {
    proof["hashes"].as_array().unwrap().iter().map(bytes).collect()
}

#[tokio::test]
async fn every_proof_of_one_to_three_hundred_events_leads_to_its_root() {
    let (_database, pool) = history(300).await;
    let events: Vec<Hash> = export(&pool)
        .await
        .into_iter()
        .map(|line| hex::decode(line.hash).unwrap().try_into().unwrap())
        .collect();
    let mut prover = Prover::new(&pool).await.unwrap();
    let mut heads = vec![prover.head(0).await.unwrap()];
    for (size, length) in (1_u64..=300).zip(1_usize..) {
        let head = prover.head(size).await.unwrap();
        heads.push(head);
        // All of the last size, and of the others the ends and some between.
        for index in (0..size).filter(|index| size == 300 || index % 37 == 0 || index + 2 >= size) {
            let proof = prover.inclusion(index, size).await.unwrap();
            let event = &events[usize::try_from(index).unwrap()];
            let root = root_of_inclusion(event, index, size, &proof);
            assert_eq!(root, Some(head.root), "leaf {index} of {size}");
            let wrong = &events[usize::try_from((index + 1) % 300).unwrap()];
            assert_ne!(root_of_inclusion(wrong, index, size, &proof), Some(head.root));
        }
        for (from, old) in (0_u64..).zip(&heads[..=length]).skip(1) {
            let proof = prover.consistency(from, size).await.unwrap();
            let roots = roots_of_consistency((from, old.root), size, &proof);
            assert_eq!(roots, Some((old.root, head.root)), "from {from} to {size}");
        }
    }
}

#[tokio::test]
async fn there_is_no_proof_of_what_is_not_in_the_tree() {
    let (_database, pool) = history(20).await;
    let mut prover = Prover::new(&pool).await.unwrap();
    let refused = prover.inclusion(20, 20).await;
    assert!(matches!(refused, Err(TreeError::NoSuchLeaf { index: 20, size: 20 })));
    let refused = prover.inclusion(0, 21).await;
    assert!(matches!(refused, Err(TreeError::NotSealed { size: 21, sealed: 20 })));
    for (from, to) in [(0, 20), (12, 11)] {
        let refused = prover.consistency(from, to).await;
        assert!(matches!(refused, Err(TreeError::NotBefore { .. })), "{from} {to}");
    }
    for number in 0..20 {
        let found = leaf_of_event(&pool, event_id(number)).await.unwrap().unwrap();
        assert_eq!(found.index, number as u64);
    }
}

/// The newest checkpoint, once it covers at least so many events, its key and its head.
async fn signed(auditor: &Client, least: u64) -> (Value, Verifier) {
    let newest = eventually("a signed checkpoint", async || {
        let list = auditor.get("/audit/checkpoints").await.expect(200).body;
        Some(list["items"][0].clone()).filter(|item| item["size"].as_u64() >= Some(least))
    })
    .await;
    let vkey = text(&newest, "vkey").parse().unwrap();
    (newest, vkey)
}

#[tokio::test]
async fn an_auditor_gets_checkpoints_and_proofs_that_hold() {
    let app = TestApp::start().await;
    let auditor = app.user(Role::Auditor).await;
    let (first, vkey) = signed(&auditor, 1).await;
    for _ in 0..3 {
        app.product("5.00", 3).await;
    }
    let first_size = first["size"].as_u64().unwrap();
    let (newest, again) = signed(&auditor, first_size + 3).await;
    assert_eq!(vkey, again, "one key signs them all");
    let head = checkpoint::open(&text(&newest, "note"), &vkey).unwrap();
    assert_eq!((head.size, head.root), (newest["size"].as_u64().unwrap(), bytes(&newest["root"])));
    let older = checkpoint::open(&text(&first, "note"), &vkey).unwrap();

    let shown = auditor.get("/audit/proof/inclusion?leaf_index=0").await.expect(200).body;
    let (index, size) =
        (shown["leaf_index"].as_u64().unwrap(), shown["tree_size"].as_u64().unwrap());
    let event = bytes(&shown["event_hash"]);
    assert_eq!(bytes(&shown["leaf_hash"]), leaf(&event));
    let root = root_of_inclusion(&event, index, size, &hashes(&shown)).unwrap();
    assert_eq!(root, bytes(&shown["root"]));
    let signed_head = checkpoint::open(&text(&shown, "checkpoint"), &vkey).unwrap();
    assert_eq!((signed_head.size, signed_head.root), (size, root), "what was signed");

    // By its id, and under the older checkpoint.
    let id = text(&shown, "event_id");
    let path = format!("/audit/proof/inclusion?event_id={id}&size={}", older.size);
    let shown = auditor.get(&path).await.expect(200).body;
    assert_eq!(shown["checkpoint"], first["note"]);
    let root = root_of_inclusion(&event, 0, older.size, &hashes(&shown));
    assert_eq!(root, Some(older.root));

    let path = format!("/audit/proof/consistency?from={}&to={}", older.size, head.size);
    let grown = auditor.get(&path).await.expect(200).body;
    let roots = roots_of_consistency((older.size, older.root), head.size, &hashes(&grown));
    assert_eq!(roots, Some((older.root, head.root)));
    assert_eq!(grown["checkpoint"], newest["note"]);

    // A page at a time, the newest first.
    let page = auditor.get("/audit/checkpoints?limit=1").await.expect(200).body;
    let cursor = text(&page, "next_cursor");
    let next = auditor.find("/audit/checkpoints", &[("cursor", &cursor)]).await.expect(200).body;
    assert!(next["items"][0]["size"].as_u64() < page["items"][0]["size"].as_u64());
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_proved_is_refused_with_a_reason() {
    let app = TestApp::start().await;
    let auditor = app.user(Role::Auditor).await;
    app.product("5.00", 3).await;
    let (_, vkey) = signed(&auditor, 3).await;
    for (path, status, code) in [
        ("/audit/proof/inclusion", 422, "validation_failed"),
        ("/audit/proof/inclusion?leaf_index=0&size=0", 422, "validation_failed"),
        ("/audit/proof/inclusion?leaf_index=0&size=100000", 422, "tree_too_small"),
        ("/audit/proof/inclusion?leaf_index=100000", 404, "leaf_not_found"),
        ("/audit/proof/consistency?from=3&to=2", 422, "not_an_older_tree"),
        ("/audit/proof/consistency?from=1&to=100000", 422, "tree_too_small"),
        ("/audit/verify?stream=order", 422, "validation_failed"),
        ("/audit/verify?stream=order/none", 404, "stream_not_found"),
    ] {
        auditor.get(path).await.refused(status, code);
    }
    let unknown = format!("/audit/proof/inclusion?event_id={}", any_id());
    auditor.get(&unknown).await.refused(404, "event_not_sealed");

    // A proof is of one leaf, one size, one root and one key.
    let shown = auditor.get("/audit/proof/inclusion?leaf_index=1").await.expect(200);
    let proof: InclusionProof = serde_json::from_str(&shown.text).unwrap();
    let head = checkpoint::open(proof.checkpoint.as_ref().unwrap(), &vkey).unwrap();
    proof.verify(&head).unwrap();
    let other = InclusionProof { leaf_index: 0, ..proof.clone() };
    let said = other.verify(&head).unwrap_err().to_string();
    assert!(said.starts_with("the event is not leaf 0 of the tree of"), "{said}");
    let other = InclusionProof { event_hash: hex::encode([1; 32]), ..proof.clone() };
    let said = other.verify(&head).unwrap_err().to_string();
    assert_eq!(said, "the proof: `leaf_hash` is not that of `event_hash`");
    let other = InclusionProof { leaf_hash: hex::encode(leaf_hash(&[1; 32])), ..other };
    let said = other.verify(&head).unwrap_err().to_string();
    assert!(said.starts_with("the event is not leaf 1 of the tree of"), "{said}");
    let mut larger = head;
    larger.size += 1;
    let said = proof.verify(&larger).unwrap_err().to_string();
    assert!(said.starts_with(&format!("the proof is of a tree of {} events", head.size)), "{said}");
    let path = format!("/audit/proof/consistency?from=1&to={}", head.size);
    let shown = auditor.get(&path).await.expect(200);
    let grown: ConsistencyProof = serde_json::from_str(&shown.text).unwrap();
    let said = grown.verify(&larger, &head).unwrap_err().to_string();
    assert!(said.starts_with("the proof is of a tree of 1 events"), "{said}");
    app.finish().await;
}

#[tokio::test]
async fn only_auditors_and_administrators_get_them() {
    let app = TestApp::start().await;
    let paths = [
        "/audit/checkpoints",
        "/audit/proof/inclusion?leaf_index=0",
        "/audit/proof/consistency?from=1",
        "/audit/verify",
    ];
    signed(&app.admin().await, 1).await;
    for path in paths {
        for role in [Role::Customer, Role::Seller, Role::Analyst] {
            app.user(role).await.get(path).await.refused(403, "role_not_allowed");
        }
        app.user(Role::Auditor).await.get(path).await.expect(200);
    }
    app.finish().await;
}

#[tokio::test]
async fn the_log_and_each_stream_verify_over_http_until_somebody_changes_them() {
    let app = TestApp::setup().file("[audit]\nverify_limit_events = 500\n").start().await;
    let auditor = app.user(Role::Auditor).await;
    let product = app.product("5.00", 3).await;
    signed(&auditor, 4).await;
    let whole = auditor.get("/audit/verify").await.expect(200).body;
    assert_eq!(whole["intact"], true, "{whole}");
    let stream = format!("/audit/verify?stream=product/{product}");
    let one = auditor.get(&stream).await.expect(200).body;
    assert_eq!(
        (&one["intact"], &one["events"], &one["sealed"]),
        (&true.into(), &1.into(), &1.into())
    );

    let pool = app.pool().await;
    sqlx::raw_sql("ALTER TABLE events DISABLE TRIGGER USER").execute(&pool).await.unwrap();
    sqlx::query(
        "UPDATE events SET payload = replace(payload::text, '5.00', '4.00')::json
                  WHERE aggregate_id = $1 AND aggregate_type = 'product'",
    )
    .bind(&product)
    .execute(&pool)
    .await
    .unwrap();
    for path in ["/audit/verify", &stream] {
        let found = auditor.get(path).await.expect(200).body;
        assert_eq!(found["intact"], false, "{found}");
        let failure = text(&found, "failure");
        let expected = format!("product/{product} event 1: its contents do not match its hash");
        assert_eq!(failure, expected);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_log_that_is_too_long_for_a_request_is_left_to_the_command() {
    let app = TestApp::setup().file("[audit]\nverify_limit_events = 3\n").start().await;
    let auditor = app.user(Role::Auditor).await;
    let product = app.product("5.00", 3).await;
    signed(&auditor, 4).await;
    let refused = auditor.get("/audit/verify").await.refused(422, "log_too_long");
    assert_eq!(refused["limit"], 3);
    assert!(text(&refused, "detail").contains("ledgerline verify"));
    auditor.get(&format!("/audit/verify?stream=product/{product}")).await.expect(200);
    app.finish().await;
}
