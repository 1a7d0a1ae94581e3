//! Orders of several sellers: each sends their own part, sees nothing of the others', and the order is as
//! far as the last of them.

mod access;
mod consequences;
mod steps;

use crate::support::app::TestApp;
use crate::support::client::{Answer, Client, text};
use serde_json::{Value, json};

/// An order with a lamp of one seller and a chair of another, paid for.
struct Scene {
    app: TestApp,
    one: Client,
    other: Client,
    buyer: Client,
    lamp: String,
    chair: String,
    order: String,
}

impl Scene {
    async fn set() -> Self {
        let app = TestApp::start().await;
        let (one, other, buyer) = (app.seller().await, app.seller().await, app.customer().await);
        let lamp = app.product_of(&one, "Lamp", "10.00", 100).await;
        let chair = app.product_of(&other, "Chair", "20.00", 100).await;
        let order = String::new();
        let mut scene = Self { app, one, other, buyer, lamp, chair, order };
        scene.order = scene.another_order().await;
        scene
    }

    async fn another_order(&self) -> String {
        let lines = [(self.lamp.as_str(), 2), (self.chair.as_str(), 1)];
        let order = self.buyer.order_items(&lines).await.expect(201).id();
        self.buyer.pay(&order, "tok_ok").await.expect(201);
        order
    }

    /// Asks for the next step of the order.
    async fn moved(&self, by: &Client, status: &str) -> Answer {
        self.asked(by, json!({ "status": status })).await
    }

    async fn asked(&self, by: &Client, body: Value) -> Answer {
        by.put(&format!("/orders/{}/status", self.order), body).await
    }

    /// The order as its buyer sees it.
    async fn shown(&self) -> Value {
        self.buyer.order_now(&self.order).await
    }

    /// The status of the order, and of both parts.
    async fn statuses(&self) -> [String; 3] {
        let order = self.shown().await;
        let of = |seller: &Client| text(&part(&order, seller), "status");
        [text(&order, "status"), of(&self.one), of(&self.other)]
    }
}

/// What a seller sends of an order.
fn part(order: &Value, seller: &Client) -> Value {
    let parts = order["fulfilments"].as_array().unwrap();
    let part = parts.iter().find(|part| part["seller_id"] == json!(seller.id));
    part.unwrap_or_else(|| panic!("no part of {}: {order}", seller.id)).clone()
}
