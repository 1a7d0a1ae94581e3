//! The feed shows every event once, in the order of its stream, however transactions overlap.

use crate::support::database::TestDatabase;
use eventlog::{Position, Recorded, feed};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use sqlx::{Connection, Executor, PgConnection, PgPool};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const INSERT: &str = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
                      event_version, payload, metadata) VALUES ('t', $1, $2, 'E', '1.0', '{}', '{}')";

async fn insert(db: &mut PgConnection, stream: &str, sequence: i64) {
    sqlx::query(INSERT).bind(stream).bind(sequence).execute(db).await.unwrap();
}

/// Appends in transactions that stay open for a random while; some are rolled back. Returns how
/// many events it committed.
async fn write(options: sqlx::postgres::PgConnectOptions, writer: u64, until: Instant) -> i64 {
    let mut db = PgConnection::connect_with(&options).await.unwrap();
    let mut random = SmallRng::seed_from_u64(writer);
    let (stream, mut sequence) = (format!("writer-{writer}"), 0);
    while Instant::now() < until {
        let mut tx = db.begin().await.unwrap();
        let events = random.random_range(1..=3);
        for event in 1..=events {
            insert(&mut tx, &stream, sequence + event).await;
        }
        let pause = random.random_range(0.0..0.03_f64);
        sqlx::query("SELECT pg_sleep($1)").bind(pause).execute(&mut *tx).await.unwrap();
        if random.random_ratio(1, 8) {
            tx.rollback().await.unwrap();
        } else {
            tx.commit().await.unwrap();
            sequence += events;
        }
    }
    sequence
}

/// Follows the feed until it was empty after `done` was set.
async fn follow(pool: PgPool, done: Arc<AtomicBool>) -> Vec<Recorded> {
    let (mut seen, mut position) = (Vec::new(), Position::START);
    loop {
        let finished = done.load(Ordering::SeqCst);
        let batch = feed::read(&pool, position, 50).await.unwrap();
        match batch.last() {
            Some(last) => position = last.position,
            None if finished => return seen,
            None => tokio::task::yield_now().await,
        }
        seen.extend(batch);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_transactions_lose_no_event_and_reorder_none() {
    let database = TestDatabase::create().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(follow(database.pool().await, Arc::clone(&done)));
    let until = Instant::now() + Duration::from_secs(3);
    let writers: Vec<_> = (0..16)
        .map(|writer| tokio::spawn(write(database.connect_options(), writer, until)))
        .collect();
    let mut written = HashMap::new();
    for (writer, task) in writers.into_iter().enumerate() {
        written.insert(format!("writer-{writer}"), task.await.unwrap());
    }
    // Other tests share the cluster: what they have open may hold the last events back a little.
    let pool = database.pool().await;
    let total: i64 = written.values().sum();
    let all = usize::try_from(total).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while feed::read(&pool, Position::START, i64::MAX).await.unwrap().len() != all {
        assert!(Instant::now() < deadline, "the feed never shows all events");
        tokio::task::yield_now().await;
    }
    done.store(true, Ordering::SeqCst);
    let seen = reader.await.unwrap();

    let mut reached: HashMap<String, i64> = HashMap::new();
    for event in &seen {
        let sequence = reached.entry(event.aggregate_id.clone()).or_default();
        *sequence += 1;
        assert_eq!(event.sequence, *sequence, "out of order in {}", event.aggregate_id);
    }
    assert!(total > 1_000, "{total} events prove nothing");
    assert_eq!(reached, written, "every committed event was shown exactly once");
}

#[tokio::test]
async fn a_transaction_that_is_left_open_holds_later_events_back_until_it_ends() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let mut idle = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    // As on every connection of the server: a forgotten transaction is ended by the database.
    idle.execute("SET idle_in_transaction_session_timeout = '300ms'").await.unwrap();
    idle.execute("BEGIN").await.unwrap();
    insert(&mut idle, "forgotten", 1).await;
    let mut other = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    insert(&mut other, "later", 1).await;

    let shown = feed::read(&pool, Position::START, 10).await.unwrap();
    assert!(shown.is_empty(), "showing it now would let the reader pass the open transaction by");
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let shown = feed::read(&pool, Position::START, 10).await.unwrap();
        if !shown.is_empty() {
            let streams: Vec<_> = shown.iter().map(|event| event.aggregate_id.as_str()).collect();
            assert_eq!(streams, ["later"], "what was never committed is never shown");
            return;
        }
        assert!(Instant::now() < deadline, "the feed is still held back");
        tokio::task::yield_now().await;
    }
}

/// Pages of the database that a read touches, by PostgreSQL's own account.
async fn pages_touched(pool: &PgPool, after: Position) -> i64 {
    let sql = format!(
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
         SELECT e.payload FROM events e
          WHERE (e.transaction_id, e.global_position) > ('{}'::xid8, {})
            AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
          ORDER BY e.transaction_id, e.global_position LIMIT 500",
        after.transaction_id, after.global_position
    );
    let plan: serde_json::Value = sqlx::query_scalar(&sql).fetch_one(pool).await.unwrap();
    let root = &plan[0]["Plan"];
    root["Shared Hit Blocks"].as_i64().unwrap() + root["Shared Read Blocks"].as_i64().unwrap()
}

#[tokio::test]
async fn a_page_of_the_feed_costs_the_same_wherever_it_stands() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    pool.execute(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                             payload, metadata)
         SELECT 't', 's' || n % 100, 1 + n / 100, 'E', '1.0', '{}', '{}'
           FROM generate_series(0, 99999) n",
    )
    .await
    .unwrap();
    pool.execute("ANALYZE events").await.unwrap();

    let (mut position, mut events, mut pages) = (Position::START, 0, Vec::new());
    loop {
        let batch = feed::read(&pool, position, 500).await.unwrap();
        let Some(last) = batch.last() else { break };
        if events % 25_000 == 0 || events == 99_500 {
            pages.push(pages_touched(&pool, position).await);
        }
        position = last.position;
        events += batch.len();
    }
    assert_eq!(events, 100_000);
    assert_eq!(position, feed::head(&pool).await.unwrap());
    let (least, most) = (pages.iter().min().unwrap(), pages.iter().max().unwrap());
    assert!(*most < 3 * least, "pages touched from the first to the last: {pages:?}");
}
