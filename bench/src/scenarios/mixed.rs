//! A shop as it is: of ten actions eight look around, one puts something into a cart, and one goes
//! from an empty cart to a confirmed order. In turns with pgbench, which runs the same statements
//! for the eight and single-row INSERT transactions for the two.

use super::{browse, turns};
use crate::database::Database;
use crate::market::Market;
use crate::pgbench::{self, Pgbench};
use crate::report::Measured;
use crate::site::Site;
use crate::visitors::{Means, Visitors};
use crate::{Bench, Result};
use std::sync::Arc;

const CUSTOMERS: usize = 8;
/// Eight single requests, one more, and the five of a checkout, for ten actions.
const REQUESTS: f64 = 1.4;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let site = Site::open(bench, database).await?;
    site.must_be_ours()?;
    let market = Arc::new(Market::open(&site, browse::PRODUCTS).await?);
    let visitors = site.visitors(bench.clients, CUSTOMERS).await?;
    // Four of each of the three requests, and three INSERTs: 12 of 15.
    let mut scripts = vec![browse::scripts(database, &market).await?; 4].concat();
    pgbench::make_table(database).await?;
    scripts.extend([pgbench::INSERT; 3].map(str::to_owned));
    let pgbench = Pgbench::with(database, bench.clients, &scripts).await?;
    let turns = turns::run(bench, database, &site, &pgbench, move |client, n| {
        let (visitors, market) = (visitors.clone(), Arc::clone(&market));
        async move { act(&visitors, &market, client, n).await }
    })
    .await?;
    let measured = turns.measured(bench, &site, REQUESTS);
    site.close().await?;
    Ok(measured)
}

/// The `n`th action of a client.
pub async fn act(visitors: &Visitors, market: &Market, client: usize, n: u64) -> Result<()> {
    let mut visitor = visitors.of(client).await;
    // Clients do not all order at the same time.
    match (n + client as u64) % 10 {
        8 => visitor.add_favourite(market).await.map(drop),
        9 => visitor.check_out(market, Means::Money).await,
        _ => browse::look_around(&mut visitor, market, n).await,
    }
}
