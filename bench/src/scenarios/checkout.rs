//! From an empty cart to a confirmed order of three lines, paid by card: three requests for the cart,
//! one for the order, one for the payment. One operation is the whole of it. First as fast as the
//! clients can, then at half of that rate.

use super::turns;
use crate::closed_loop::Tally;
use crate::database::Database;
use crate::market::Market;
use crate::open_loop;
use crate::pgbench::Pgbench;
use crate::report::Measured;
use crate::site::Site;
use crate::visitors::{Means, Visitors};
use crate::{Bench, Result};
use std::sync::Arc;

const PRODUCTS: usize = 1_000;
/// On each connection.
const CUSTOMERS: usize = 8;
const REQUESTS: f64 = 5.0;
/// Orders a second that gift cards are made for beforehand; those beyond are made on the way.
const CARDS_PER_SECOND: u64 = 400;

pub async fn run(bench: &Bench, database: &Database, means: Means) -> Result<Measured> {
    let site = Site::open(bench, database).await?;
    let market = Arc::new(Market::open(&site, PRODUCTS).await?);
    let visitors = site.visitors(bench.clients, CUSTOMERS).await?;
    if means == Means::All {
        market.give_points(&site, &visitors).await?;
        let cards = usize::try_from((bench.time.as_secs() * 3 / 2 + 1) * CARDS_PER_SECOND)?;
        market.give_cards(&visitors, cards / (bench.clients * CUSTOMERS) + 1).await?;
    }
    let pgbench = Pgbench::prepare(database, bench.clients).await?;
    let all = visitors.clone();
    let check_out = move |client, _| {
        let (visitors, market) = (visitors.clone(), Arc::clone(&market));
        async move { visitors.of(client).await.check_out(&market, means).await }
    };
    let turns = turns::run(bench, database, &site, &pgbench, check_out.clone()).await?;
    let steps = steps(&all).await;
    database.settle().await?;
    let half = turns.ours.per_second() / 2.0;
    let calm = open_loop::run(bench.clients, half, bench.time, check_out).await;
    let measured = turns.measured(bench, &site, REQUESTS);
    site.close().await?;
    finish(measured, &steps, &calm)
}

/// Placing orders, and paying them.
async fn steps(visitors: &Visitors) -> [Tally; 2] {
    let mut all = [Tally::default(), Tally::default()];
    for client in 0..visitors.len() {
        for (all, own) in all.iter_mut().zip(&visitors.of(client).await.steps) {
            // Both have the same precision, and grow by themselves.
            let _ = all.latency.add(own);
        }
    }
    all
}

fn finish(measured: Measured, steps: &[Tally; 2], calm: &Tally) -> Result<Measured> {
    if let Some(error) = calm.first_error() {
        return Err(format!("{} orders failed, one of them: {error}", calm.errors).into());
    }
    let [order, pay] = steps;
    Ok(measured
        .with("order_p50_ms", order.millis(0.50))
        .with("order_p95_ms", order.millis(0.95))
        .with("payment_p50_ms", pay.millis(0.50))
        .with("payment_p95_ms", pay.millis(0.95))
        .with("half_per_second", calm.per_second())
        .with("half_p50_ms", calm.millis(0.50))
        .with("half_p95_ms", calm.millis(0.95))
        .with("half_p99_ms", calm.millis(0.99)))
}
