//! Making a read model anew from the log: decoding, folding and storing, PostgreSQL included.

use crate::Result;
use crate::closed_loop::Tally;
use crate::database::Database;
use crate::history;
use crate::report::Measured;
use projections::{Definition, Group, ReadModels, Runner};
use std::time::Duration;
use uuid::Uuid;

const STREAMS: usize = 30_000;
const EVENTS: usize = 10;
const TURNS: u128 = 3;

pub async fn run(database: &Database) -> Result<Measured> {
    history::write(&database.pool, 0..STREAMS, EVENTS).await?;
    let all = projections::all();
    let carts = all.iter().find(|definition| definition.name == "carts").ok_or("no carts")?;
    catch_up(database, *carts).await?;
    database.settle().await?;
    let mut tally = Tally::default();
    let mut elapsed = Duration::ZERO;
    for turn in 1..=TURNS {
        let began = std::time::Instant::now();
        let rebuilt = projections::rebuild(&database.pool, carts, Uuid::from_u128(turn)).await?;
        elapsed += rebuilt.took;
        tally.count(began, Ok::<_, crate::BoxError>(()));
        tally.operations += rebuilt.events.saturating_sub(1);
    }
    tally.elapsed = elapsed;
    Ok(Measured::new(1, tally))
}

/// A rebuild ends where the live read model stands, so that has to be at the head.
async fn catch_up(database: &Database, definition: Definition) -> Result<()> {
    let read_models = ReadModels::of(database.pool.clone(), Group::Shop, vec![definition]);
    let holder = Uuid::from_u128(TURNS + 1);
    let (pool, all) = (database.pool.clone(), vec![definition]);
    projections::ensure(&pool, &all).await?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let runner = Runner::new(pool, read_models.clone(), holder);
    let running = tokio::spawn(runner.run(async move { drop(stopped.await) }));
    let head = eventlog::feed::head(&database.pool).await?;
    let reached = read_models.wait_for(head, Duration::from_mins(2)).await;
    drop(stop);
    running.await?;
    if reached { Ok(()) } else { Err("the read model does not catch up".into()) }
}
