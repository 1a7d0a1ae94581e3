//! One order paid with everything, and what comes back of it.

use super::{balance, card, deliver, earn, finish, points_of, promo};
use crate::support::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn an_order_takes_a_promotion_points_and_a_card_in_this_order() {
    let app = TestApp::start().await;
    let buyer = app.customer().await;
    earn(&app, &buyer, 500).await;
    let (_, code) = card(&app, "300.00").await;
    promo(&app, "TEN", json!({ "kind": "percent", "value": 10 })).await;
    let product = app.product("333.33", 10).await;
    buyer.add_to_cart(&product, 3).await;
    buyer.post("/promos/apply", json!({ "code": "ten" })).await.expect(200);
    buyer.post("/loyalty/redeem", json!({ "points": 449 })).await.expect(200);
    let cart = buyer.post("/giftcards/redeem", json!({ "code": code })).await.expect(200).body;

    // 999.99 less 10 % is 899.99 + 0.01 that the rounding keeps; half of it is 449 whole points.
    assert_eq!((&cart["subtotal"], &cart["discount"]), (&json!("999.99"), &json!("99.99")));
    assert_eq!((&cart["total"], &cart["points"]["used"]), (&json!("900.00"), &json!(449)));
    assert_eq!(cart["gift_card"]["amount"], "300.00");
    assert_eq!(cart["amount_due"], "151.00");
    assert_eq!(buyer.get("/cart").await.expect(200).body, cart, "a query answers alike");

    let order = buyer.order().await.expect(201).body;
    assert_eq!((&order["subtotal"], &order["discount"]), (&json!("999.99"), &json!("99.99")));
    assert_eq!((&order["promo_code"], &order["points_used"]), (&json!("TEN"), &json!(449)));
    assert_eq!(
        (&order["gift_card_amount"], &order["total_amount"]),
        (&json!("300.00"), &json!("2400.00"))
    );
    assert_eq!(order["amount_due"], "1651.00");
    let id = order["id"].as_str().unwrap();
    assert_eq!(balance(&app, &code).await["held"], "300.00");
    assert_eq!(points_of(&app, &buyer).await["held_points"], 449);

    let paid = buyer.pay(id, "tok_ok").await.expect(201).body;
    assert_eq!(paid["amount"], "1651.00");
    let order = buyer.order_now(id).await;
    assert_eq!((&order["status"], &order["amount_due"]), (&json!("confirmed"), &json!("0.00")));
    // 1 % of the 451.00 that were not paid with points.
    assert_eq!(order["points_earned"], 4);
    assert_eq!(balance(&app, &code).await["status"], "used");
    let points = points_of(&app, &buyer).await;
    assert_eq!((&points["points"], &points["pending_points"]), (&json!(51), &json!(4)));
    finish(app).await;
}

#[tokio::test]
async fn a_refund_gives_money_back_first_then_the_card_then_points() {
    let app = TestApp::start().await;
    let buyer = app.customer().await;
    earn(&app, &buyer, 300).await;
    let (_, code) = card(&app, "2000.00").await;
    let product = app.product("500.00", 10).await;
    buyer.add_to_cart(&product, 2).await;
    buyer.post("/loyalty/redeem", json!({ "points": 300 })).await.expect(200);
    buyer.post("/giftcards/redeem", json!({ "code": code, "amount": 1900 })).await.expect(200);
    // 1000.00 and 1500.00 of delivery: 300 points, 1900.00 of the card, 300.00 of money.
    let order = buyer.order().await.expect(201).body;
    assert_eq!(order["amount_due"], "300.00");
    let id = order["id"].as_str().unwrap().to_owned();
    buyer.pay(&id, "tok_ok").await.expect(201);
    deliver(&app, &id).await;

    let admin = app.admin().await;
    let path = format!("/orders/{id}/refund");
    let one = json!({ "lines": [{ "product_id": product, "quantity": 1 }], "reason": "broken" });
    admin.post(&path, &one).await.expect(200);
    let payment = app.payment_when(&id, "refunded").await;
    assert_eq!(payment["refunded_amount"], "300.00");
    assert_eq!(balance(&app, &code).await["balance"], "300.00");
    // The order earned 7; with a fifth of it 2 have gone again, for 5.6 are 5 points.
    assert_eq!(points_of(&app, &buyer).await["points"], 5);

    let rest = admin.post(&path, json!({ "reason": "all of it" })).await.expect(200).body;
    assert_eq!(
        (&rest["status"], &rest["refunded_amount"]),
        (&json!("refunded"), &json!("2500.00"))
    );
    assert_eq!(balance(&app, &code).await["balance"], "2000.00");
    let points = points_of(&app, &buyer).await;
    assert_eq!(
        points["points"], 300,
        "those that were spent are back, those that were earned gone"
    );
    admin.post(&path, json!({ "reason": "more" })).await.refused(409, "invalid_transition");
    finish(app).await;
}

