//! Whether a large cart is slower than a small one: one more unit of a line, in carts of 1 to 200
//! lines. The answer shows the whole cart.

use crate::closed_loop::{self, Tally};
use crate::database::Database;
use crate::market::Market;
use crate::report::Measured;
use crate::site::Site;
use crate::visitors::Visitors;
use crate::{Bench, Result};
use futures_util::future::try_join_all;
use std::sync::Arc;
use std::time::Duration;

const LINES: [usize; 5] = [1, 10, 50, 100, 200];
/// Few, so that what is measured is the work and not the queue.
const CLIENTS: usize = 4;
/// On each connection.
const CUSTOMERS: usize = 8;
/// A line takes 999 units, and then it is full.
const LONGEST: Duration = Duration::from_secs(10);

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let site = Site::open(bench, database).await?;
    let market = Arc::new(Market::open(&site, LINES[LINES.len() - 1]).await?);
    let visitors = site.visitors(CLIENTS, CUSTOMERS).await?;
    let mut measured = Vec::new();
    let mut filled = 0;
    for lines in LINES {
        fill(&visitors, &market, filled..lines).await?;
        filled = lines;
        database.settle().await?;
        measured.push((lines, one_more(bench, &visitors, &market, lines).await));
    }
    let memory = site.memory();
    site.close().await?;
    report(measured, memory.map(|memory| memory.now))
}

async fn fill(visitors: &Visitors, market: &Market, lines: std::ops::Range<usize>) -> Result<()> {
    try_join_all((0..CLIENTS).map(async |client| {
        let mut visitor = visitors.of(client).await;
        for _ in 0..CUSTOMERS {
            visitor.next();
            for line in lines.clone() {
                visitor.add(&market.products[line]).await?;
            }
        }
        Result::Ok(())
    }))
    .await?;
    Ok(())
}

async fn one_more(bench: &Bench, visitors: &Visitors, market: &Arc<Market>, lines: usize) -> Tally {
    let (visitors, market) = (visitors.clone(), Arc::clone(market));
    let time = (bench.time / u32::try_from(LINES.len()).unwrap_or(1)).min(LONGEST);
    closed_loop::run(CLIENTS, time, move |client, _| {
        let (visitors, market) = (visitors.clone(), Arc::clone(&market));
        async move {
            let mut visitor = visitors.of(client).await;
            visitor.next();
            let line = visitor.pick(lines);
            visitor.add(&market.products[line]).await.map(drop)
        }
    })
    .await
}

fn report(measured: Vec<(usize, Tally)>, rss_mib: Option<u64>) -> Result<Measured> {
    let mut total = Tally::default();
    let mut more = Vec::new();
    let smallest = measured.first().ok_or("nothing was measured")?.1.millis(0.50);
    let mut ratio = 0.0;
    for (lines, tally) in measured {
        more.push((format!("p50_ms_at_{lines}"), tally.millis(0.50)));
        more.push((format!("p95_ms_at_{lines}"), tally.millis(0.95)));
        ratio = tally.millis(0.50) / smallest;
        total += tally;
    }
    more.push(("ratio_of_largest_to_smallest".to_owned(), ratio));
    let mut measured = Measured::new(CLIENTS, total);
    (measured.more, measured.rss_mib) = (more, rss_mib);
    Ok(measured)
}
