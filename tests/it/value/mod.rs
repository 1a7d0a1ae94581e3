//! Promotions, gift cards and points: what they pay, what comes back, and that nothing is paid twice.

mod cards;
mod jobs;
mod laws;
mod paying;
mod privacy;
mod promos;
mod races;

use crate::support::app::TestApp;
use crate::support::client::{Answer, Call, Client, order_body, text};
use serde_json::{Value, json};

/// A gift card of this amount, given away: its id and its code.
async fn card(app: &TestApp, amount: &str) -> (String, String) {
    let made = app.admin().await.post("/giftcards/create", json!({ "amount": amount })).await;
    let made = made.expect(201).body;
    (text(&made, "id"), text(&made, "code"))
}

/// A promotion with these terms.
async fn promo(app: &TestApp, code: &str, terms: Value) {
    let mut body = terms;
    body["code"] = json!(code);
    app.admin().await.post("/promos/create", body).await.expect(201);
}

/// Gives a customer so many points, by an order that earns them at one percent.
async fn earn(app: &TestApp, buyer: &Client, points: u32) {
    let product = app.product(&format!("{points}00.00"), 1).await;
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    deliver(app, &order).await;
    assert_eq!(points_of(app, buyer).await["points"], points);
}

async fn deliver(app: &TestApp, order: &str) {
    let admin = app.admin().await;
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{order}/status");
        admin.put(&path, json!({ "status": status })).await.expect(200);
    }
}

async fn points_of(_: &TestApp, customer: &Client) -> Value {
    customer.get("/loyalty/status").await.expect(200).body
}

/// Orders one unit, to be paid also with what `with` names.
fn order_with(buyer: &Client, product: &str, with: &Value) -> Call {
    let mut body = order_body("card");
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    for (name, value) in with.as_object().unwrap() {
        body[name] = value.clone();
    }
    buyer.post("/orders", body)
}

fn codes(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

/// What is left on a card, as its read model says.
async fn balance(app: &TestApp, code: &str) -> Value {
    app.guest().get(&format!("/giftcards/{code}/balance")).await.expect(200).body
}

/// The conservation laws of all cards and accounts, then everything that holds in general.
async fn finish(app: TestApp) {
    app.prove().await;
    let pool = app.pool().await;
    let broken: Vec<String> = sqlx::query_scalar(
        "SELECT 'card ' || id FROM read.gift_cards
          WHERE issued <> available + held + redeemed + expired OR available < 0 OR held < 0
          UNION ALL
         SELECT 'account ' || user_id FROM read.loyalty_accounts
          WHERE (state -> 'totals' ->> 'earned')::bigint + owed
                <> pending + available + held + redeemed + expired + reversed
          UNION ALL
         SELECT 'promotion ' || code FROM read.promotions WHERE used + held > usage_limit",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    assert_eq!(broken, Vec::<String>::new());
    app.stop().await;
}
