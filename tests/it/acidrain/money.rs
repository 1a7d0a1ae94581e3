//! Paying and refunding: money moves once, however often somebody asks.

use std::collections::BTreeMap;

use serde_json::json;

use super::{CROWD, at_once, card, count, delivered, kept_by_provider, on_card, order, start};
use crate::support::app::TestApp;
use crate::support::wait::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_a_thousand_requests_pay_is_paid_once() {
    let (app, _turn) = start().await;
    let product = app.product("1000.00", 10).await;
    let buyer = app.customer().await;
    let placed = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    let answers = at_once((0..CROWD).map(|_| buyer.pay(&placed, "tok_ok")).collect()).await;
    assert_eq!(count(&answers, 201), 1);
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        let refused = refused.expect(409);
        let code = refused.body["code"].as_str().unwrap_or_default();
        assert!(["payment_processing", "payment_completed"].contains(&code), "{}", refused.text);
    }
    assert_eq!(kept_by_provider(&app).await, "2500.00");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_under_which_a_thousand_orders_are_paid_pays_one_of_them() {
    let (app, _turn) = start().await;
    let product = app.product("1000.00", 5_000).await;
    let buyer = app.customer().await;
    let placed = (0..CROWD).map(|_| order(&buyer, &product, 1, &json!({}))).collect();
    let orders: Vec<_> =
        at_once(placed).await.into_iter().map(|answer| answer.expect(201).id()).collect();
    let paying = orders.iter().map(|order| buyer.pay(order, "tok_ok").key("one"));
    let answers = at_once(paying.collect()).await;
    let paid: Vec<_> = answers.iter().filter(|answer| answer.status == 201).cloned().collect();
    assert_eq!(paid.len(), 1);
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        refused.refused(422, "idempotency_key_reused");
    }
    assert_eq!(kept_by_provider(&app).await, "2500.00");
    // Said again, it is the same payment; and the key belongs to that request for good.
    let order = paid[0].body["order_id"].as_str().unwrap();
    let again = buyer.pay(order, "tok_ok").key("one").await.expect(201);
    assert_eq!((&again.text, again.header("idempotent-replayed")), (&paid[0].text, "true"));
    let other = orders.iter().find(|other| *other != order).unwrap();
    buyer.pay(other, "tok_ok").key("one").await.refused(422, "idempotency_key_reused");
    buyer.order().key("one").await.refused(422, "idempotency_key_reused");
    buyer.pay(other, "tok_ok").key("two").await.expect(201);
    assert_eq!(kept_by_provider(&app).await, "5000.00");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_taken_while_its_payment_is_under_way() {
    let (app, _turn) = start().await;
    let product = app.product("1000.00", 10).await;
    let buyer = app.customer().await;
    let slow = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    let other = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    let paying = tokio::spawn({
        let (buyer, slow) = (buyer.clone(), slow.clone());
        async move { buyer.pay(&slow, "tok_slow").key("one").await }
    });
    app.payment_when(&slow, "processing").await;
    buyer.pay(&other, "tok_ok").key("one").await.refused(422, "idempotency_key_reused");
    buyer.pay(&slow, "tok_slow").key("one").await.refused(409, "payment_processing");
    let paid = paying.await.unwrap().expect(201);
    assert_eq!(buyer.pay(&slow, "tok_slow").key("one").await.expect(201).text, paid.text);
    assert_eq!(kept_by_provider(&app).await, "2500.00");
    assert_eq!(buyer.order_now(&other).await["status"], "pending");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_payment_is_answered_again_under_its_key_and_tried_again_under_another() {
    let (app, _turn) = start().await;
    let product = app.product("1000.00", 10).await;
    let buyer = app.customer().await;
    let placed = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    let declined = buyer.pay(&placed, "tok_declined").key("one").await.expect(201);
    assert_eq!(declined.body["status"], "failed");
    let again = buyer.pay(&placed, "tok_declined").key("one").await.expect(201);
    assert_eq!((&again.text, again.header("idempotent-replayed")), (&declined.text, "true"));
    let paid = buyer.pay(&placed, "tok_ok").key("two").await.expect(201);
    assert_eq!(paid.body["status"], "completed");
    assert_eq!(buyer.pay(&placed, "tok_declined").key("one").await.expect(201).text, declined.text);
    assert_eq!(kept_by_provider(&app).await, "2500.00");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_refunded_a_thousand_times_goes_back_once() {
    let (app, _turn) = start().await;
    let product = app.product("1000.00", 10).await;
    let (buyer, admin) = (app.customer().await, app.admin().await);
    let refunded = delivered(&app, &buyer, &product).await;
    assert_eq!(kept_by_provider(&app).await, "2500.00");
    let path = format!("/orders/{refunded}/refund");
    let calls = (0..CROWD).map(|_| admin.post(&path, json!({ "reason": "any" })));
    let answers = at_once(calls.collect()).await;
    assert_eq!(count(&answers, 200), 1);
    super::others_refused(answers, 200, 409, "invalid_transition");
    gone_back(&app, "0.00").await;
    assert_eq!(app.stock(&product).await, 10);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_partial_refunds_give_back_no_more_than_was_paid() {
    let (app, _turn) = start().await;
    let product = app.product("1000.00", 10).await;
    let code = card(&app, "300.00").await;
    let (buyer, admin) = (app.customer().await, app.admin().await);
    let with = json!({ "gift_card_code": code });
    let placed = order(&buyer, &product, 1, &with).await.expect(201).id();
    buyer.pay(&placed, "tok_ok").await.expect(201);
    super::deliver(&app, &placed).await;
    assert_eq!(kept_by_provider(&app).await, "2200.00");
    let path = format!("/orders/{placed}/refund");
    // Twenty times 120.00 are 2400.00 of 2500.00.
    let calls = (0..CROWD).map(|_| admin.post(&path, json!({ "reason": "any", "amount": 120 })));
    let answers = at_once(calls.collect()).await;
    let mut outcomes = BTreeMap::<u16, usize>::new();
    for answer in answers {
        *outcomes.entry(answer.status).or_default() += 1;
        if answer.status != 200 {
            let said = answer.refused(422, "refund_exceeds_paid");
            assert_eq!(said["available"], "100.00");
        }
    }
    assert_eq!(outcomes, BTreeMap::from([(200, 20), (422, CROWD - 20)]));
    // Money first, then the card.
    gone_back(&app, "0.00").await;
    assert_eq!(on_card(&app, &code).await.0, "200.00");
    app.finish().await;
}

/// Money goes back after the answer, by the provider.
async fn gone_back(app: &TestApp, kept: &str) {
    eventually("the money back", async || (kept_by_provider(app).await == kept).then_some(()))
        .await;
}
