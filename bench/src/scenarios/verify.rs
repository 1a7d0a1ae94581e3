//! Recomputing every hash of every stream, then the tree over all, then the ledgers: what
//! `ledgerline verify --all` does. Half of the events are of ledgers.

mod ledgers;

use crate::closed_loop::Tally;
use crate::database::Database;
use crate::history;
use crate::report::Measured;
use crate::{Bench, Result};
use eventlog::{tree, verify};
use std::time::{Duration, Instant};

/// Carts; there are half as many gift cards and customers with points each.
const STREAMS: usize = 10_000;
const EVENTS: usize = 10;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    history::write(&database.pool, 0..STREAMS, EVENTS).await?;
    ledgers::write(&database.pool, 0..STREAMS / 2).await?;
    let began = Instant::now();
    let sealed = tree::seal(&database.pool).await?;
    let sealing = began.elapsed();
    database.settle().await?;
    let mut tally = Tally::default();
    let (mut chains, mut trees, mut ledgers) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut ledger_events = 0;
    let started = Instant::now();
    while started.elapsed() < bench.time {
        let began = Instant::now();
        let report = verify::chains(&database.pool, None, |_| {}).await?;
        chains += began.elapsed();
        let began_tree = Instant::now();
        verify::tree(&database.pool, |_| {}).await?;
        trees += began_tree.elapsed();
        let began_ledgers = Instant::now();
        ledger_events += ledgerline::ledgers::verify(&database.pool, |_| {}).await?.events;
        ledgers += began_ledgers.elapsed();
        tally.count(began, Ok::<_, crate::BoxError>(()));
        tally.operations += report.events - 1;
    }
    tally.elapsed = started.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 15 digits")]
    let [events, sealed, ledger_events] =
        [tally.operations, sealed, ledger_events].map(|n| n as f64);
    Ok(Measured::new(1, tally)
        .with("chains_per_second", events / chains.as_secs_f64())
        .with("tree_per_second", events / trees.as_secs_f64())
        .with("chains_and_tree_per_second", events / (chains + trees).as_secs_f64())
        .with("ledgers_per_second", ledger_events / ledgers.as_secs_f64())
        .with("sealed_per_second", sealed / sealing.as_secs_f64()))
}
