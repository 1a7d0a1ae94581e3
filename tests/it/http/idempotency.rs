//! A command that is sent again under its key happens once, whatever it is.

use std::future::IntoFuture;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{Answer, Call};

/// Sends it twice, and checks that the second answer is the first.
async fn twice(call: impl Fn() -> Call) -> Answer {
    let first = call().key("once").await;
    let second = call().key("once").await;
    assert!(first.status < 300, "{}", first.text);
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.header("etag"), first.header("etag"));
    assert_eq!(second.header("location"), first.header("location"));
    first
}

#[tokio::test]
async fn products_and_stock_change_once() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let lamp = json!({ "name": "Lamp", "price": "1.00", "quantity": 5 });
    let id = twice(|| seller.post("/products", &lamp)).await.id();
    let found = app.guest().get("/products").await.expect(200).body;
    assert_eq!(found["total"], 1);
    let more = json!({ "delta": 2, "reason": "found two" });
    let path = format!("/products/{id}/stock");
    // The same key under another path is another request.
    seller.put(&path, &more).key("once").await.refused(422, "idempotency_key_reused");
    seller.put(&path, &more).key("more").await.expect(200);
    let again = seller.put(&path, &more).key("more").await.expect(200);
    assert_eq!(again.body["quantity"], 7);
    assert_eq!(app.stock(&id).await, 7);
    seller.delete(&format!("/products/{id}")).key("gone").await.expect(204);
    seller.delete(&format!("/products/{id}")).key("gone").await.expect(204);
    seller.delete(&format!("/products/{id}")).await.refused(404, "product_not_found");
    app.finish().await;
}

#[tokio::test]
async fn carts_change_once_also_for_guests() {
    let app = TestApp::start().await;
    let product = app.product("1.00", 100).await;
    let line = json!({ "product_id": product, "quantity": 3 });
    let user = app.customer().await;
    twice(|| user.post("/cart/items", &line)).await;
    assert_eq!(user.get("/cart").await.expect(200).body["items"][0]["quantity"], 3);
    let (guest, session) = (app.guest(), crate::support::app::any_id().to_string());
    twice(|| guest.post("/cart", &line).header("X-Session-Id", &session)).await;
    let cart = guest.get("/cart").header("X-Session-Id", &session).await.expect(200).body;
    assert_eq!(cart["items"][0]["quantity"], 3);
    app.finish().await;
}

#[tokio::test]
async fn an_account_is_registered_once_and_its_answer_holds_nothing_that_was_erased() {
    let app = TestApp::start().await;
    let guest = app.guest();
    let body = json!({ "email": "once@example.com", "password": PASSWORD });
    twice(|| guest.post("/auth/register", &body)).await;
    let another = json!({ "email": "other@example.com", "password": PASSWORD });
    guest.post("/auth/register", another).key("once").await.refused(422, "idempotency_key_reused");
    guest.post("/auth/register", &body).await.refused(409, "email_taken");
    app.finish().await;
}

#[tokio::test]
async fn orders_are_cancelled_and_refunded_once() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let buyer = app.customer().await;
    let order = buyer.order_items(&[(&product, 2)]).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{order}/status");
        app.admin().await.put(&path, json!({ "status": status })).await.expect(200);
    }
    let admin = app.admin().await;
    let part = json!({ "amount": "50.00", "reason": "scratched" });
    let refund = || admin.post(&format!("/orders/{order}/refund"), &part).key("part");
    let mut first = refund().await.expect(200).body;
    let second = refund().await.expect(200);
    assert_eq!(second.header("idempotent-replayed"), "true");
    // Under the key of somebody else nothing is recorded that the buyer may want erased.
    first["delivery_address"] = json!(null);
    first["phone"] = json!(null);
    assert_eq!(second.body, first);
    assert_eq!(buyer.order_now(&order).await["refunded_amount"], "50.00");

    let other = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    twice(|| buyer.put(&format!("/orders/{other}/cancel"), json!({}))).await;
    assert_eq!(app.stock(&product).await, 8);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_one_cart_at_the_same_time_all_count() {
    let app = TestApp::start().await;
    let product = app.product("1.00", 100).await;
    let user = app.customer().await;
    let line = json!({ "product_id": product, "quantity": 1 });
    let answers = join_all((0..50).map(|_| user.post("/cart/items", &line).into_future())).await;
    for answer in answers {
        answer.expect(201);
    }
    let cart: Value = user.get("/cart").await.expect(200).body;
    assert_eq!(cart["items"][0]["quantity"], 50);
    app.finish().await;
}

#[tokio::test]
async fn the_version_of_a_cart_or_an_order_is_its_tag() {
    let app = TestApp::start().await;
    let product = app.product("1.00", 100).await;
    let user = app.customer().await;
    let line = json!({ "product_id": product, "quantity": 1 });
    let first = user.post("/cart/items", &line).await.expect(201);
    assert_eq!(first.header("etag"), format!("\"{}\"", first.body["version"]));
    user.post("/cart/items", &line).await.expect(201);
    let stale = user.delete("/cart").header("If-Match", first.header("etag"));
    stale.await.refused(412, "version_mismatch");
    let order = user.order().await.expect(201);
    user.pay(&order.id(), "tok_declined").await.expect(201);
    user.pay(&order.id(), "tok_ok").await.expect(201);
    let shown = user.get(&format!("/orders/{}", order.id())).await.expect(200);
    assert_eq!(shown.header("etag"), format!("\"{}\"", shown.body["version"]));
    let path = format!("/api/v1/orders/{}/cancel", order.id());
    let cancel = |tag: &str| user.call(Method::PUT, &path).header("If-Match", tag);
    cancel(order.header("etag")).await.refused(412, "version_mismatch");
    cancel(shown.header("etag")).await.expect(200);
    app.finish().await;
}

/// Nothing that follows the log gets on until it is dropped.
async fn hold_the_read_models(app: &TestApp) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut tx = app.pool().await.begin().await.unwrap();
    sqlx::query("LOCK TABLE checkpoints IN EXCLUSIVE MODE").execute(&mut *tx).await.unwrap();
    tx
}

#[tokio::test]
async fn a_replay_waits_for_the_read_models_like_the_command_itself() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let lamp = json!({ "name": "Lamp", "price": "1.00", "quantity": 5 });
    let make = || seller.post("/products", &lamp).key("once");
    let held = hold_the_read_models(&app).await;
    let id = make().header("Prefer", "respond-async").await.expect(201).id();
    let early = make().header("Prefer", "respond-async").await.expect(201);
    assert_eq!(early.header("idempotent-replayed"), "true");
    assert_eq!(early.header("ledgerline-projected"), "false", "it is not shown yet");
    held.rollback().await.unwrap();
    let late = make().await.expect(201);
    assert_eq!((late.header("idempotent-replayed"), late.id()), ("true", id.clone()));
    assert_eq!(late.header("ledgerline-projected"), "");
    app.guest().get(&format!("/products/{id}")).await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn who_pays_at_a_provider_that_does_not_answer_waits_for_the_read_models_too() {
    let app = TestApp::start().await;
    let buyer = app.customer().await;
    let product = app.product("1.00", 5).await;
    buyer.add_to_cart(&product, 1).await;
    let order = buyer.order().await.expect(201).id();
    let card = json!({ "amount": "1500.00", "card_token": "tok_timeout" });
    for call in [buyer.pay(&order, "tok_timeout"), buyer.post("/giftcards/create", &card)] {
        let answer = call.await.expect(201);
        assert_ne!(answer.header("ledgerline-position"), "", "what to wait for: {}", answer.text);
    }
    app.finish().await;
}
