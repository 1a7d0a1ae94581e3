//! The event log on a real PostgreSQL: the feed, the chains and the tree, units of work, cqrs-es.

mod feed;
mod store;
mod tamper;
mod units;

use aggregates::stock_item::Command;
use aggregates::{Decider, StockItem};
use eventlog::{EventLog, Metadata, Options, Outcome};
use ledgerline::clock::{Clock, SystemClock};
use ledgerline::entropy::Entropy;
use sqlx::PgPool;
use std::sync::Arc;

fn options() -> Options {
    let entropy = Entropy::new(Arc::new(SystemClock));
    Options {
        codec: Arc::new(ledgerline::log::codec()),
        ..Options::new(|| SystemClock.now(), move || entropy.new_id())
    }
}

fn log(pool: &PgPool) -> EventLog {
    EventLog::start(pool.clone(), options())
}

fn metadata() -> Metadata {
    Metadata::new("tester", Entropy::new(Arc::new(SystemClock)).new_id(), "test")
}

/// Receives one unit into the stock item; returns the version after it.
async fn receive(log: &EventLog, id: &str) -> i64 {
    let stream = id.to_owned();
    let done = log
        .unit(metadata())
        .write::<StockItem>(id)
        .run(move |work| {
            let command = Command::Receive { quantity: 1, reason: "delivery".to_owned() };
            let events = work.state::<StockItem>(&stream).decide(command)?;
            work.record::<StockItem>(&stream, events);
            Ok::<_, aggregates::stock_item::Error>(work.version::<StockItem>(&stream))
        })
        .await
        .unwrap();
    match done {
        Outcome::Done(committed) => committed.value,
        Outcome::Replayed(_) => unreachable!("there was no key"),
    }
}
