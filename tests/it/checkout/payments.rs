//! Paying: with a card that works, one that does not, and one of which nobody hears.

use std::future::IntoFuture;

use futures_util::future::{join, join_all};
use serde_json::json;

use super::kept_by_provider;
use crate::support::app::TestApp;
use crate::support::client::{Client, text};

/// A buyer with an order of 1600.00 that waits for its payment, and the product.
async fn waiting(app: &TestApp) -> (Client, String, String) {
    let product = app.product("100.00", 10).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 1).await;
    let order = buyer.order().await.expect(201).id();
    (buyer, order, product)
}

#[tokio::test]
async fn a_good_card_pays_and_confirms_the_order() {
    let app = TestApp::start().await;
    let (buyer, order, _) = waiting(&app).await;
    let paid = buyer.pay(&order, "tok_ok").await.expect(201);
    assert_eq!(
        (&paid.body["status"], &paid.body["amount"]),
        (&json!("completed"), &json!("1600.00"))
    );
    assert!(text(&paid.body, "transaction_id").starts_with("demo-"));
    assert_eq!(paid.header("location"), format!("/api/v1/payments/{}", paid.id()));
    let shown = buyer.get(&format!("/payments/{}", paid.id())).await.expect(200);
    assert_eq!(shown.body, paid.body);
    let order = buyer.order_now(&order).await;
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&json!("confirmed"), &json!("completed"))
    );
    assert_eq!(kept_by_provider(&app).await, "1600.00");
    app.finish().await;
}

#[tokio::test]
async fn a_declined_card_can_be_replaced_by_another() {
    let app = TestApp::start().await;
    let (buyer, order, product) = waiting(&app).await;
    for token in ["tok_declined", "tok_nobody_knows"] {
        let failed = buyer.pay(&order, token).await.expect(201).body;
        assert_eq!(failed["status"], "failed");
        assert!(failed["failure_reason"].is_string());
        assert_eq!(failed["transaction_id"], json!(null));
        let order = buyer.order_now(&order).await;
        assert_eq!(
            (&order["status"], &order["amount_due"]),
            (&json!("pending"), &json!("1600.00"))
        );
    }
    assert_eq!(app.stock(&product).await, 9);
    buyer.pay(&order, "tok_ok").await.expect(201);
    assert_eq!(buyer.order_now(&order).await["status"], "confirmed");
    let all = buyer.get(&format!("/payments/order/{order}")).await.expect(200).body;
    let all = all["items"].as_array().unwrap();
    assert_eq!(
        all.iter().map(|one| &one["status"]).collect::<Vec<_>>(),
        ["completed", "failed", "failed"]
    );
    assert_eq!(kept_by_provider(&app).await, "1600.00");
    app.finish().await;
}

#[tokio::test]
async fn a_payment_of_which_nobody_hears_is_found_out_without_help() {
    let (app, clock) = TestApp::start_with_clock().await;
    let (buyer, order, _) = waiting(&app).await;
    let silent = buyer.pay(&order, "tok_timeout").await.expect(201).body;
    assert_eq!(silent["status"], "processing");
    buyer.pay(&order, "tok_ok").await.refused(409, "payment_processing");
    // Nobody can say whether there is money to give back.
    buyer
        .put(&format!("/orders/{order}/cancel"), json!({}))
        .await
        .refused(409, "payment_outcome_unknown");

    clock.advance(std::time::Duration::from_secs(6));
    app.payment_when(&order, "completed").await;
    assert_eq!(buyer.order_now(&order).await["status"], "confirmed");
    assert_eq!(kept_by_provider(&app).await, "1600.00");
    app.finish().await;
}

#[tokio::test]
async fn paying_twice_takes_the_money_once() {
    let app = TestApp::start().await;
    let (buyer, order, _) = waiting(&app).await;
    let answers = join_all((0..8).map(|_| buyer.pay(&order, "tok_ok").into_future())).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|one| one.status == 201);
    assert_eq!(done.len(), 1);
    assert!(refused.iter().all(|one| one.status == 409), "{refused:?}");
    buyer.pay(&order, "tok_ok").await.refused(409, "payment_completed");
    assert_eq!(kept_by_provider(&app).await, "1600.00");
    app.finish().await;
}

