//! A random history of a small market over two weeks, in which the clocks of Europe change.

use super::{advance, deliver, product, refund};
use crate::support::app::TestApp;
use crate::support::client::{Client, order_body};
use ledgerline::clock::ManualClock;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// What is needed to ask about it.
#[derive(Debug)]
pub struct Market {
    pub app: TestApp,
    /// Their tokens have expired; their ids have not.
    pub sellers: Vec<Client>,
    pub products: Vec<String>,
}

/// Before, during and after it.
pub const WHOLE: (&str, &str) = ("2026-03-01", "2026-06-01");
/// The second of two periods in which something was bought: as long before it there was something too.
pub const SECOND: (&str, &str) = ("2026-04-01", "2026-04-20");
/// When the history begins: a Wednesday; the clocks change on the Sunday after.
pub const BEGIN: &str = "2026-03-25T07:07:00Z";

pub async fn market(seed: u64, steps: usize) -> Market {
    let clock = Arc::new(ManualClock::at(BEGIN.parse().unwrap()));
    let app = TestApp::setup().clock(Arc::clone(&clock)).start().await;
    let mut random = StdRng::seed_from_u64(seed);
    let promo = json!({ "code": "SPRING", "kind": "percent", "value": "12.5" });
    app.admin().await.post("/promos/create", promo).await.expect(201);
    let (mut sellers, mut products) = (Vec::new(), Vec::new());
    for (number, (category, genre)) in
        [("books", ""), ("music", "jazz"), ("music", "rock")].into_iter().enumerate()
    {
        let seller = app.seller().await;
        for (which, price) in ["999.99", "12.35"].into_iter().enumerate() {
            let name = format!("Thing {number}{which}");
            products.push(product(&seller, &name, price, category, genre).await);
        }
        sellers.push(seller);
    }
    let mut buyers = Vec::new();
    for _ in 0..4 {
        buyers.push(app.customer().await);
    }
    for number in 0..steps {
        if number == steps * 3 / 4 {
            buyers.push(app.customer().await);
        }
        clock.advance(Duration::from_mins(random.random_range(30..900)));
        let buyer = app.renewed(buyers.choose(&mut random).unwrap());
        step(&app, &mut random, &buyer, &products).await;
    }
    Market { app, sellers, products }
}

/// Orders to be brought in one of the ways, and pays at once.
async fn buy(random: &mut StdRng, buyer: &Client, lines: &[(&str, u32)]) -> String {
    let mut body = order_body("card");
    body["delivery_method"] = json!(["standard", "express", "same_day"].choose(random));
    let line =
        |&(product, units): &(&str, u32)| json!({ "product_id": product, "quantity": units });
    body["items"] = lines.iter().map(line).collect();
    let order = buyer.post("/orders", body).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    order
}

/// One order and what becomes of it.
async fn step(app: &TestApp, random: &mut StdRng, buyer: &Client, products: &[String]) {
    let count = random.random_range(1..4);
    let chosen: Vec<&String> = products.choose_multiple(random, count).collect();
    let lines: Vec<(&str, u32)> =
        chosen.iter().map(|id| (id.as_str(), random.random_range(1..4))).collect();
    match random.random_range(0..10) {
        0 => {
            let order = buyer.order_items(&lines).await.expect(201).id();
            buyer.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
        }
        1 => {
            let order = buy(random, buyer, &lines).await;
            buyer.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
        }
        2 | 3 => {
            for (id, units) in &lines {
                buyer.add_to_cart(id, *units).await;
            }
            buyer.post("/promos/apply", json!({ "code": "SPRING" })).await.expect(200);
            let order = buyer.order_by("cash_on_delivery").await.expect(201).id();
            deliver(app, &order).await;
        }
        4 => {
            let order = buy(random, buyer, &lines).await;
            deliver(app, &order).await;
            refund(app, &order, json!({})).await;
        }
        5 | 6 => {
            let order = buy(random, buyer, &lines).await;
            deliver(app, &order).await;
            let (id, units) = lines[0];
            let units = random.random_range(1..=units);
            let line = json!([{ "product_id": id, "quantity": units }]);
            refund(app, &order, json!({ "lines": line })).await;
            if random.random_bool(0.5) {
                refund(app, &order, json!({})).await;
            }
        }
        7 => {
            let order = buy(random, buyer, &lines[..1]).await;
            deliver(app, &order).await;
            refund(app, &order, json!({ "amount": "7.77" })).await;
        }
        8 => {
            let order = buy(random, buyer, &lines).await;
            advance(app, &order, &["processing", "shipped"]).await;
        }
        _ => drop(buy(random, buyer, &lines).await),
    }
}