#[tokio::test]
async fn a_cancelled_order_gives_everything_back_and_its_promotion_can_be_used_again() {
    let app = TestApp::start().await;
    let buyer = app.customer().await;
    earn(&app, &buyer, 100).await;
    let (_, code) = card(&app, "5000.00").await;
    promo(&app, "ONCE", json!({ "kind": "fixed", "value": "50", "usage_limit_per_user": 1 })).await;
    let product = app.product("400.00", 10).await;
    let with = json!({ "promo_code": "once", "gift_card_code": code, "points": 100 });
    for round in 0..2 {
        // Nothing is left to pay: the order is confirmed at once.
        let order = super::order_with(&buyer, &product, &with).await.expect(201).body;
        assert_eq!(order["status"], "confirmed", "round {round}");
        assert_eq!((&order["discount"], &order["amount_due"]), (&json!("50.00"), &json!("0.00")));
        assert_eq!(balance(&app, &code).await["balance"], "3250.00");
        let path = format!("/orders/{}/cancel", order["id"].as_str().unwrap());
        buyer.put(&path, json!({})).await.expect(200);
        assert_eq!(balance(&app, &code).await["balance"], "5000.00");
        assert_eq!(points_of(&app, &buyer).await["points"], 100);
        assert_eq!(points_of(&app, &buyer).await["pending_points"], 0);
    }
    finish(app).await;
}

#[tokio::test]
async fn an_order_that_waits_for_its_money_can_be_paid_with_a_card() {
    let app = TestApp::start().await;
    let (_, code) = card(&app, "4000.00").await;
    let product = app.product("2000.00", 10).await;
    let (buyer, stranger) = (app.customer().await, app.customer().await);
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    let pay = |amount: &str| json!({ "code": code, "order_id": order, "amount": amount });
    stranger.post("/giftcards/redeem", pay("500")).await.refused(404, "order_not_found");
    buyer.post("/giftcards/redeem", pay("4000.01")).await.refused(422, "more_than_due");
    let part = buyer.post("/giftcards/redeem", pay("500")).await.expect(200).body;
    assert_eq!((&part["status"], &part["amount_due"]), (&json!("pending"), &json!("3000.00")));
    buyer.post("/giftcards/redeem", pay("500")).await.refused(409, "gift_card_already_applied");
    assert_eq!(buyer.pay(&order, "tok_ok").await.expect(201).body["amount"], "3000.00");

    let whole = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    let all = json!({ "code": code, "order_id": whole });
    let paid = buyer.post("/giftcards/redeem", all).await.expect(200).body;
    assert_eq!((&paid["status"], &paid["amount_due"]), (&json!("confirmed"), &json!("0.00")));
    assert_eq!(balance(&app, &code).await["status"], "used");
    finish(app).await;
}

#[tokio::test]
async fn more_points_than_half_of_the_goods_are_refused() {
    let app = TestApp::start().await;
    let buyer = app.customer().await;
    earn(&app, &buyer, 1000).await;
    let product = app.product("999.00", 10).await;
    buyer.add_to_cart(&product, 1).await;
    let refused = buyer.post("/loyalty/redeem", json!({ "points": 500 })).await;
    assert_eq!(refused.refused(422, "points_limit")["most"], 499);
    let refused = buyer.post("/loyalty/redeem", json!({ "points": 1001 })).await;
    assert_eq!(refused.refused(409, "insufficient_points")["available"], 1000);
    buyer.post("/loyalty/redeem", json!({ "points": 499 })).await.expect(200);
    let with = json!({ "points": 500 });
    super::order_with(&buyer, &product, &with).await.refused(422, "points_limit");
    buyer.delete("/cart/points").await.expect(200);
    let order = buyer.order().await.expect(201).body;
    assert_eq!(order["points_used"], 0);
    finish(app).await;
}

#[tokio::test]
async fn an_order_that_was_cancelled_before_anybody_paid_has_nothing_to_give_back() {
    let app = TestApp::start().await;
    let buyer = app.customer().await;
    earn(&app, &buyer, 100).await;
    let (_, code) = card(&app, "500.00").await;
    let product = app.product("400.00", 10).await;
    let with = json!({ "gift_card_code": code, "points": 100 });
    let order = super::order_with(&buyer, &product, &with).await.expect(201).id();
    buyer.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
    let path = format!("/orders/{order}/refund");
    for amount in ["0.50", "100.00", "500.00"] {
        let refund = json!({ "amount": amount, "reason": "any" });
        app.admin().await.post(&path, refund).await.refused(409, "invalid_transition");
    }
    assert_eq!(balance(&app, &code).await["balance"], "500.00");
    assert_eq!(points_of(&app, &buyer).await["points"], 100);
    finish(app).await;
}
