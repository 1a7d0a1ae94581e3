//! One-event commands on new streams, in turns with pgbench's single-row INSERT transactions.

use crate::closed_loop::{self, Tally};
use crate::database::Database;
use crate::pgbench::Pgbench;
use crate::report::Measured;
use crate::shop::Shop;
use crate::{Bench, Result};

const TURNS: u32 = 20;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let pgbench = Pgbench::prepare(database, bench.clients).await?;
    let shop = Shop::open(&database.pool);
    let turn = bench.time / TURNS;
    let mut tally = Tally::default();
    let mut transactions = 0.0;
    for _ in 0..TURNS {
        database.settle().await?;
        transactions += pgbench.run(turn).await?;
        let shop = shop.clone();
        tally += closed_loop::run(bench.clients, turn, move |_, _| {
            let shop = shop.clone();
            async move { shop.new_cart().await }
        })
        .await;
    }
    let mut measured = Measured::new(bench.clients, tally);
    measured.pgbench = Some(transactions / f64::from(TURNS));
    Ok(measured)
}
