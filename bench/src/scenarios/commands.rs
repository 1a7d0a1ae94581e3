//! One-event commands on existing streams: ours as the server runs them, ours with every command
//! loading its stream, postgres-es under the `CqrsFramework` of cqrs-es, and pgbench, in turns.

use crate::closed_loop::{self, Tally};
use crate::database::Database;
use crate::history::{self, cart_id};
use crate::pgbench::Pgbench;
use crate::report::Measured;
use crate::shop::{Shop, add_item, change_item};
use crate::{Bench, Result};
use aggregates::Cart;
use cqrs_es::CqrsFramework;
use cqrs_es::persist::PersistedEventStore;
use eventlog::Options;
use futures_util::future::try_join_all;
use postgres_es::PostgresEventRepository;
use sqlx::Executor;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const TURNS: u32 = 4;
/// Each client has its own, so that nobody meets a conflict.
const STREAMS_PER_CLIENT: usize = 64;
/// Those of the log without a cache are further on: two logs behave as two processes.
const UNCACHED: usize = 100_000;
const EVENTS: usize = 10;

/// The layout that postgres-es documents.
const STANDARD_TABLE: &str = "
    CREATE TABLE es_events (
        aggregate_type text NOT NULL, aggregate_id text NOT NULL,
        sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL,
        event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence))";

type Framework = CqrsFramework<Cart, PersistedEventStore<PostgresEventRepository, Cart>>;

fn stream_of(client: usize, n: u64, first: usize) -> Uuid {
    let own = usize::try_from(n).unwrap_or_default() % STREAMS_PER_CLIENT;
    cart_id(first + client * STREAMS_PER_CLIENT + own)
}

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let streams = bench.clients * STREAMS_PER_CLIENT;
    history::write(&database.pool, 0..streams, EVENTS).await?;
    history::write(&database.pool, UNCACHED..UNCACHED + streams, EVENTS).await?;
    let framework = Arc::new(framework(bench, database).await?);
    let shop = Shop::open(&database.pool);
    let uncached = Shop::with(&database.pool, |options| Options { cache_capacity: 0, ..options });
    let pgbench = Pgbench::prepare(database, bench.clients).await?;
    let turn = bench.time / TURNS;
    let (mut ours, mut loading, mut theirs) =
        (Tally::default(), Tally::default(), Tally::default());
    let mut transactions = 0.0;
    // Each turn goes on with the numbers of the one before, so that every command is a change.
    let mut offset = 0;
    for _ in 0..TURNS {
        database.settle().await?;
        transactions += pgbench.run(turn).await?;
        theirs += with_framework(bench, turn, &framework, offset).await;
        loading += with_log(bench, turn, &uncached, UNCACHED, offset).await;
        ours += with_log(bench, turn, &shop, 0, offset).await;
        offset += 90;
    }
    let (rate, loading_rate, their_rate) =
        (ours.per_second(), loading.per_second(), theirs.per_second());
    let failed = loading.errors + theirs.errors;
    if let Some(error) = loading.first_error().or(theirs.first_error()) {
        return Err(format!("{failed} commands failed, one of them: {error}").into());
    }
    let mut measured = Measured::new(bench.clients, ours)
        .with("postgres_es_per_second", their_rate)
        .with("ratio_to_postgres_es", rate / their_rate)
        .with("loading_per_second", loading_rate)
        .with("loading_ratio_to_postgres_es", loading_rate / their_rate);
    measured.pgbench = Some(transactions / f64::from(TURNS));
    Ok(measured)
}

pub async fn with_log(
    bench: &Bench,
    turn: Duration,
    shop: &Shop,
    first: usize,
    offset: u64,
) -> Tally {
    let shop = shop.clone();
    closed_loop::run(bench.clients, turn, move |client, n| {
        let shop = shop.clone();
        async move { shop.change_cart(stream_of(client, n, first), n / 64 + offset).await }
    })
    .await
}

pub async fn with_framework(
    bench: &Bench,
    turn: Duration,
    framework: &Arc<Framework>,
    offset: u64,
) -> Tally {
    let framework = Arc::clone(framework);
    closed_loop::run(bench.clients, turn, move |client, n| {
        let framework = Arc::clone(&framework);
        async move {
            let id = stream_of(client, n, 0).to_string();
            framework.execute(&id, change_item(n / 64 + offset)).await
        }
    })
    .await
}

/// postgres-es with the same streams in its own table.
pub async fn framework(bench: &Bench, database: &Database) -> Result<Framework> {
    database.pool.execute(STANDARD_TABLE).await?;
    let repository = PostgresEventRepository::new(database.pool.clone())
        .with_tables("es_events", "es_snapshots");
    let store = PersistedEventStore::new_event_store(repository);
    let framework: Framework = CqrsFramework::new(store, Vec::new(), ());
    for client in 0..bench.clients {
        try_join_all((0..STREAMS_PER_CLIENT).map(async |own| {
            let id = cart_id(client * STREAMS_PER_CLIENT + own).to_string();
            framework.execute(&id, add_item(0)).await?;
            for n in 1..EVENTS {
                framework.execute(&id, change_item(n as u64)).await?;
            }
            Ok::<(), crate::BoxError>(())
        }))
        .await?;
    }
    Ok(framework)
}
