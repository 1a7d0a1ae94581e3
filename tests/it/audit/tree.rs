//! Sealing: tiles and heads are what the definition says, however the log came to be.

use super::{append, event_id, head, history, seal};
use crate::support::database::TestDatabase;
use eventlog::tree::{Frontier, Prover, leaf_of_event, verify_consistency, verify_inclusion};
use eventlog::{Hash, verify};
use sqlx::{Executor, PgPool};

/// The hashes of all events in feed order.
async fn leaves(pool: &PgPool) -> Vec<Hash> {
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM events ORDER BY transaction_id, global_position")
            .fetch_all(pool)
            .await
            .unwrap();
    hashes.into_iter().map(|hash| hash.try_into().unwrap()).collect()
}

/// Every root, from the leaves alone.
fn roots(leaves: &[Hash]) -> Vec<Hash> {
    let mut frontier = Frontier::default();
    let mut roots = vec![frontier.root()];
    for leaf in leaves {
        frontier.push(leaf);
        roots.push(frontier.root());
    }
    roots
}

/// Events that nothing but the tree looks at, as fast as the database makes them.
async fn fill(pool: &PgPool, from: i64, to: i64) {
    sqlx::query(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                             payload, metadata, prev_hash, hash)
         SELECT 'filler', n::text, 1, 'Filled', '1.0', '{}', '{}', '', sha256(n::text::bytea)
           FROM generate_series($1, $2 - 1) AS n",
    )
    .bind(from)
    .bind(to)
    .execute(pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_log_that_grows_in_steps_has_every_root_of_the_definition() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let mut size = 0;
    for step in [1, 2, 100, 152, 1, 1, 254, 1, 300, 256, 700] {
        fill(&pool, size, size + step).await;
        size += step;
        seal(&pool, size.cast_unsigned()).await;
    }
    let leaves = leaves(&pool).await;
    let mut prover = Prover::new(&pool).await.unwrap();
    assert_eq!(prover.sealed(), leaves.len() as u64);
    for (size, root) in (0..).zip(roots(&leaves)) {
        assert_eq!(prover.head(size).await.unwrap().root, root, "size {size}");
    }
    let report = verify::tree_against(&pool, &[], |_| {}).await.unwrap();
    assert_eq!((report.heads, report.tiles, report.events), (11, 6, 1768));
}

#[tokio::test]
async fn proofs_reach_across_the_levels_of_the_tiles() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let (first, last) = (65_536 + 300, 65_536 + 900);
    fill(&pool, 0, first).await;
    seal(&pool, first.cast_unsigned()).await;
    let older = head(&pool).await;
    fill(&pool, first, last).await;
    seal(&pool, last.cast_unsigned()).await;
    let newer = head(&pool).await;
    let leaves = leaves(&pool).await;
    assert_eq!(newer.root, *roots(&leaves).last().unwrap());

    let mut prover = Prover::new(&pool).await.unwrap();
    let proof = prover.consistency(older.size, newer.size).await.unwrap();
    verify_consistency(&older, &newer, &proof).unwrap();
    for index in [0, 255, 256, 65_535, 65_536, 65_791, 65_792, newer.size - 1] {
        let proof = prover.inclusion(index, newer.size).await.unwrap();
        let leaf = prover.leaf(index).await.unwrap();
        assert_eq!(leaf.hash, leaves[usize::try_from(index).unwrap()]);
        verify_inclusion(&leaf.hash, index, &proof, &newer).unwrap();
        let found = leaf_of_event(&pool, leaf.event_id).await.unwrap().unwrap();
        assert_eq!(found, leaf, "the place of the event leads back to its leaf");
    }
    let report = verify::tree_against(&pool, &[older, newer], |_| {}).await.unwrap();
    assert_eq!((report.tiles, report.checkpoints), (259 + 1, 2));
}

#[tokio::test]
async fn a_log_that_was_sealed_before_there_were_tiles_gets_them() {
    let (_database, pool) = history(600).await;
    let tiles = "SELECT hashes || root FROM tree_tiles ORDER BY level, tile";
    let before: Vec<Vec<u8>> = sqlx::query_scalar(tiles).fetch_all(&pool).await.unwrap();
    let head_before = head(&pool).await;
    pool.execute("ALTER TABLE tree_tiles DISABLE TRIGGER USER; DELETE FROM tree_tiles")
        .await
        .unwrap();
    // It verifies without them, too.
    assert_eq!(verify::tree_against(&pool, &[head_before], |_| {}).await.unwrap().tiles, 0);
    seal(&pool, 600).await;
    let after: Vec<Vec<u8>> = sqlx::query_scalar(tiles).fetch_all(&pool).await.unwrap();
    assert_eq!(after, before);
    assert_eq!(head(&pool).await, head_before);
    append(&pool, 600..601).await;
    seal(&pool, 601).await;
    assert_eq!(verify::tree_against(&pool, &[head_before], |_| {}).await.unwrap().events, 601);
}

#[tokio::test]
async fn sealers_that_work_at_once_store_the_same() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    for size in (0..2000).step_by(400) {
        fill(&pool, size, size + 400).await;
        let sealing = (0..4).map(|_| seal(&pool, size.cast_unsigned() + 400));
        futures_util::future::join_all(sealing).await;
    }
    assert_eq!(verify::tree_against(&pool, &[], |_| {}).await.unwrap().events, 2000);
}

#[tokio::test]
async fn an_event_that_is_not_sealed_is_no_leaf_yet() {
    let (_database, pool) = history(12).await;
    append(&pool, 12..13).await;
    assert_eq!(leaf_of_event(&pool, event_id(12)).await.unwrap(), None);
    assert_eq!(leaf_of_event(&pool, event_id(99)).await.unwrap(), None);
    seal(&pool, 13).await;
    let leaf = leaf_of_event(&pool, event_id(12)).await.unwrap().unwrap();
    assert_eq!((leaf.index, leaf.aggregate_id.as_str(), leaf.sequence), (12, "2", 2));
}

#[tokio::test]
async fn tiles_and_checkpoints_cannot_be_changed() {
    let (_database, pool) = history(300).await;
    for table in ["tree_tiles", "signed_checkpoints"] {
        for change in [format!("DELETE FROM {table}"), format!("TRUNCATE {table}")] {
            if table == "signed_checkpoints" && change.starts_with("DELETE") {
                // A trigger for each row needs a row.
                pool.execute(
                    "INSERT INTO signed_checkpoints (size, vkey, root, note)
                     VALUES (1, 'k', sha256(''), 'n')",
                )
                .await
                .unwrap();
            }
            let said = pool.execute(change.as_str()).await.unwrap_err().to_string();
            assert!(said.contains("append-only"), "{said}");
            let mut tx = pool.begin().await.unwrap();
            tx.execute("SET LOCAL ROLE ledgerline_app").await.unwrap();
            let said = tx.execute(change.as_str()).await.unwrap_err().to_string();
            assert!(said.contains("permission denied"), "{said}");
        }
    }
}
