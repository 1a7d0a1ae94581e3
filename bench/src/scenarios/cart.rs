//! Putting products into carts over HTTP, in turns with pgbench's single-row INSERT transactions and
//! an empty handler.

use super::turns;
use crate::database::Database;
use crate::market::Market;
use crate::pgbench::Pgbench;
use crate::report::Measured;
use crate::site::Site;
use crate::{Bench, Result};
use std::sync::Arc;

const PRODUCTS: usize = 500;
/// On each connection, so that carts are of many customers.
const CUSTOMERS: usize = 8;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let site = Site::open(bench, database).await?;
    let market = Arc::new(Market::open(&site, PRODUCTS).await?);
    let visitors = site.visitors(bench.clients, CUSTOMERS).await?;
    let pgbench = Pgbench::prepare(database, bench.clients).await?;
    let turns = turns::run(bench, database, &site, &pgbench, move |client, _| {
        let (visitors, market) = (visitors.clone(), Arc::clone(&market));
        async move { visitors.of(client).await.add_favourite(&market).await.map(drop) }
    })
    .await?;
    let measured = turns.measured(bench, &site, 1.0);
    site.close().await?;
    Ok(measured)
}
