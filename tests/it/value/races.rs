//! Many who want the same value at once: what is spent was there, and once is once.

use super::{balance, card, codes, earn, finish, order_with, points_of, promo};
use crate::support::app::TestApp;
use futures_util::future::{join, join_all};
use ledgerline::jobs::{self, Job};
use serde_json::json;
use std::future::IntoFuture;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_who_redeem_a_card_that_is_enough_for_seven_are_seven() {
    let app = TestApp::start().await;
    // 1000.00 and 1500.00 of delivery each.
    let (_, code) = card(&app, "17500.00").await;
    let product = app.product("1000.00", 1000).await;
    let buyers = app.crowd(100).await;
    let with = json!({ "gift_card_code": code });
    let orders = buyers.iter().map(|buyer| order_with(buyer, &product, &with).into_future());
    let answers = join_all(orders).await;
    assert_eq!(codes(&answers, 201), 7);
    for answer in answers {
        if answer.status == 201 {
            assert_eq!(answer.body["status"], "confirmed");
        } else {
            assert_eq!(answer.refused(409, "insufficient_balance")["available"], "0.00");
        }
    }
    let left = balance(&app, &code).await;
    assert_eq!((&left["balance"], &left["held"]), (&json!("0.00"), &json!("0.00")));
    assert_eq!(app.stock(&product).await, 993);
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_for_five_that_two_hundred_try_is_used_five_times() {
    let app = TestApp::start().await;
    promo(&app, "FIVE", json!({ "kind": "percent", "value": 20, "usage_limit": 5 })).await;
    let product = app.product("1000.00", 1000).await;
    let buyers = app.crowd(200).await;
    let with = json!({ "promo_code": "five" });
    let orders = buyers.iter().map(|buyer| order_with(buyer, &product, &with).into_future());
    let answers = join_all(orders).await;
    assert_eq!(codes(&answers, 201), 5);
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.refused(409, "promo_limit_reached")["limit"], 5);
    }
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_for_each_customer_once_is_used_once_in_fifty_requests_at_once() {
    let app = TestApp::start().await;
    promo(&app, "MINE", json!({ "kind": "fixed", "value": 9, "usage_limit_per_user": 1 })).await;
    let product = app.product("1000.00", 1000).await;
    let buyer = app.customer().await;
    let with = json!({ "promo_code": "MINE" });
    let orders = (0..50).map(|_| order_with(&buyer, &product, &with).into_future());
    let answers = join_all(orders).await;
    assert_eq!(codes(&answers, 201), 1);
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        refused.refused(409, "promo_limit_reached_for_user");
    }
    // Somebody else may.
    order_with(&app.customer().await, &product, &with).await.expect(201);
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn points_that_are_spent_from_many_sessions_are_spent_once() {
    let app = TestApp::start().await;
    let buyer = app.customer().await;
    earn(&app, &buyer, 100).await;
    let product = app.product("1000.00", 1000).await;
    let sessions: Vec<_> = (0..10).map(|_| buyer.reconnected()).collect();
    let with = json!({ "points": 100 });
    let orders = sessions.iter().map(|one| order_with(one, &product, &with).into_future());
    let answers = join_all(orders).await;
    assert_eq!(codes(&answers, 201), 1);
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.refused(409, "insufficient_points")["available"], 0);
    }
    let points = points_of(&app, &buyer).await;
    assert_eq!((&points["points"], &points["held_points"]), (&json!(0), &json!(100)));
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_paid_and_cancelled_at_once_ends_one_way_in_every_ledger() {
    let app = TestApp::start().await;
    promo(&app, "RACE", json!({ "kind": "fixed", "value": 100 })).await;
    let (_, code) = card(&app, "20000.00").await;
    let product = app.product("1000.00", 1000).await;
    let with = json!({ "promo_code": "RACE", "gift_card_code": code });
    let mut cancelled = 0;
    for round in 0..12 {
        let buyer = app.customer().await;
        let mut with = with.clone();
        if round % 2 == 0 {
            // The card pays a part only.
            buyer.add_to_cart(&product, 1).await;
            let part = json!({ "code": code, "amount": 700 });
            buyer.post("/giftcards/redeem", part).await.expect(200);
            with = json!({});
        } else {
            with.as_object_mut().unwrap().remove("gift_card_code");
        }
        let order = if with == json!({}) {
            buyer.order().await.expect(201).id()
        } else {
            order_with(&buyer, &product, &with).await.expect(201).id()
        };
        let path = format!("/orders/{order}/cancel");
        let (other, nothing) = (buyer.reconnected(), json!({}));
        let (paid, ended) = join(
            buyer.pay(&order, "tok_ok").into_future(),
            other.put(&path, nothing).into_future(),
        )
        .await;
        assert!([201, 409].contains(&paid.status), "{} {}", paid.status, paid.text);
        assert!([200, 409].contains(&ended.status), "{} {}", ended.status, ended.text);
        cancelled += u32::from(ended.status == 200);
        let order = app
            .order_when(&order, "an end", |order| {
                let status = order["status"].as_str().unwrap();
                ["confirmed", "cancelled", "refunded"].contains(&status)
            })
            .await;
        if ended.status == 200 {
            assert_ne!(order["status"], "confirmed");
        }
    }
    let left = balance(&app, &code).await;
    assert_eq!(left["held"], "0.00");
    assert!(cancelled > 0, "nothing was ever cancelled");
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_expires_while_it_is_paid_ends_one_way_in_every_ledger() {
    let (app, clock) = TestApp::start_with_clock().await;
    let (_, code) = card(&app, "9000.00").await;
    let product = app.product("1000.00", 100).await;
    let buyers = app.crowd(8).await;
    let mut orders = Vec::new();
    for buyer in &buyers {
        buyer.add_to_cart(&product, 1).await;
        let part = json!({ "code": code, "amount": 1000 });
        buyer.post("/giftcards/redeem", part).await.expect(200);
        orders.push(buyer.order().await.expect(201).id());
    }
    clock.advance(Duration::from_millis(15 * 60_000 - 1));
    let renewed: Vec<_> = buyers.iter().map(|buyer| app.renewed(buyer)).collect();
    let pays =
        renewed.iter().zip(&orders).map(|(one, order)| one.pay(order, "tok_ok").into_future());
    let expiry = async {
        clock.advance(Duration::from_millis(1));
        let _ = jobs::run_now(&app.server.state, Job::ExpireHolds).await;
    };
    let (answers, ()) = join(join_all(pays), expiry).await;
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)), "{answers:?}");
    clock.advance(Duration::from_mins(2));
    for order in &orders {
        let ended = |order: &serde_json::Value| order["status"] != "pending";
        let order = app.order_when(order, "an end", ended).await;
        assert!(["confirmed", "cancelled"].contains(&order["status"].as_str().unwrap()));
    }
    let confirmed = app.admin().await.get("/orders?status=confirmed&limit=100").await.expect(200);
    let taken = confirmed.body["items"].as_array().unwrap().len();
    let left = balance(&app, &code).await;
    assert_eq!(left["held"], "0.00");
    assert_eq!(left["balance"], format!("{}.00", 9000 - 1000 * taken));
    finish(app).await;
}
