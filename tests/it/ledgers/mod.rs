//! The books over HTTP: the journal, its trial balance as of any moment, and the checker that
//! believes nothing but the log.

mod journal;
mod verify;

use crate::support::app::TestApp;
use crate::support::client::{Client, order_body, text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What somebody did who bought a card, paid with it and with points, and gave a part back.
struct Story {
    buyer: Client,
    /// The code of the card, 500.00 when it was made.
    code: String,
    /// 1000.00, paid with 10 points and 300.00 of the card; 200.00 were given back.
    order: String,
}

/// The code of a new card, given away.
async fn card(app: &TestApp, amount: &str) -> String {
    let made = app.admin().await.post("/giftcards/create", json!({ "amount": amount })).await;
    text(&made.expect(201).body, "code")
}

async fn deliver(app: &TestApp, order: &str) {
    let admin = app.admin().await;
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{order}/status");
        admin.put(&path, json!({ "status": status })).await.expect(200);
    }
}

/// Orders one unit, to be paid also with what `with` names.
async fn order_with(buyer: &Client, product: &str, with: Value) -> String {
    let mut body = order_body("card");
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    for (name, value) in with.as_object().unwrap() {
        body[name] = value.clone();
    }
    buyer.post("/orders", body).await.expect(201).id()
}

async fn story(app: &TestApp) -> Story {
    let buyer = app.customer().await;
    let code = card(app, "500.00").await;

    // 1 % of 1000.00: ten points.
    let first = order_with(&buyer, &app.product("1000.00", 1).await, json!({})).await;
    buyer.pay(&first, "tok_ok").await.expect(201);
    deliver(app, &first).await;

    let with = json!({ "gift_card_code": code, "points": 10 });
    let order = order_with(&buyer, &app.product("1000.00", 1).await, with).await;
    buyer.pay(&order, "tok_ok").await.expect(201);
    deliver(app, &order).await;
    let refund = json!({ "amount": "200.00", "reason": "scratched" });
    app.admin().await.post(&format!("/orders/{order}/refund"), refund).await.expect(200);
    Story { buyer, code, order }
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).parse().unwrap()
}

/// The balance of an account in an answer of `/audit/ledger`.
fn balance(ledger: &Value, account: &str) -> Decimal {
    let accounts = ledger["trial_balance"].as_array().unwrap();
    let found = accounts.iter().find(|sums| sums["account"] == account).unwrap();
    assert_eq!(decimal(&found["balance"]), decimal(&found["debit"]) - decimal(&found["credit"]));
    decimal(&found["balance"])
}

/// The sum over a read model, in the unit of money.
async fn sum(app: &TestApp, query: &str) -> Decimal {
    let pool = app.pool().await;
    let sum: String = sqlx::query_scalar(query).fetch_one(&pool).await.unwrap();
    sum.parse().unwrap()
}
