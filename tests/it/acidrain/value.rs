//! Vouchers, gift cards, points and stock: a thousand who want what is there for a few.

use serde_json::json;

use super::{
    CROWD, at_once, card, count, crowd, delivered, kept_by_provider, on_card, order,
    others_refused, promo, start,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voucher_for_seven_is_used_by_seven_of_a_thousand() {
    let (app, _turn) = start().await;
    promo(&app, "SEVEN", json!({ "kind": "fixed", "value": 100, "usage_limit": 7 })).await;
    let product = app.product("1000.00", 5_000).await;
    let buyers = crowd(&app, CROWD).await;
    let with = json!({ "promo_code": "SEVEN" });
    let orders = buyers.iter().map(|one| order(one, &product, 1, &with)).collect();
    let answers = at_once(orders).await;
    assert_eq!(count(&answers, 201), 7);
    for answer in answers.iter().filter(|answer| answer.status == 201) {
        assert_eq!(answer.body["discount"], "100.00");
    }
    others_refused(answers, 201, 409, "promo_limit_reached");
    assert_eq!(app.stock(&product).await, 4_993);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voucher_for_each_customer_once_is_used_once_by_a_thousand_requests() {
    let (app, _turn) = start().await;
    promo(&app, "ONCE", json!({ "kind": "fixed", "value": 100, "usage_limit_per_user": 1 })).await;
    let product = app.product("1000.00", 5_000).await;
    let buyer = app.customer().await;
    let with = json!({ "promo_code": "ONCE" });
    let answers = at_once((0..CROWD).map(|_| order(&buyer, &product, 1, &with)).collect()).await;
    assert_eq!(count(&answers, 201), 1);
    others_refused(answers, 201, 409, "promo_limit_reached_for_user");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_card_that_a_thousand_spend_pays_what_is_on_it_to_the_last_minor_unit() {
    let (app, _turn) = start().await;
    // Seven orders of 2500.00, and a part of an eighth.
    let code = card(&app, "17500.01").await;
    let product = app.product("1000.00", 5_000).await;
    let buyers = crowd(&app, CROWD).await;
    let with = json!({ "gift_card_code": code });
    let orders = buyers.iter().map(|one| order(one, &product, 1, &with)).collect();
    let answers = at_once(orders).await;
    let mut paid: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    paid.sort_by_key(|answer| super::minor(&answer.body, "gift_card_amount"));
    let amounts: Vec<_> =
        paid.iter().map(|answer| super::minor(&answer.body, "gift_card_amount")).collect();
    assert_eq!(amounts, [1, 250_000, 250_000, 250_000, 250_000, 250_000, 250_000, 250_000]);
    others_refused(answers, 201, 409, "insufficient_balance");
    assert_eq!(on_card(&app, &code).await, ("0.00".to_owned(), "0.01".to_owned()));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_card_noted_in_two_carts_pays_one_of_them() {
    let (app, _turn) = start().await;
    let code = card(&app, "2500.00").await;
    let product = app.product("1000.00", 5_000).await;
    let buyers = [app.customer().await, app.customer().await];
    for buyer in &buyers {
        buyer.add_to_cart(&product, 1).await;
        buyer.post("/giftcards/redeem", json!({ "code": code })).await.expect(200);
    }
    let orders = (0..CROWD).map(|number| buyers[number % 2].order()).collect();
    let answers = at_once(orders).await;
    let paid: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0].body["status"], "confirmed");
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        let code = refused.body["code"].clone();
        // The winner's cart is empty, the other's card is.
        assert!(code == "cart_empty" || code == "insufficient_balance", "{}", refused.text);
    }
    assert_eq!(on_card(&app, &code).await, ("0.00".to_owned(), "0.00".to_owned()));
    assert_eq!(app.stock(&product).await, 4_999);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_card_that_is_redeemed_to_a_thousand_orders_is_spent_once() {
    let (app, _turn) = start().await;
    let code = card(&app, "100.00").await;
    let product = app.product("1000.00", 5_000).await;
    let buyer = app.customer().await;
    let orders = (0..CROWD).map(|_| order(&buyer, &product, 1, &json!({}))).collect();
    let orders: Vec<_> =
        at_once(orders).await.into_iter().map(|answer| answer.expect(201).id()).collect();
    let redeemed = orders.iter().map(|order| {
        let body = json!({ "code": code, "order_id": order, "amount": 30 });
        buyer.post("/giftcards/redeem", body)
    });
    let answers = at_once(redeemed.collect()).await;
    assert_eq!(count(&answers, 200), 3);
    others_refused(answers, 200, 409, "insufficient_balance");
    assert_eq!(on_card(&app, &code).await, ("10.00".to_owned(), "90.00".to_owned()));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn points_that_a_thousand_sessions_spend_are_spent_once() {
    let (app, _turn) = start().await;
    let buyer = app.customer().await;
    delivered(&app, &buyer, &app.product("10000.00", 1).await).await;
    let product = app.product("1000.00", 5_000).await;
    let with = json!({ "points": 30 });
    let answers = at_once((0..CROWD).map(|_| order(&buyer, &product, 1, &with)).collect()).await;
    assert_eq!(count(&answers, 201), 3);
    others_refused(answers, 201, 409, "insufficient_points");
    let points = buyer.get("/loyalty/status").await.expect(200).body;
    assert_eq!((&points["points"], &points["held_points"]), (&json!(10), &json!(90)));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_units_are_sold_to_a_thousand_ten_times() {
    let (app, _turn) = start().await;
    let product = app.product("1000.00", 10).await;
    let buyers = crowd(&app, CROWD).await;
    // Cash: there is no second step, an order that is placed is sold.
    let cash = json!({ "payment_method": "cash_on_delivery" });
    let orders = buyers.iter().map(|one| order(one, &product, 1, &cash)).collect();
    let answers = at_once(orders).await;
    assert_eq!(count(&answers, 201), 10);
    others_refused(answers, 201, 409, "insufficient_stock");
    assert_eq!(app.stock(&product).await, 0);
    assert_eq!(kept_by_provider(&app).await, "0.00");
    app.finish().await;
}
