//! Attacks on a live log, by somebody who owns the database: switches the triggers off, rewrites, and
//! covers the traces. Each is found, and the message names the place.

use super::{append, head, history, seal};
use eventlog::tree::{self, Head};
use eventlog::{Recorded, verify};
use sqlx::{Executor, PgPool};

const EVENTS: usize = 600;

/// All that the database itself says.
async fn believed(pool: &PgPool) -> Result<(), String> {
    checked(pool, &[]).await
}

/// The same, and what was kept elsewhere.
async fn checked(pool: &PgPool, kept: &[Head]) -> Result<(), String> {
    verify::chains(pool, None, |_| {}).await.map_err(|error| error.to_string())?;
    let tree = verify::tree_against(pool, kept, |_| {}).await;
    tree.map(|_| ()).map_err(|error| error.to_string())
}

async fn as_owner(pool: &PgPool, change: &str) {
    for table in ["events", "tree_heads", "tree_tiles", "signed_checkpoints"] {
        pool.execute(format!("ALTER TABLE {table} DISABLE TRIGGER USER").as_str()).await.unwrap();
    }
    let changed = pool.execute(change).await.unwrap();
    assert!(changed.rows_affected() > 0, "nothing was changed");
}

/// Makes the tree anew over the log as it is now, as if it had never been another one.
async fn forge_tree(pool: &PgPool) {
    as_owner(pool, "DELETE FROM tree_heads; DELETE FROM tree_tiles").await;
    let events: i64 =
        sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(pool).await.unwrap();
    seal(pool, events.cast_unsigned()).await;
}

/// Recomputes the hashes of a stream from its contents.
async fn forge_chain(pool: &PgPool, id: &str) {
    let rows: Vec<Recorded> = eventlog::feed::read(pool, eventlog::Position::START, 10_000)
        .await
        .unwrap()
        .into_iter()
        .filter(|event| event.aggregate_id == id)
        .collect();
    let mut previous = eventlog::GENESIS;
    for mut event in rows {
        event.prev_hash = previous;
        previous = verify::recomputed(&event);
        sqlx::query("UPDATE events SET prev_hash = $1, hash = $2 WHERE event_id = $3")
            .bind(&event.prev_hash[..])
            .bind(&previous[..])
            .bind(event.event_id)
            .execute(pool)
            .await
            .unwrap();
    }
}

/// A change of one amount deep in the past.
const REWRITE: &str = "UPDATE events SET payload = replace(payload::text, '103', '903')::json
                        WHERE aggregate_id = '3' AND sequence = 11";

#[tokio::test]
async fn a_rewritten_log_with_new_chains_and_a_new_tree_is_caught_by_the_checkpoint_only() {
    let (_database, pool) = history(EVENTS).await;
    let kept = head(&pool).await;
    append(&pool, EVENTS..EVENTS + 20).await;
    seal(&pool, 620).await;
    checked(&pool, &[kept]).await.unwrap();

    as_owner(&pool, REWRITE).await;
    forge_chain(&pool, "3").await;
    forge_tree(&pool).await;
    believed(&pool).await.expect("everything in the database fits together");
    let said = checked(&pool, &[kept]).await.unwrap_err();
    assert!(
        said.starts_with("the checkpoint of 600 events: the log has another history"),
        "{said}"
    );
    assert!(said.ends_with("after the first 0"), "{said}");
}

#[tokio::test]
async fn older_checkpoints_narrow_down_where_the_log_was_rewritten() {
    let (_database, pool) = history(100).await;
    let first = head(&pool).await;
    append(&pool, 100..200).await;
    seal(&pool, 200).await;
    let second = head(&pool).await;
    as_owner(&pool, REWRITE).await;
    forge_chain(&pool, "3").await;
    forge_tree(&pool).await;
    checked(&pool, &[first]).await.unwrap();
    let said = checked(&pool, &[second, first]).await.unwrap_err();
    assert!(said.starts_with("the checkpoint of 200 events"), "{said}");
    assert!(said.ends_with("after the first 100"), "{said}");
}

#[tokio::test]
async fn a_rewritten_stream_with_a_new_chain_is_named_by_the_tiles() {
    let (_database, pool) = history(EVENTS).await;
    as_owner(&pool, REWRITE).await;
    forge_chain(&pool, "3").await;
    verify::chains(&pool, None, |_| {}).await.expect("the chain was recomputed");
    let said = believed(&pool).await.unwrap_err();
    assert!(
        said.starts_with("leaf 103 of the tree: thing/3 event 11 is not what was sealed"),
        "{said}"
    );
    let mut prover = tree::Prover::new(&pool).await.unwrap();
    let said = verify::stream(&pool, ("thing", "3"), &mut prover).await.unwrap_err().to_string();
    assert!(said.starts_with("thing/3 event 11: it is not leaf 103 of the sealed tree"), "{said}");
}

