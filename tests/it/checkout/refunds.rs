//! Cancelling and refunding: everything goes back, once, and never more than was paid.

use serde_json::{Value, json};

use super::{deliver, kept_by_provider};
use crate::support::app::TestApp;
use crate::support::client::{Answer, Client};

/// An order of three units, 1800.00 in all, paid where wanted.
async fn ordered(app: &TestApp, product: &str, paid: bool) -> (Client, String) {
    let buyer = app.customer().await;
    buyer.add_to_cart(product, 3).await;
    let order = buyer.order().await.expect(201).id();
    if paid {
        assert_eq!(buyer.pay(&order, "tok_ok").await.expect(201).body["status"], "completed");
    }
    (buyer, order)
}

async fn cancel(client: &Client, order: &str) -> Answer {
    client.put(&format!("/orders/{order}/cancel"), json!({})).await
}

async fn refund(client: &Client, order: &str, mut what: Value) -> Answer {
    what["reason"] = json!("scratched");
    client.post(&format!("/orders/{order}/refund"), what).await
}

#[tokio::test]
async fn cancelling_a_pending_order_frees_its_goods() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let (buyer, order) = ordered(&app, &product, false).await;
    assert_eq!(app.stock(&product).await, 7);
    assert_eq!(cancel(&buyer, &order).await.expect(200).body["status"], "cancelled");
    assert_eq!(app.stock(&product).await, 10);
    assert_eq!(buyer.order_now(&order).await["payment_status"], "failed");
    cancel(&buyer, &order).await.refused(409, "invalid_transition");
    buyer.pay(&order, "tok_ok").await.refused(409, "invalid_transition");
    assert_eq!(app.stock(&product).await, 10);
    app.finish().await;
}

#[tokio::test]
async fn cancelling_a_paid_order_gives_goods_and_money_back() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let (buyer, order) = ordered(&app, &product, true).await;
    cancel(&buyer, &order).await.expect(200);
    assert_eq!(app.stock(&product).await, 10);
    let payment = app.payment_when(&order, "refunded").await;
    assert_eq!(payment["refunded_amount"], "1800.00");
    let order = buyer.order_now(&order).await;
    assert_eq!(
        (&order["refunded_amount"], &order["amount_due"]),
        (&json!("1800.00"), &json!("0.00"))
    );
    assert_eq!(kept_by_provider(&app).await, "0.00");
    app.finish().await;
}

#[tokio::test]
async fn cancelling_an_order_in_cash_gives_its_goods_back() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 3).await;
    let order = buyer.order_by("cash_on_delivery").await.expect(201).id();
    assert_eq!(cancel(&buyer, &order).await.expect(200).body["status"], "cancelled");
    assert_eq!(app.stock(&product).await, 10);
    assert_eq!(buyer.order_now(&order).await["payment_status"], "failed");
    app.finish().await;
}

#[tokio::test]
async fn what_is_shipped_cannot_be_cancelled_and_what_is_not_delivered_not_refunded() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let (buyer, order) = ordered(&app, &product, true).await;
    let admin = app.admin().await;
    refund(&admin, &order, json!({})).await.refused(409, "invalid_transition");
    for status in ["processing", "shipped"] {
        let path = format!("/orders/{order}");
        admin.patch(&path, json!({ "status": status })).await.expect(200);
    }
    cancel(&buyer, &order).await.refused(409, "invalid_transition");
    admin
        .patch(&format!("/orders/{order}"), json!({ "status": "processing" }))
        .await
        .refused(409, "invalid_transition");
    assert_eq!(app.stock(&product).await, 7);
    app.finish().await;
}

#[tokio::test]
async fn refunds_by_line_by_amount_and_of_the_rest_add_up_to_what_was_paid() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let (buyer, order) = ordered(&app, &product, true).await;
    deliver(&app, &order).await;
    let admin = app.admin().await;
    let line = |units: u32| json!({ "lines": [{ "product_id": product, "quantity": units }] });

    let one = refund(&admin, &order, line(1)).await.expect(200).body;
    assert_eq!((&one["refunded_amount"], &one["status"]), (&json!("100.00"), &json!("delivered")));
    assert_eq!(app.stock(&product).await, 8);
    let two = refund(&admin, &order, json!({ "amount": "50.00" })).await.expect(200).body;
    assert_eq!(two["refunded_amount"], "150.00");
    assert_eq!(app.stock(&product).await, 8);

    let much = refund(&admin, &order, json!({ "amount": "1650.01" })).await;
    assert_eq!(much.refused(422, "refund_exceeds_paid")["available"], "1650.00");
    let many = refund(&admin, &order, line(3)).await;
    assert_eq!(many.refused(422, "refund_exceeds_line")["available"], 2);
    let both = json!({ "amount": "100.01", "lines": line(1)["lines"] });
    refund(&admin, &order, both).await.refused(422, "refund_exceeds_lines");
    let stranger = json!({ "lines": [{ "product_id": order, "quantity": 1 }] });
    refund(&admin, &order, stranger).await.refused(422, "order_line_not_found");

    let rest = refund(&admin, &order, json!({})).await.expect(200).body;
    assert_eq!(
        (&rest["refunded_amount"], &rest["status"]),
        (&json!("1800.00"), &json!("refunded"))
    );
    assert_eq!(app.stock(&product).await, 10);
    let payment = app.payment_when(&order, "refunded").await;
    assert_eq!(payment["refunded_amount"], "1800.00");
    let more = refund(&admin, &order, json!({ "amount": "0.01" })).await;
    assert!([409, 422].contains(&more.status), "{}", more.text);
    assert_eq!(buyer.order_now(&order).await["refunded_amount"], "1800.00");
    assert_eq!(kept_by_provider(&app).await, "0.00");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refunds_at_the_same_time_never_give_back_more_than_was_paid() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let (_, order) = ordered(&app, &product, true).await;
    deliver(&app, &order).await;
    let admin = app.admin().await;
    let answers = futures_util::future::join_all(
        (0..6).map(async |_| refund(&admin, &order, json!({ "amount": "500.00" })).await),
    )
    .await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 3);
    assert!(answers.iter().all(|answer| [200, 422].contains(&answer.status)));
    crate::support::wait::eventually("the money back", async || {
        (kept_by_provider(&app).await == "300.00").then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test]
async fn only_staff_refunds_and_only_the_sellers_of_the_lines() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Kettle", "100.00", 10).await;
    let (buyer, order) = ordered(&app, &product, true).await;
    deliver(&app, &order).await;
    refund(&buyer, &order, json!({})).await.refused(403, "role_not_allowed");
    let other = refund(&app.seller().await, &order, json!({})).await;
    assert!([403, 404].contains(&other.status), "{}", other.text);
    assert_eq!(refund(&seller, &order, json!({})).await.expect(200).body["status"], "refunded");
    app.finish().await;
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_confirmed_at_once_and_can_be_cancelled() {
    let free = "{ price = \"0.00\", min_days = 5, max_days = 7 }";
    let app =
        TestApp::setup().file(&format!("[orders.delivery]\nstandard = {free}\n")).start().await;
    let product = app.product("0.00", 10).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 3).await;
    let order = buyer.order().await.expect(201);
    assert_eq!(
        (&order.body["status"], &order.body["total_amount"]),
        (&json!("confirmed"), &json!("0.00"))
    );
    cancel(&buyer, &order.id()).await.expect(200);
    assert_eq!(app.stock(&product).await, 10);
    assert_eq!(buyer.order_now(&order.id()).await["status"], "cancelled");
    app.finish().await;
}
