//! The log as an event store of cqrs-es, and old events in new form.

use super::{log, metadata, options};
use crate::support::database::TestDatabase;
use aggregates::product::Editor;
use aggregates::stock_item::{Command, Error};
use aggregates::{Decider, Product, StockItem, product};
use cqrs_es::{AggregateError, CqrsFramework, EventStore};
use eventlog::{CqrsStore, verify};
use sqlx::{Executor, PgPool};

fn receive(quantity: u32) -> Command {
    Command::Receive { quantity, reason: "delivery".to_owned() }
}

#[tokio::test]
async fn an_aggregate_runs_under_the_framework_of_cqrs_es() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let framework: CqrsFramework<StockItem, _> =
        CqrsFramework::new(CqrsStore::new(pool.clone(), options()), vec![], ());
    framework.execute("s", receive(3)).await.unwrap();
    framework.execute("s", receive(4)).await.unwrap();
    let take = Command::Adjust { delta: -8, reason: "lost".to_owned() };
    let refused = framework.execute("s", take).await;
    assert!(
        matches!(refused, Err(AggregateError::UserError(Error::BelowReserved { .. }))),
        "{refused:?}"
    );
    let (stock, version) =
        eventlog::load_stream::<StockItem>(&pool, log(&pool).codec(), "s").await.unwrap();
    assert_eq!((stock.on_hand(), version), (7, 2));
    assert_eq!(verify::chains(&pool, None, |_| {}).await.unwrap().events, 2);
}

#[tokio::test]
async fn of_two_commits_after_the_same_event_one_is_a_conflict() {
    let database = TestDatabase::create().await;
    let store = CqrsStore::new(database.pool().await, options());
    let first = EventStore::<StockItem>::load_aggregate(&store, "s").await.unwrap();
    let second = EventStore::<StockItem>::load_aggregate(&store, "s").await.unwrap();
    let events = StockItem::default().decide(receive(1)).unwrap();
    let stored = EventStore::<StockItem>::commit(&store, events.clone(), first, [].into()).await;
    assert_eq!(stored.unwrap().len(), 1);
    let late = EventStore::<StockItem>::commit(&store, events, second, [].into()).await;
    assert!(matches!(late, Err(AggregateError::AggregateConflict)), "{late:?}");
}

/// A product as version 0.1 stored it, with one image.
async fn old_product(pool: &PgPool) {
    pool.execute(
        r#"INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                               payload, metadata)
           VALUES ('product', 'p', 1, 'Created', '1.0', '{"Created":
             {"seller_id": "00000000-0000-0000-0000-000000000001", "name": "Old",
              "description": "", "price": "1.00", "currency": "KZT", "category": "books",
              "attributes": {}, "image_url": "/old.png"}}', '{}')"#,
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn an_old_event_is_read_in_its_new_form() {
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    old_product(&pool).await;
    let store = CqrsStore::new(pool.clone(), options());
    let loaded = EventStore::<Product>::load_events(&store, "p").await.unwrap();
    let product::Event::Created { image_urls, .. } = &loaded[0].payload else {
        panic!("not created: {loaded:?}")
    };
    assert_eq!(image_urls, &["/old.png"]);

    let log = log(&pool);
    let name = log
        .unit(metadata())
        .write::<Product>("p")
        .run(|work| {
            let change = product::Command::Change {
                by: Editor::Admin,
                name: Some("New".to_owned()),
                description: None,
                price: None,
                category: None,
                attributes: None,
                image_urls: None,
                is_active: None,
            };
            let events = work.state::<Product>("p").decide(change)?;
            work.record::<Product>("p", events);
            Ok::<_, product::Error>(())
        })
        .await;
    assert!(name.is_ok(), "{name:?}");
    let (product, version) =
        eventlog::load_stream::<Product>(&pool, log.codec(), "p").await.unwrap();
    let details = product.details().unwrap();
    assert_eq!((details.name.as_str(), version), ("New", 2));
    assert_eq!(details.image_urls, ["/old.png"]);
}
