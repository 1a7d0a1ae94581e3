//! Recomputing every hash of every stream, then the tree over all.

use crate::closed_loop::Tally;
use crate::database::Database;
use crate::history;
use crate::report::Measured;
use crate::{Bench, Result};
use eventlog::{tree, verify};
use std::time::{Duration, Instant};

const STREAMS: usize = 20_000;
const EVENTS: usize = 10;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    history::write(&database.pool, 0..STREAMS, EVENTS).await?;
    let began = Instant::now();
    let sealed = tree::seal(&database.pool).await?;
    let sealing = began.elapsed();
    database.settle().await?;
    let mut tally = Tally::default();
    let (mut chains, mut trees) = (Duration::ZERO, Duration::ZERO);
    let started = Instant::now();
    while started.elapsed() < bench.time {
        let began = Instant::now();
        let report = verify::chains(&database.pool, None, |_| {}).await?;
        chains += began.elapsed();
        let began_tree = Instant::now();
        verify::tree(&database.pool, |_| {}).await?;
        trees += began_tree.elapsed();
        tally.count(began, Ok::<_, crate::BoxError>(()));
        tally.operations += report.events - 1;
    }
    tally.elapsed = started.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 15 digits")]
    let (events, sealed) = (tally.operations as f64, sealed as f64);
    Ok(Measured::new(1, tally)
        .with("chains_per_second", events / chains.as_secs_f64())
        .with("tree_per_second", events / trees.as_secs_f64())
        .with("sealed_per_second", sealed / sealing.as_secs_f64()))
}
