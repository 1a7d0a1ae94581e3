//! A thousand buyers, each on a connection of their own, order the same product in the same instant.
//! There are a hundred of it. Any other number sold is an error, and so is any other answer than an
//! order or that there is no stock.

use crate::closed_loop::Tally;
use crate::database::Database;
use crate::http::Answer;
use crate::market::{order_of, product};
use crate::report::Measured;
use crate::site::Site;
use crate::{Bench, Result};
use aggregates::account::Role;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Barrier;

const BUYERS: usize = 1_000;
const UNITS: u64 = 100;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let site = Site::open(bench, database).await?;
    let mut seller = site.staff(0, Role::Seller)?;
    let described = json!({ "name": "The last ones", "price": "9999.00", "quantity": UNITS });
    let product = product(&mut seller, &described).await?;
    let visitors = site.visitors(BUYERS, 1).await?;
    database.at_rest().await?;
    let start = Arc::new(Barrier::new(BUYERS));
    let body: Arc<str> = order_of(&product, 1).into();
    let running: Vec<_> = (0..BUYERS)
        .map(|buyer| {
            let (visitors, start, body) = (visitors.clone(), Arc::clone(&start), Arc::clone(&body));
            tokio::spawn(async move {
                let mut visitor = visitors.of(buyer).await;
                start.wait().await;
                let began = Instant::now();
                let answer = visitor.ask("POST", "/orders", &body).await;
                (began, began.elapsed(), answer.and_then(|answer| sold(&answer)))
            })
        })
        .collect();
    let (mut tally, mut bought) = (Tally::default(), 0_u64);
    let mut ends = Vec::new();
    for buyer in running {
        let (began, took, result) = buyer.await?;
        bought += u64::from(matches!(result, Ok(true)));
        ends.push((began, began + took));
        tally.count_as(took, result);
    }
    let first = ends.iter().map(|(began, _)| *began).min().ok_or("no buyers")?;
    let last = ends.iter().map(|(_, ended)| *ended).max().ok_or("no buyers")?;
    tally.elapsed = last - first;
    let left = visitors.of(0).await.look(&format!("/products/{product}")).await?;
    let left: Value = serde_json::from_slice(&left.body)?;
    let memory = site.memory();
    site.close().await?;
    if (bought, &left["quantity"]) != (UNITS, &json!(0)) {
        let left = &left["quantity"];
        return Err(format!("{bought} of {UNITS} were sold, and {left} are left").into());
    }
    let all_within = tally.elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a hundred")]
    let bought = bought as f64;
    let mut measured =
        Measured::new(BUYERS, tally).with("sold", bought).with("all_answered_within_s", all_within);
    measured.rss_mib = memory.map(|memory| memory.now);
    Ok(measured)
}

/// Whether the buyer got one.
fn sold(answer: &Answer) -> Result<bool> {
    let text = String::from_utf8_lossy(&answer.body);
    match answer.status {
        201 => Ok(true),
        409 if text.contains("insufficient_stock") => Ok(false),
        status => Err(format!("{status}: {text}").into()),
    }
}
