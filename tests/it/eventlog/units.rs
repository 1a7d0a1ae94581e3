//! Units of work: all or nothing, once for each key, folded where they meet.

use super::{log, metadata, receive};
use crate::support::database::TestDatabase;
use aggregates::stock_item::Command;
use aggregates::{Decider, StockItem};
use eventlog::{IdempotencyKey, Outcome, UnitError, verify};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_meet_on_one_stream_are_all_stored_in_order() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let log = log(&pool);
    let meeting: Vec<_> = (0..300)
        .map(|_| {
            let log = log.clone();
            tokio::spawn(async move { receive(&log, "hot").await })
        })
        .collect();
    let mut versions = Vec::new();
    for command in meeting {
        versions.push(command.await.unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=300).collect::<Vec<i64>>());
    let transactions: i64 = sqlx::query_scalar("SELECT count(DISTINCT transaction_id) FROM events")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(transactions < 150, "{transactions} appends for 300 commands are not folded");
    assert_eq!(verify::chains(&pool, None, |_| {}).await.unwrap().events, 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_meet_on_one_stream_retry_and_lose_nothing() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let meeting: Vec<_> = (0..4)
        .map(|_| {
            let log = log(&pool);
            tokio::spawn(async move {
                for _ in 0..10 {
                    receive(&log, "shared").await;
                }
            })
        })
        .collect();
    for process in meeting {
        process.await.unwrap();
    }
    assert_eq!(verify::chains(&pool, None, |_| {}).await.unwrap().events, 40);
}

fn key(request: u8) -> IdempotencyKey {
    let (scope, key) = ("tester".to_owned(), "once".to_owned());
    IdempotencyKey { scope, key, request_hash: [request; 32] }
}

async fn receive_once(
    log: &eventlog::EventLog,
    request: u8,
) -> Result<Outcome<()>, UnitError<aggregates::stock_item::Error>> {
    log.unit(metadata())
        .write::<StockItem>("s")
        .idempotency(Some(key(request)))
        .run(|work| {
            let command = Command::Receive { quantity: 5, reason: "delivery".to_owned() };
            let events = work.state::<StockItem>("s").decide(command)?;
            work.record::<StockItem>("s", events);
            work.respond(serde_json::json!({"on_hand": work.state::<StockItem>("s").on_hand()}));
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_key_has_one_effect_and_one_answer_also_in_another_process() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    assert!(matches!(receive_once(&log(&pool), 1).await, Ok(Outcome::Done(_))));
    for log in [log(&pool), log(&pool)] {
        match receive_once(&log, 1).await {
            Ok(Outcome::Replayed(answer)) => assert_eq!(answer["on_hand"], 5),
            other => panic!("not replayed: {other:?}"),
        }
        assert!(matches!(receive_once(&log, 2).await, Err(UnitError::KeyReused)));
    }
    let (stock, version) =
        eventlog::load_stream::<StockItem>(&pool, log(&pool).codec(), "s").await.unwrap();
    assert_eq!((stock.on_hand(), version), (5, 1));
}

#[tokio::test]
async fn a_refusal_stores_nothing_of_any_stream() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let refused = log(&pool)
        .unit(metadata())
        .write::<StockItem>("a")
        .write::<StockItem>("b")
        .run(|work| {
            let receive = Command::Receive { quantity: 1, reason: "delivery".to_owned() };
            let events = work.state::<StockItem>("a").decide(receive)?;
            work.record::<StockItem>("a", events);
            let take = Command::Adjust { delta: -1, reason: "lost".to_owned() };
            let events = work.state::<StockItem>("b").decide(take)?;
            work.record::<StockItem>("b", events);
            Ok(())
        })
        .await;
    let refused: Result<_, UnitError<aggregates::stock_item::Error>> = refused;
    assert!(matches!(refused, Err(UnitError::Rejected(_))), "{refused:?}");
    assert_eq!(verify::chains(&pool, None, |_| {}).await.unwrap().events, 0);
}

#[tokio::test]
async fn a_unit_that_panics_ends_alone() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let log = log(&pool);
    let panicking = log.unit(metadata()).write::<StockItem>("s").run(
        |_| -> Result<(), aggregates::stock_item::Error> { panic!("a mistake of the program") },
    );
    let (panicked, version) = tokio::join!(panicking, receive(&log, "s"));
    assert!(panicked.is_err());
    assert_eq!(version, 1);
    assert_eq!(receive(&log, "s").await, 2, "the stream is not left busy");
}

#[tokio::test]
async fn a_long_stream_is_loaded_from_its_snapshot() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let log_one = log(&pool);
    for _ in 0..510 {
        receive(&log_one, "long").await;
    }
    let sequence: i64 =
        sqlx::query_scalar("SELECT sequence FROM snapshots").fetch_one(&pool).await.unwrap();
    assert!(sequence >= 500, "{sequence}");
    assert_eq!(receive(&log(&pool), "long").await, 511, "another process goes on from it");
    assert_eq!(verify::chains(&pool, None, |_| {}).await.unwrap().events, 511);
}
