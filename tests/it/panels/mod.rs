//! What administrators, sellers and analysts see: to whom it is shown, and that every figure is what
//! the log says.

mod access;
mod admin;
pub mod agreement;
mod analyst_role;
mod customers;
mod figures;
mod forms;
mod history;
mod liabilities;
mod log;
mod sellers;
mod stock;

use crate::support::app::TestApp;
use crate::support::client::Client;
use serde_json::{Value, json};

/// Brings a confirmed order to its buyer.
async fn deliver(app: &TestApp, order: &str) {
    advance(app, order, &["processing", "shipped", "delivered"]).await;
}

async fn advance(app: &TestApp, order: &str, steps: &[&str]) {
    let admin = app.admin().await;
    for status in steps {
        let path = format!("/orders/{order}/status");
        admin.put(&path, json!({ "status": status })).await.expect(200);
    }
}

/// A product with a category, and a genre where it has one.
async fn product(seller: &Client, name: &str, price: &str, category: &str, genre: &str) -> String {
    let attributes = if genre.is_empty() { json!({}) } else { json!({ "genre": genre }) };
    let body = json!({ "name": name, "price": price, "quantity": 1000, "category": category,
                       "attributes": attributes });
    seller.post("/products", body).await.expect(201).id()
}

/// Orders and pays at once.
async fn buy(buyer: &Client, lines: &[(&str, u32)]) -> String {
    let order = buyer.order_items(lines).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    order
}

async fn refund(app: &TestApp, order: &str, mut what: Value) {
    what["reason"] = json!("any");
    app.admin().await.post(&format!("/orders/{order}/refund"), what).await.expect(200);
}

/// The items of a list or of a report.
fn items(body: &Value) -> &Vec<Value> {
    body["items"].as_array().unwrap_or_else(|| panic!("there are no items: {body}"))
}
