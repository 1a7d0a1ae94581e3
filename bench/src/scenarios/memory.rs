//! The memory of the server: with the demonstration and nothing to do, and under full load.

use super::mixed;
use crate::closed_loop;
use crate::database::Database;
use crate::market::Market;
use crate::report::Measured;
use crate::site::Site;
use crate::{Bench, Result};
use std::sync::Arc;
use std::time::Duration;

const PRODUCTS: usize = 1_000;
const CUSTOMERS: usize = 8;
/// After its start, until it is idle.
const REST: Duration = Duration::from_secs(3);

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let site = Site::open_with(bench, database, &["--demo"]).await?;
    site.must_be_ours()?;
    tokio::time::sleep(REST).await;
    let idle = site.memory().ok_or("no /proc on this system")?;
    let market = Arc::new(Market::open(&site, PRODUCTS).await?);
    let visitors = site.visitors(bench.clients, CUSTOMERS).await?;
    database.at_rest().await?;
    let tally = closed_loop::run(bench.clients, bench.time * 2, move |client, n| {
        let (visitors, market) = (visitors.clone(), Arc::clone(&market));
        async move { mixed::act(&visitors, &market, client, n).await }
    })
    .await;
    let loaded = site.memory().ok_or("no /proc on this system")?;
    site.close().await?;
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let (now, most) = (idle.now as f64, loaded.most as f64);
    let mut measured =
        Measured::new(bench.clients, tally).with("idle_rss_mib", now).with("highest_rss_mib", most);
    measured.rss_mib = Some(loaded.now);
    Ok(measured)
}
