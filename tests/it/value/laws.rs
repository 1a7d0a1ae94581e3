//! Random histories over HTTP, concurrent ones: at their end nothing was lost, created or counted
//! twice, and no answer was a 5xx.

use super::{card, finish, order_with, promo};
use crate::support::app::TestApp;
use crate::support::client::Client;
use futures_util::future::join_all;
use ledgerline::jobs::{self, Job};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;

/// What one customer does, some of which is refused.
async fn wander(
    app: &TestApp,
    buyer: Client,
    seed: u64,
    cards: &[(String, String)],
    product: &str,
) {
    let mut random = StdRng::seed_from_u64(seed);
    let admin = app.admin().await;
    let mut orders: Vec<String> = Vec::new();
    for _ in 0..12 {
        let order = orders.choose(&mut random).cloned();
        let answer = match (random.random_range(0..8), order) {
            (0..=2, _) | (_, None) => {
                let mut with = json!({});
                if random.random_bool(0.6) {
                    with["gift_card_code"] = json!(cards.choose(&mut random).unwrap().1);
                }
                if random.random_bool(0.4) {
                    with["promo_code"] = json!("LAWS");
                }
                if random.random_bool(0.3) {
                    with["points"] = json!(random.random_range(1..60));
                }
                let answer = order_with(&buyer, product, &with).await;
                if answer.status == 201 {
                    orders.push(answer.id());
                }
                answer
            }
            (3, Some(order)) => {
                let token = if random.random_bool(0.8) { "tok_ok" } else { "tok_declined" };
                buyer.pay(&order, token).await
            }
            (4, Some(order)) => buyer.put(&format!("/orders/{order}/cancel"), json!({})).await,
            (5, Some(order)) => {
                let status = ["processing", "shipped", "delivered"].choose(&mut random).unwrap();
                let path = format!("/orders/{order}/status");
                admin.put(&path, json!({ "status": status })).await
            }
            (6, Some(order)) => {
                let mut body = json!({ "reason": "any" });
                if random.random_bool(0.7) {
                    body["amount"] = json!(random.random_range(1..2000));
                }
                admin.post(&format!("/orders/{order}/refund"), body).await
            }
            (_, Some(order)) => {
                let code = &cards.choose(&mut random).unwrap().1;
                let amount = random.random_range(1..900);
                let body = json!({ "code": code, "order_id": order, "amount": amount });
                buyer.post("/giftcards/redeem", body).await
            }
        };
        assert!(answer.status < 500, "{} {}", answer.status, answer.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_customers_do_at_once_value_is_conserved() {
    let app = TestApp::start().await;
    promo(
        &app,
        "LAWS",
        json!({ "kind": "percent", "value": "12.34", "usage_limit": 20,
                               "usage_limit_per_user": 4 }),
    )
    .await;
    let mut cards = Vec::new();
    for amount in ["3000.00", "777.77", "12000.00", "0.01"] {
        cards.push(card(&app, amount).await);
    }
    let product = app.product("1333.33", 10_000).await;
    let buyers = app.crowd(16).await;
    let (cards, product) = (&cards, product.as_str());
    let wandering =
        (1..).zip(buyers).map(|(seed, buyer)| wander(&app, buyer, seed, cards, product));
    join_all(wandering).await;
    for job in [Job::ExpireHolds, Job::AssessTiers, Job::ExpirePoints] {
        jobs::run_now(&app.server.state, job).await.unwrap();
    }
    finish(app).await;
}
