//! Order histories over HTTP: half lists the orders of a customer, half opens one of them. In turns
//! with pgbench, which runs the same statements.

use super::turns;
use crate::database::Database;
use crate::market::{Market, order_of};
use crate::pgbench::Pgbench;
use crate::report::Measured;
use crate::same_sql::{Values, script};
use crate::site::Site;
use crate::visitors::Visitors;
use crate::{Bench, Result};
use futures_util::future::try_join_all;
use projections::orders::{self, Filter};
use std::sync::Arc;
use uuid::Uuid;

const PRODUCTS: usize = 100;
/// On each connection, and the orders of each.
const CUSTOMERS: usize = 4;
const ORDERS: usize = 20;
/// Customers whose statements pgbench runs.
const SAMPLE: usize = 16;

/// Each client's orders, by customer.
type Orders = Arc<Vec<Vec<Vec<String>>>>;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let site = Site::open(bench, database).await?;
    site.must_be_ours()?;
    let market = Market::open(&site, PRODUCTS).await?;
    let visitors = site.visitors(bench.clients, CUSTOMERS).await?;
    let orders: Orders = Arc::new(place_orders(&visitors, &market).await?);
    let scripts = scripts(database, &visitors, &orders).await?;
    let pgbench = Pgbench::with(database, bench.clients, &scripts).await?;
    let turns = turns::run(bench, database, &site, &pgbench, move |client, n| {
        let (visitors, orders) = (visitors.clone(), Arc::clone(&orders));
        async move { look_back(&visitors, &orders, client, n).await }
    })
    .await?;
    let measured = turns.measured(bench, &site, 1.0);
    site.close().await?;
    Ok(measured)
}

async fn look_back(visitors: &Visitors, orders: &Orders, client: usize, n: u64) -> Result<()> {
    let mut visitor = visitors.of(client).await;
    visitor.next();
    let path = if n.is_multiple_of(2) {
        "/orders".to_owned()
    } else {
        let own = &orders[client][visitor.turn()];
        format!("/orders/{}", own[visitor.pick(own.len())])
    };
    visitor.ask("GET", &path, "").await?.expect(200)?;
    Ok(())
}

async fn place_orders(visitors: &Visitors, market: &Market) -> Result<Vec<Vec<Vec<String>>>> {
    try_join_all((0..visitors.len()).map(async |client| {
        let mut visitor = visitors.of(client).await;
        let mut placed = vec![Vec::new(); visitor.customers.len()];
        for _ in 0..visitor.customers.len() * ORDERS {
            visitor.next();
            let product = visitor.pick(market.products.len());
            let body = order_of(&market.products[product], 1);
            let order = visitor.ask("POST", "/orders", &body).await?.expect(201)?.made()?;
            placed[visitor.turn()].push(order);
        }
        Ok(placed)
    }))
    .await
}

async fn scripts(database: &Database, visitors: &Visitors, orders: &Orders) -> Result<Vec<String>> {
    let (mut buyers, mut bought) = (Vec::new(), Vec::new());
    for client in 0..SAMPLE.min(visitors.len()) {
        buyers.push(visitors.of(client).await.customers[0].id.to_string());
        bought.push(orders[client][0][0].clone());
    }
    let user = buyers[0].parse::<Uuid>()?.into();
    let filter = Filter { user_id: Some(user), limit: 20, ..Filter::default() };
    let order = bought[0].parse::<Uuid>()?.into();
    Ok(vec![
        script(database, &Values { texts: &[], ids: &buyers }, async |pool| {
            orders::list(pool, &filter).await?;
            Ok(())
        })
        .await?,
        script(database, &Values { texts: &[], ids: &bought }, async |pool| {
            orders::order(pool, order).await?;
            Ok(())
        })
        .await?,
    ])
}
