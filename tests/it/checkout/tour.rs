//! One purchase as a buyer sees it.

use ledgerline::demo;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::client::text;

#[tokio::test]
async fn a_buyer_finds_orders_pays_and_receives() {
    let app = TestApp::start().await;
    demo::load(&app.server.state).await.unwrap();
    let (buyer, _) = app.registered("buyer@example.com", "customer").await;

    let found = buyer.find("/products", &[("q", "мышь")]).await.expect(200).body;
    let mouse = found["items"][0].clone();
    let product = text(&mouse, "id");
    let stock = app.stock(&product).await;

    let cart = buyer.add_to_cart(&product, 2).await;
    assert_eq!(cart["items"][0]["product"]["name"], mouse["name"]);
    assert_eq!(cart["items"][0]["available"], true);

    let placed = buyer.order().await.expect(201);
    let id = placed.id();
    assert_eq!(placed.header("location"), format!("/api/v1/orders/{id}"));
    assert_eq!(placed.body["status"], "pending");
    assert_eq!(placed.body["delivery_cost"], "1500.00");
    assert_eq!(placed.body["amount_due"], placed.body["total_amount"]);
    assert_eq!(app.stock(&product).await, stock - 2);
    assert_eq!(buyer.get("/cart").await.expect(200).body["items"], json!([]));

    let payment = buyer.pay(&id, "tok_ok").await.expect(201).body;
    assert_eq!(payment["status"], "completed");
    assert_eq!(payment["amount"], placed.body["total_amount"]);
    let order = buyer.order_now(&id).await;
    assert_eq!((&order["status"], &order["amount_due"]), (&json!("confirmed"), &json!("0.00")));

    let seller = app.login_with("seller@demo.example", "demo-seller").await;
    let seller = app.guest().with_token(&text(&seller, "access_token"), seller_id(&seller));
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{id}/status");
        seller.put(&path, json!({ "status": status })).await.expect(200);
    }
    let order = buyer.order_now(&id).await;
    let statuses: Vec<_> =
        order["history"].as_array().unwrap().iter().map(|entry| text(entry, "status")).collect();
    assert_eq!(statuses, ["pending", "confirmed", "processing", "shipped", "delivered"]);
    assert!(text(&order, "tracking_number").starts_with("LL"));
    assert_eq!(buyer.get("/orders").await.expect(200).body["items"][0], order);
    assert_eq!(app.stock(&product).await, stock - 2);
    app.finish().await;
}

fn seller_id(login: &Value) -> Uuid {
    text(&login["user"], "id").parse().unwrap()
}

#[tokio::test]
async fn an_order_takes_the_price_of_the_moment_and_keeps_it() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "100.00", 5).await;
    let path = format!("/products/{product}");
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 1).await;

    seller.patch(&path, json!({ "price": "120.50" })).await.expect(200);
    let cart = buyer.get("/cart").await.expect(200).body;
    assert_eq!(cart["items"][0]["price_changed"], true);
    assert_eq!(cart["total"], "120.50");
    let order = buyer.order().await.expect(201);
    assert_eq!(order.body["total_amount"], "1620.50");

    seller.patch(&path, json!({ "price": "1.00", "name": "Bulb" })).await.expect(200);
    let line = buyer.order_now(&order.id()).await["items"][0].clone();
    assert_eq!((&line["price"], &line["name"]), (&json!("120.50"), &json!("Lamp")));

    seller.delete(&path).await.expect(204);
    buyer
        .post("/cart/items", json!({ "product_id": product }))
        .await
        .refused(404, "product_not_found");
    assert_eq!(buyer.order_now(&order.id()).await["items"][0]["name"], "Lamp");
    app.finish().await;
}

#[tokio::test]
async fn a_guests_cart_becomes_the_users_at_login() {
    let app = TestApp::start().await;
    let (first, second) = (app.product("10.00", 10).await, app.product("20.00", 10).await);
    let (user, _) = app.registered("guest@example.com", "customer").await;
    user.add_to_cart(&first, 1).await;

    let guest = app.guest();
    let added = guest.post("/cart/items", json!({ "product_id": second, "quantity": 3 }));
    let session = added.await.expect(201).header("x-session-id").to_owned();
    assert!(!session.is_empty());
    let body = json!({ "email": "guest@example.com", "password": crate::support::app::PASSWORD });
    guest.post("/auth/login", body).header("X-Session-Id", &session).await.expect(200);

    let cart = user.get("/cart").await.expect(200).body;
    assert_eq!(cart["total"], "70.00");
    let left = guest.get("/cart").header("X-Session-Id", &session).await.expect(200).body;
    assert_eq!(left["items"], json!([]));
    app.finish().await;
}