#[tokio::test]
async fn a_rewrite_behind_the_last_complete_tile_is_found_by_the_heads() {
    let (_database, pool) = history(100).await;
    append(&pool, 100..110).await;
    seal(&pool, 110).await;
    let change = "UPDATE events SET payload = '{}' WHERE aggregate_id = '3' AND sequence = 11";
    as_owner(&pool, change).await;
    forge_chain(&pool, "3").await;
    let said = believed(&pool).await.unwrap_err();
    assert!(said.starts_with("tree head 110: ") && said.contains("after the first 100"), "{said}");
}

#[tokio::test]
async fn a_truncated_log_is_caught_even_when_its_heads_were_cut_too() {
    let (_database, pool) = history(EVENTS).await;
    let kept = head(&pool).await;
    as_owner(
        &pool,
        "DELETE FROM events WHERE (SELECT count(*) FROM events e
                      WHERE e.global_position <= events.global_position) > 590",
    )
    .await;
    let said = believed(&pool).await.unwrap_err();
    assert!(said.starts_with("tree head 600: "), "{said}");
    forge_tree(&pool).await;
    believed(&pool).await.expect("a shorter log is a log");
    let said = checked(&pool, &[kept]).await.unwrap_err();
    assert_eq!(said, "the checkpoint of 600 events: the log ends after 590; its end was cut off");
}

#[tokio::test]
async fn a_reordered_feed_is_named_at_the_first_event_out_of_place() {
    let (_database, pool) = history(EVENTS).await;
    let kept = head(&pool).await;
    // Neighbours in the feed, of two streams: each chain is still in order.
    as_owner(
        &pool,
        "CREATE TEMP TABLE pair AS SELECT event_id, transaction_id, global_position,
                row_number() OVER (ORDER BY global_position) AS n FROM events
          WHERE (aggregate_id, sequence) IN (('4', 31), ('5', 31));
         UPDATE events e SET transaction_id = '1'::xid8 FROM pair WHERE pair.n = 1 AND e.event_id = pair.event_id;
         ALTER TABLE events ALTER global_position DROP IDENTITY;
         UPDATE events e SET transaction_id = other.transaction_id, global_position = other.global_position
           FROM pair JOIN pair other ON other.n = 1 WHERE pair.n = 2 AND e.event_id = pair.event_id;
         UPDATE events e SET transaction_id = other.transaction_id, global_position = other.global_position
           FROM pair JOIN pair other ON other.n = 2 WHERE pair.n = 1 AND e.event_id = pair.event_id",
    )
    .await;
    verify::chains(&pool, None, |_| {}).await.expect("no chain knows of the other stream");
    let said = believed(&pool).await.unwrap_err();
    assert!(said.starts_with("leaf 304 of the tree: thing/5 event 31 is not"), "{said}");
    forge_tree(&pool).await;
    let said = checked(&pool, &[kept]).await.unwrap_err();
    assert!(
        said.starts_with("the checkpoint of 600 events: the log has another history"),
        "{said}"
    );
}

#[tokio::test]
async fn a_forged_event_in_the_past_is_named() {
    let (_database, pool) = history(EVENTS).await;
    as_owner(
        &pool,
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                             payload, metadata, event_id, global_position, transaction_id,
                             recorded_at, prev_hash, hash)
         OVERRIDING SYSTEM VALUE
         SELECT aggregate_type, 'forged', 1, event_type, event_version, payload, metadata,
                gen_random_uuid(), -1, transaction_id, recorded_at,
                decode(repeat('00', 32), 'hex'), hash
           FROM events WHERE aggregate_id = '7' AND sequence = 1",
    )
    .await;
    forge_chain(&pool, "forged").await;
    verify::chains(&pool, None, |_| {}).await.expect("the forged chain is right in itself");
    let said = believed(&pool).await.unwrap_err();
    assert!(said.starts_with("leaf 7 of the tree: thing/forged event 1 is not"), "{said}");
}

#[tokio::test]
async fn a_tile_that_was_changed_or_dropped_is_named() {
    let (_database, pool) = history(EVENTS).await;
    as_owner(&pool, "UPDATE tree_tiles SET root = sha256(root) WHERE tile = 1").await;
    let said = believed(&pool).await.unwrap_err();
    assert!(said.starts_with("tile 1 of level 0 of the tree is missing, or is not"), "{said}");
    as_owner(&pool, "DELETE FROM tree_tiles WHERE tile = 0").await;
    let said = believed(&pool).await.unwrap_err();
    assert!(said.starts_with("tile 0 of level 0 of the tree is missing, or is not"), "{said}");
}

#[tokio::test]
async fn the_server_does_not_seal_a_log_that_was_cut() {
    let (_database, pool) = history(30).await;
    as_owner(&pool, "DELETE FROM events WHERE aggregate_id = '9' AND sequence = 3").await;
    append(&pool, 30..35).await;
    // Other tests share the cluster: the events may be hidden for a moment.
    let said = crate::support::wait::eventually("a refusal to seal", async || {
        tree::seal(&pool).await.err().map(|error| error.to_string())
    })
    .await;
    assert_eq!(said, "the feed is not the one that was sealed: its event 30 is another one");
}