#[tokio::test]
async fn a_repeated_payment_with_its_key_gets_the_first_answer() {
    let app = TestApp::start().await;
    let (buyer, order, _) = waiting(&app).await;
    let first = buyer.pay(&order, "tok_ok").key("pay").await.expect(201);
    let again = buyer.pay(&order, "tok_ok").key("pay").await.expect(201);
    assert_eq!((&again.body, again.header("idempotent-replayed")), (&first.body, "true"));
    buyer.pay(&order, "tok_declined").key("pay").await.refused(422, "idempotency_key_reused");
    app.finish().await;
}

#[tokio::test]
async fn nobody_pays_for_or_sees_the_order_of_a_stranger() {
    let app = TestApp::start().await;
    let (buyer, order, _) = waiting(&app).await;
    let stranger = app.customer().await;
    stranger.pay(&order, "tok_ok").await.refused(404, "order_not_found");
    stranger.get(&format!("/payments/order/{order}")).await.refused(404, "order_not_found");
    let payment = buyer.pay(&order, "tok_ok").await.expect(201).id();
    stranger.get(&format!("/payments/{payment}")).await.refused(404, "payment_not_found");
    app.admin().await.get(&format!("/payments/{payment}")).await.expect(200);
    let nothing = crate::support::app::any_id().to_string();
    buyer.pay(&nothing, "tok_ok").await.refused(404, "order_not_found");
    app.finish().await;
}

#[tokio::test]
async fn cash_is_paid_at_the_door_and_only_there() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 1).await;
    let order = buyer.order_by("cash_on_delivery").await.expect(201);
    assert_eq!(
        (&order.body["status"], &order.body["payment_status"]),
        (&json!("confirmed"), &json!("pending"))
    );
    let order = order.id();
    buyer.pay(&order, "tok_ok").await.refused(422, "payment_method_mismatch");
    super::deliver(&app, &order).await;
    let delivered = buyer.order_now(&order).await;
    assert_eq!(
        (&delivered["payment_status"], &delivered["amount_due"]),
        (&json!("completed"), &json!("0.00"))
    );
    assert_eq!(kept_by_provider(&app).await, "0.00");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn between_cancelling_and_paying_one_decides_and_the_money_is_right() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 1000).await;
    let orders = 30_u32;
    let outcomes = join_all((0..orders).map(async |_| {
        let buyer = app.customer().await;
        let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
        let (paid, cancelled) = join(
            buyer.pay(&order, "tok_ok").into_future(),
            buyer.put(&format!("/orders/{order}/cancel"), json!({})).into_future(),
        )
        .await;
        assert!([201, 409].contains(&paid.status), "{}", paid.text);
        assert!([200, 409].contains(&cancelled.status), "{}", cancelled.text);
        assert!(paid.status == 201 || cancelled.status == 200, "somebody wins");
        (order, paid.status, cancelled.status)
    }))
    .await;
    let mut kept = 0;
    for (order, paid, cancelled) in outcomes {
        if cancelled == 200 {
            // Paid before: the money goes back. Otherwise none was taken.
            let settled = if paid == 201 { "refunded" } else { "failed" };
            app.order_when(&order, "the money back", |order| order["payment_status"] == settled)
                .await;
            let status = app.admin().await.order_now(&order).await["status"].clone();
            assert!(status == "cancelled" || status == "refunded", "{status}");
        } else {
            kept += 1;
            assert_eq!(app.admin().await.order_now(&order).await["status"], "confirmed");
        }
    }
    assert_eq!(app.stock(&product).await, 1000 - kept);
    assert_eq!(kept_by_provider(&app).await, format!("{}.00", kept * 1600));
    app.finish().await;
}
