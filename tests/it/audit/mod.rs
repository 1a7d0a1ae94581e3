//! What auditors rely on, and those who would deceive them.

mod admin_actions;
mod attacks;
mod attacks_export;
mod export;
mod proofs;
mod replay;
mod trace;
mod tree;
mod tree_offline;

use crate::support::database::TestDatabase;
use crate::support::wait::eventually;
use ed25519_dalek::SigningKey;
use eventlog::export::{Export, Selection};
use eventlog::tree::{Head, Prover};
use eventlog::{Append, ExportLine, GENESIS, NewEvent, StreamAppend, StreamId};
use ledgerline::audit::note::NoteSigner;
use ledgerline::clock::{Clock, SystemClock};
use sqlx::PgPool;
use uuid::Uuid;

/// The key of a log that the tests sign for.
pub fn signer() -> NoteSigner {
    NoteSigner::new("shop.example", SigningKey::from_bytes(&[7; 32])).unwrap()
}

/// The id of the event that [`append`] makes of this number.
pub fn event_id(number: usize) -> Uuid {
    Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000 + number as u128)
}

/// Appends events with these numbers, each as the next one of one of ten streams, `thing/0` to
/// `thing/9`.
pub async fn append(pool: &PgPool, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let id = (number % 10).to_string();
        let last = sqlx::query_as::<_, (i64, Vec<u8>)>(
            "SELECT sequence, hash FROM events WHERE aggregate_type = 'thing' AND aggregate_id = $1
              ORDER BY sequence DESC LIMIT 1",
        )
        .bind(&id)
        .fetch_optional(pool)
        .await
        .unwrap();
        let (expected, prev_hash) =
            last.map_or((0, GENESIS), |(sequence, hash)| (sequence, hash.try_into().unwrap()));
        let event = NewEvent {
            event_id: event_id(number),
            event_type: "Counted".to_owned(),
            event_version: "1.0".to_owned(),
            payload: format!("{{\"amount\": {number}}}"),
            metadata: r#"{"actor":"tester"}"#.into(),
        };
        let stream = StreamAppend {
            stream: StreamId::new("thing", id),
            expected,
            prev_hash,
            events: vec![event],
            snapshot: None,
        };
        let append = Append { streams: vec![stream], ..Append::default() };
        eventlog::append(pool, &append, SystemClock.now()).await.unwrap();
    }
}

/// Seals until this many events are under the tree head.
pub async fn seal(pool: &PgPool, events: u64) {
    // Other tests share the cluster: what they have open may hold the last events back a little. Sealed
    // before that is over, there would be one head more.
    eventually("a feed of all events", async || {
        let hidden: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM events
                             WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot()))",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        (!hidden).then_some(())
    })
    .await;
    assert!(eventlog::tree::seal(pool).await.unwrap() >= events);
}

/// A database with this many events, sealed.
pub async fn history(events: usize) -> (TestDatabase, PgPool) {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    append(&pool, 0..events).await;
    seal(&pool, events as u64).await;
    (database, pool)
}

pub async fn head(pool: &PgPool) -> Head {
    let mut prover = Prover::new(pool).await.unwrap();
    prover.head(prover.sealed()).await.unwrap()
}

/// The lines of an export of all events.
pub async fn export(pool: &PgPool) -> Vec<ExportLine> {
    let mut export = Export::start(pool.clone(), Selection::default()).await.unwrap();
    let mut lines = Vec::new();
    loop {
        let page = export.next_page().await.unwrap();
        if page.is_empty() {
            return lines;
        }
        lines.extend(page.into_iter().map(|one| ExportLine::new(one.leaf_index, one.event)));
    }
}

/// As a file has them.
pub fn ndjson(lines: &[ExportLine]) -> String {
    lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect()
}
