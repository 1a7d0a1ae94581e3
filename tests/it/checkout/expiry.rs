//! Holds run out: goods that nobody pays for go back on sale.

use std::time::Duration;

use serde_json::json;

use super::kept_by_provider;
use crate::support::app::TestApp;

const PAST_THE_HOLD: Duration = Duration::from_mins(16);

#[tokio::test]
async fn an_order_that_nobody_pays_is_cancelled_and_its_goods_are_free_again() {
    let (app, clock) = TestApp::start_with_clock().await;
    let product = app.product("100.00", 5).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 5).await;
    let order = buyer.order().await.expect(201);
    assert!(order.body["expires_at"].is_string());
    let order = order.id();
    app.customer()
        .await
        .post("/cart/items", json!({ "product_id": product }))
        .await
        .refused(409, "insufficient_stock");

    clock.advance(Duration::from_mins(14));
    assert_eq!(app.admin().await.order_now(&order).await["status"], "pending");
    clock.advance(Duration::from_mins(2));
    let expired =
        app.order_when(&order, "the end of the hold", |order| order["status"] == "cancelled").await;
    assert_eq!(expired["history"][1]["by"], "system");
    assert_eq!(expired["payment_status"], "failed");
    assert_eq!((&expired["expires_at"], &expired["amount_due"]), (&json!(null), &json!("0.00")));
    assert_eq!(app.stock(&product).await, 5);
    app.customer().await.add_to_cart(&product, 5).await;
    app.finish().await;
}

#[tokio::test]
async fn an_expired_order_cannot_be_paid() {
    let (app, clock) = TestApp::start_with_clock().await;
    let product = app.product("100.00", 5).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 1).await;
    let order = buyer.order().await.expect(201).id();
    clock.advance(PAST_THE_HOLD);
    // Whether or not the checkout process was faster.
    let late = app.renewed(&buyer).pay(&order, "tok_ok").await.expect(409);
    let code = late.body["code"].as_str().unwrap();
    assert!(["order_expired", "invalid_transition"].contains(&code), "{code}");
    app.order_when(&order, "the end of the hold", |order| order["status"] == "cancelled").await;
    app.renewed(&buyer).pay(&order, "tok_ok").await.refused(409, "invalid_transition");
    assert_eq!(kept_by_provider(&app).await, "0.00");
    app.finish().await;
}

#[tokio::test]
async fn a_paid_order_does_not_expire() {
    let (app, clock) = TestApp::start_with_clock().await;
    let product = app.product("100.00", 5).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 1).await;
    let paid = buyer.order().await.expect(201).id();
    buyer.pay(&paid, "tok_ok").await.expect(201);
    buyer.add_to_cart(&product, 1).await;
    let unpaid = buyer.order().await.expect(201).id();
    clock.advance(PAST_THE_HOLD);
    // Both holds began together: when the one has ended, the other would have.
    app.order_when(&unpaid, "the end of the hold", |order| order["status"] == "cancelled").await;
    assert_eq!(app.admin().await.order_now(&paid).await["status"], "confirmed");
    assert_eq!(app.stock(&product).await, 4);
    app.finish().await;
}

#[tokio::test]
async fn money_that_arrives_although_nobody_answered_saves_the_order_from_expiring() {
    let (app, clock) = TestApp::start_with_clock().await;
    let product = app.product("100.00", 5).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 1).await;
    let order = buyer.order().await.expect(201).id();
    assert_eq!(buyer.pay(&order, "tok_timeout").await.expect(201).body["status"], "processing");
    clock.advance(PAST_THE_HOLD);
    app.order_when(&order, "the money", |order| order["status"] == "confirmed").await;
    assert_eq!(kept_by_provider(&app).await, "1600.00");
    app.finish().await;
}
