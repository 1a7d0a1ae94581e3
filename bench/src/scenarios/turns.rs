//! What a scenario over HTTP is compared with, in turns with it: pgbench on the same database, and an
//! empty handler under the same load.

use crate::closed_loop::{self, Tally};
use crate::database::Database;
use crate::pgbench::Pgbench;
use crate::report::Measured;
use crate::site::Site;
use crate::visitors::{Visitor, Visitors};
use crate::{Bench, Result};
use aggregates::account::Role;
use std::time::Duration;

const TURNS: u32 = 4;
/// Before the first turn: connections are opened, statements prepared and caches filled.
const WARM_UP: Duration = Duration::from_secs(1);

/// What all sides did.
pub struct Turns {
    pub ours: Tally,
    pub empty: Tally,
    /// Transactions per second.
    pub pgbench: f64,
}

pub async fn run<F, Fut>(
    bench: &Bench,
    database: &Database,
    site: &Site,
    pgbench: &Pgbench,
    operation: F,
) -> Result<Turns>
where
    F: Fn(usize, u64) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<()>> + Send,
{
    let turn = bench.time / TURNS;
    let nothing = idlers(bench, site).await?;
    database.at_rest().await?;
    closed_loop::run(bench.clients, WARM_UP, operation.clone()).await;
    let (mut ours, mut empty, mut pgbench_total) = (Tally::default(), Tally::default(), 0.0);
    for _ in 0..TURNS {
        database.settle().await?;
        pgbench_total += pgbench.run(turn).await?;
        let nothing = nothing.clone();
        empty += closed_loop::run(bench.clients, turn, move |client, _| {
            let nothing = nothing.clone();
            async move { do_nothing(&nothing, client).await }
        })
        .await;
        ours += closed_loop::run(bench.clients, turn, operation.clone()).await;
    }
    Ok(Turns { ours, empty, pgbench: pgbench_total / f64::from(TURNS) })
}

/// Clients of the empty handler, with the bytes of a real request.
async fn idlers(bench: &Bench, site: &Site) -> Result<Visitors> {
    let mut idlers = Vec::new();
    for number in 0..bench.clients {
        let customer = site.user(site.shop.new_id(), Role::Customer)?;
        let mut idler = Visitor::new(site.empty.address, number, vec![customer], "");
        idler.open().await?;
        idlers.push(idler);
    }
    Ok(Visitors::new(idlers))
}

async fn do_nothing(idlers: &Visitors, client: usize) -> Result<()> {
    let body = r#"{"product_id":"019a0000-0000-7000-8000-000000000001","quantity":1}"#;
    idlers.of(client).await.ask("POST", "/cart/items", body).await?.expect(200)?;
    Ok(())
}

impl Turns {
    /// The figures of the scenario. An operation of ours is so many requests.
    pub fn measured(self, bench: &Bench, site: &Site, requests: f64) -> Measured {
        let (rate, empty) = (self.ours.per_second() * requests, self.empty.per_second());
        let mut measured = Measured::new(bench.clients, self.ours)
            .with("requests_per_second", rate)
            .with("empty_handler_per_second", empty)
            .with("empty_handler_p99_ms", self.empty.millis(0.99))
            .with("ratio_to_empty_handler", rate / empty);
        measured.pgbench = Some(self.pgbench);
        measured.rss_mib = site.memory().map(|memory| memory.now);
        measured
    }
}
