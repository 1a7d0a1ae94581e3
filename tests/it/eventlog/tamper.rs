//! History cannot be changed, and where somebody with all rights changed it, verification says so.

use super::{log, receive};
use crate::support::database::TestDatabase;
use eventlog::{tree, verify};
use sqlx::{Executor, PgPool};

/// Three stock items with four events each, sealed.
async fn history(pool: &PgPool) {
    let log = log(pool);
    for id in ["a", "b", "c"] {
        for expected in 1..=4 {
            assert_eq!(receive(&log, id).await, expected);
        }
    }
    // Other tests share the cluster: what they have open may hold the last events back a little.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while tree::seal(pool).await.unwrap() < 12 {
        assert!(std::time::Instant::now() < deadline, "the feed never shows all events");
    }
}

/// Changes the log as a superuser who switches the triggers off; what verification says then.
async fn after(change: &str) -> Result<(), String> {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    history(&pool).await;
    let intact = verify::chains(&pool, None, |_| {}).await.unwrap();
    assert_eq!((intact.events, intact.streams), (12, 3));
    assert!(verify::tree(&pool, |_| {}).await.unwrap() > 0);

    pool.execute("ALTER TABLE events DISABLE TRIGGER USER").await.unwrap();
    let changed = pool.execute(change).await.unwrap();
    assert!(changed.rows_affected() > 0, "nothing was changed");
    pool.execute("ALTER TABLE events ENABLE TRIGGER USER").await.unwrap();
    verify::chains(&pool, None, |_| {}).await.map_err(|error| error.to_string())?;
    verify::tree(&pool, |_| {}).await.map_err(|error| error.to_string())?;
    Ok(())
}

const B3: &str = "WHERE aggregate_id = 'b' AND sequence = 3";

async fn names_the_third_event_of_b(set: &str) {
    let said = after(&format!("UPDATE events SET {set} {B3}")).await.unwrap_err();
    assert!(said.starts_with("stock_item/b event 3:"), "{said}");
}

#[tokio::test]
async fn a_changed_payload_is_named() {
    names_the_third_event_of_b("payload = replace(payload::text, ':1,', ':9,')::json").await;
}

#[tokio::test]
async fn white_space_added_to_a_payload_is_named() {
    names_the_third_event_of_b("payload = (payload::text || ' ')::json").await;
}

#[tokio::test]
async fn changed_metadata_is_named() {
    names_the_third_event_of_b("metadata = replace(metadata::text, 'tester', 'nobody')::json")
        .await;
}

#[tokio::test]
async fn a_changed_type_is_named() {
    names_the_third_event_of_b("event_type = 'Returned'").await;
}

#[tokio::test]
async fn a_changed_version_is_named() {
    names_the_third_event_of_b("event_version = '0.9'").await;
}

#[tokio::test]
async fn a_changed_time_is_named() {
    names_the_third_event_of_b("recorded_at = recorded_at - interval '1 microsecond'").await;
}

#[tokio::test]
async fn a_changed_id_is_named() {
    names_the_third_event_of_b("event_id = gen_random_uuid()").await;
}

#[tokio::test]
async fn a_changed_hash_is_named() {
    names_the_third_event_of_b("hash = decode(repeat('00', 32), 'hex')").await;
}

#[tokio::test]
async fn two_events_that_changed_places_are_named() {
    let said = after(
        "UPDATE events SET sequence = CASE sequence WHEN 2 THEN 103 ELSE 102 END
          WHERE aggregate_id = 'b' AND sequence IN (2, 3);
         UPDATE events SET sequence = sequence - 100 WHERE sequence > 100",
    )
    .await
    .unwrap_err();
    assert!(said.starts_with("stock_item/b event 2:"), "{said}");
}

#[tokio::test]
async fn a_dropped_event_is_named() {
    let said = after(&format!("DELETE FROM events {B3}")).await.unwrap_err();
    assert_eq!(said, "stock_item/b event 4: event 3 is missing before it");
}

#[tokio::test]
async fn a_dropped_first_event_is_named() {
    let change = "DELETE FROM events WHERE aggregate_id = 'b' AND sequence = 1";
    let said = after(change).await.unwrap_err();
    assert_eq!(said, "stock_item/b event 2: event 1 is missing before it");
}

#[tokio::test]
async fn the_dropped_end_of_a_stream_is_found_by_the_tree() {
    let change = "DELETE FROM events WHERE aggregate_id = 'b' AND sequence = 4";
    let said = after(change).await.unwrap_err();
    assert!(said.starts_with("tree head"), "{said}");
}

#[tokio::test]
async fn a_dropped_stream_is_found_by_the_tree() {
    let said = after("DELETE FROM events WHERE aggregate_id = 'b'").await.unwrap_err();
    assert!(said.starts_with("tree head"), "{said}");
}

#[tokio::test]
async fn an_invented_stream_within_the_sealed_feed_is_found_by_the_tree() {
    // A chain of its own that is right in itself, squeezed in before what was sealed.
    let said = after(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                             payload, metadata, event_id, global_position, transaction_id,
                             recorded_at, prev_hash, hash)
         OVERRIDING SYSTEM VALUE
         SELECT aggregate_type, 'copy', 1, event_type, event_version, payload, metadata, event_id,
                -1, '3'::xid8, recorded_at, prev_hash, hash
           FROM events WHERE aggregate_id = 'a' AND sequence = 1",
    )
    .await
    .unwrap_err();
    assert!(said.contains("stock_item/copy event 1") || said.starts_with("tree head"), "{said}");
}

#[tokio::test]
async fn the_database_refuses_to_change_history() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    history(&pool).await;
    for change in [
        "UPDATE events SET payload = '{}'",
        "DELETE FROM events",
        "TRUNCATE events",
        "UPDATE tree_heads SET size = size + 1",
        "DELETE FROM tree_heads",
        "TRUNCATE tree_heads",
    ] {
        let said = pool.execute(change).await.unwrap_err().to_string();
        assert!(said.contains("append-only"), "the owner is stopped by the trigger: {said}");
        let mut tx = pool.begin().await.unwrap();
        tx.execute("SET LOCAL ROLE ledgerline_app").await.unwrap();
        let said = tx.execute(change).await.unwrap_err().to_string();
        assert!(said.contains("permission denied"), "the server has no right to it: {said}");
    }
    assert_eq!(verify::chains(&pool, None, |_| {}).await.unwrap().events, 12);
}

#[tokio::test]
async fn erasing_personal_data_breaks_nothing() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    history(&pool).await;
    pool.execute(
        "INSERT INTO personal_data VALUES (gen_random_uuid(), 'first_name', 'X');
         DELETE FROM personal_data",
    )
    .await
    .unwrap();
    assert_eq!(verify::chains(&pool, Some(("stock_item", "b")), |_| {}).await.unwrap().events, 4);
    assert!(verify::tree(&pool, |_| {}).await.unwrap() > 0);
}
