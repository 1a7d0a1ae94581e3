//! Whether a long log is slower than a short one: the same commands and queries at 10 thousand and at
//! 1 million events, and with `--growth-events 10000000` at 10 million. Carts and orders grow alike.

use crate::closed_loop::{self, Tally};
use crate::database::Database;
use crate::history::{self, cart_id};
use crate::market::Market;
use crate::orders::Orders;
use crate::report::Measured;
use crate::site::Site;
use crate::visitors::{Means, Visitors};
use crate::{Bench, Result};
use aggregates::account::Role;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SIZES: [(usize, &str); 3] = [(10_000, "10k"), (1_000_000, "1m"), (10_000_000, "10m")];
const CART_EVENTS: usize = 5;
/// Few, so that what is measured is the work and not the queue.
const CLIENTS: usize = 4;
/// Customers of each client: the same number at each size, from all over the log, whose shortest part has
/// as many.
const CUSTOMERS: usize = 64;
/// The read models take this long for a million events at most.
const CATCH_UP_PER_MILLION: Duration = Duration::from_mins(4);

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let site = Site::open(bench, database).await?;
    site.must_be_ours()?;
    let market = Arc::new(Market::open(&site, 100).await?);
    let buyers = site.visitors(1, 1).await?;
    let buyer = buyers.of(0).await.customers[0].id;
    buyers.of(0).await.check_out(&market, Means::Money).await?;
    let orders = Orders::like_the_one(&database.pool, buyer).await?;
    let each = CART_EVENTS + orders.events;
    let sizes = SIZES.into_iter().filter(|(size, _)| *size <= bench.growth_events);
    let (mut written, mut total, mut more) = (0, Tally::default(), Vec::new());
    let mut at_first: Option<[f64; 3]> = None;
    let mut ratios = [1.0; 3];
    for (size, name) in sizes {
        let customers = size / each;
        history::write(&database.pool, written..customers, CART_EVENTS).await?;
        orders.write(&database.pool, written..customers).await?;
        written = customers;
        catch_up(database, size).await?;
        // Mail looks at all of it, too.
        database.at_rest().await?;
        database.settle().await?;
        let visitors = visitors(&site, customers).await?;
        let measured = all(bench, &visitors, &market).await;
        for (what, tally) in KINDS.iter().zip(&measured) {
            more.push((format!("{what}_p50_ms_at_{name}"), tally.millis(0.50)));
            more.push((format!("{what}_p95_ms_at_{name}"), tally.millis(0.95)));
        }
        let now = [0, 1, 2].map(|kind: usize| measured[kind].millis(0.50));
        let first = *at_first.get_or_insert(now);
        ratios = [0, 1, 2].map(|kind: usize| now[kind] / first[kind]);
        for tally in measured {
            total += tally;
        }
    }
    let memory = site.memory();
    site.close().await?;
    let ratios = KINDS.iter().zip(ratios);
    more.extend(ratios.map(|(what, ratio)| (format!("{what}_ratio_of_last_to_first"), ratio)));
    let mut measured = Measured::new(CLIENTS, total);
    (measured.more, measured.rss_mib) = (more, memory.map(|memory| memory.now));
    Ok(measured)
}

/// Customers from all over the history, with tokens of now.
async fn visitors(site: &Site, customers: usize) -> Result<Visitors> {
    let mut made = Vec::new();
    for client in 0..CLIENTS {
        let own = (0..CUSTOMERS).map(|n| {
            let number = (client * CUSTOMERS + n) * customers / (CLIENTS * CUSTOMERS);
            site.user(cart_id(number), Role::Customer)
        });
        let own: Result<_> = own.collect();
        let mut visitor = site.visitor(client, own?);
        visitor.open().await?;
        made.push(visitor);
    }
    Ok(Visitors::new(made))
}

const KINDS: [&str; 3] = ["command", "cart_query", "orders_query"];

async fn all(bench: &Bench, visitors: &Visitors, market: &Arc<Market>) -> [Tally; 3] {
    let time = bench.time / 3;
    let (customers, market) = (visitors.clone(), Arc::clone(market));
    let command = closed_loop::run(CLIENTS, time, move |client, _| {
        let (visitors, market) = (customers.clone(), Arc::clone(&market));
        async move { visitors.of(client).await.add_favourite(&market).await.map(drop) }
    })
    .await;
    [command, asked(visitors, time, "/cart").await, asked(visitors, time, "/orders").await]
}

async fn asked(visitors: &Visitors, time: Duration, path: &'static str) -> Tally {
    let visitors = visitors.clone();
    closed_loop::run(CLIENTS, time, move |client, _| {
        let visitors = visitors.clone();
        async move {
            let mut visitor = visitors.of(client).await;
            visitor.next();
            visitor.ask("GET", path, "").await?.expect(200).map(drop)
        }
    })
    .await
}

async fn catch_up(database: &Database, size: usize) -> Result<()> {
    let millions = u32::try_from(size / 1_000_000)? + 1;
    let (began, patience) = (Instant::now(), CATCH_UP_PER_MILLION * millions);
    loop {
        let all = projections::status(&database.pool).await?;
        if let Some(failed) = all.iter().find_map(|one| one.error.as_ref()) {
            return Err(format!("a read model has failed: {failed}").into());
        }
        if all.iter().all(|one| one.lag_events == 0) {
            return Ok(());
        }
        if began.elapsed() > patience {
            return Err("the read models do not catch up".into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
