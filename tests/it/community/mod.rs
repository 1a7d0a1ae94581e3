//! Reviews and wishlists: who may write what, who sees it, and that the rating of a product is what
//! its published reviews make of it.

mod access;
mod moderation;
mod privacy;
mod ratings;
mod reviews;
mod wishlists;

use crate::support::app::TestApp;
use crate::support::client::{Call, Client, order_body};
use serde_json::{Value, json};

const BEFORE: &str = "[reviews]\nmoderation = \"before\"\n";

/// Orders one unit, to be paid in cash, which needs no payment before the delivery.
async fn order(buyer: &Client, product: &str) -> String {
    let mut body = order_body("cash_on_delivery");
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    buyer.post("/orders", body).await.expect(201).id()
}

async fn advance(app: &TestApp, order: &str, to: &str) {
    let path = format!("/orders/{order}/status");
    app.admin().await.put(&path, json!({ "status": to })).await.expect(200);
}

/// Has one unit delivered, and returns the order.
async fn buy(app: &TestApp, buyer: &Client, product: &str) -> String {
    let order = order(buyer, product).await;
    for status in ["processing", "shipped", "delivered"] {
        advance(app, &order, status).await;
    }
    order
}

/// A new customer who has the product.
async fn owner(app: &TestApp, product: &str) -> Client {
    let buyer = app.customer().await;
    buy(app, &buyer, product).await;
    buyer
}

fn review(buyer: &Client, product: &str, rating: u8, comment: &str) -> Call {
    let body = json!({ "product_id": product, "rating": rating, "comment": comment });
    buyer.post("/reviews", body)
}

fn moderate(admin: &Client, review: &str, verdict: Value) -> Call {
    admin.put(&format!("/reviews/{review}/moderate"), verdict)
}

/// Rating and number of reviews, as the catalogue shows them.
async fn rated(app: &TestApp, product: &str) -> (String, i64) {
    let shown = app.guest().get(&format!("/products/{product}")).await.expect(200).body;
    let rating = shown["rating"].as_str().unwrap().to_owned();
    (rating, shown["reviews_count"].as_i64().unwrap())
}

/// The reviews of a list, by their comments.
async fn comments(client: &Client, path: &str) -> Vec<Value> {
    let page = client.get(path).await.expect(200).body;
    page["items"].as_array().unwrap().iter().map(|item| item["comment"].clone()).collect()
}
