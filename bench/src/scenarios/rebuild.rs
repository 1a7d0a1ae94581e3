//! Making a read model anew from the log: decoding, folding and storing, PostgreSQL included.

use crate::Result;
use crate::closed_loop::Tally;
use crate::database::Database;
use crate::history;
use crate::report::Measured;
use std::time::Duration;
use uuid::Uuid;

const STREAMS: usize = 30_000;
const EVENTS: usize = 10;
const TURNS: u128 = 3;

pub async fn run(database: &Database) -> Result<Measured> {
    history::write(&database.pool, 0..STREAMS, EVENTS).await?;
    let all = projections::all();
    projections::ensure(&database.pool, &all).await?;
    database.settle().await?;
    let carts = all.iter().find(|definition| definition.name == "carts").ok_or("no carts")?;
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
