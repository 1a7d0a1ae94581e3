//! Reading the feed from its start to its end, page by page, as a projection does. Its speed must
//! not depend on where it stands.

use crate::closed_loop::Tally;
use crate::database::Database;
use crate::history;
use crate::report::Measured;
use crate::{Bench, Result};
use eventlog::{Position, feed};
use std::time::{Duration, Instant};

const STREAMS: usize = 10_000;
const EVENTS: usize = 10;
const PAGE: i64 = 1_000;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    history::write(&database.pool, 0..STREAMS, EVENTS).await?;
    database.settle().await?;
    let mut tally = Tally::default();
    let (mut early, mut late) = (Duration::ZERO, Duration::ZERO);
    let started = Instant::now();
    while started.elapsed() < bench.time {
        let pages = read_all(database, &mut tally).await?;
        early += pages.iter().take(10).sum::<Duration>();
        late += pages.iter().rev().take(10).sum::<Duration>();
    }
    tally.elapsed = started.elapsed();
    Ok(Measured::new(1, tally).with("last_pages_to_first_pages", late.div_duration_f64(early)))
}

/// How long each page took. Counts the events.
async fn read_all(database: &Database, tally: &mut Tally) -> Result<Vec<Duration>> {
    let mut position = Position::START;
    let mut pages = Vec::new();
    loop {
        let began = Instant::now();
        let events = feed::read(&database.pool, position, PAGE).await?;
        let Some(last) = events.last() else {
            return Ok(pages);
        };
        position = last.position;
        tally.count(began, Ok::<_, crate::BoxError>(()));
        tally.operations += events.len() as u64 - 1;
        pages.push(began.elapsed());
    }
}
