//! The same at the level of statements: two servers over one database, so that nothing but the
//! statements of PostgreSQL keeps them apart. A server may give up where others keep changing the same
//! thing (409 `concurrent_modification`); whoever was told so asks again.

use serde_json::{Value, json};
use tokio::sync::MutexGuard;

use super::carts::{add, units};
use super::{CROWD, at_once, card, count, delivered, kept_by_provider, on_card, order, promo};
use crate::support::app::TestApp;
use crate::support::client::{Answer, Call, Client};

async fn two() -> (TestApp, TestApp, MutexGuard<'static, ()>) {
    let (app, turn) = super::start().await;
    let other = app.start_another(super::patient()).await;
    (app, other, turn)
}

/// A crowd, one half of it on each server.
async fn crowd(nodes: [&TestApp; 2]) -> Vec<Client> {
    let connections = nodes.map(TestApp::guest);
    let crowd = super::crowd(nodes[0], CROWD).await;
    let placed = crowd.into_iter().enumerate();
    placed.map(|(number, one)| connections[number % 2].as_user(&one)).collect()
}

/// Until nobody is told to try again.
async fn insisting(calls: Vec<impl Fn() -> Call>) -> Vec<Answer> {
    let mut waiting: Vec<_> = (0..calls.len()).collect();
    let mut answers = Vec::new();
    while !waiting.is_empty() {
        let asked = at_once(waiting.iter().map(|number| calls[*number]()).collect()).await;
        let asked: Vec<_> = waiting.drain(..).zip(asked).collect();
        for (number, answer) in asked {
            if answer.body["code"] == "concurrent_modification" {
                waiting.push(number);
            } else {
                answers.push(answer);
            }
        }
    }
    assert_eq!(answers.len(), calls.len());
    answers
}

async fn ordered(buyers: &[Client], product: &str, with: &Value) -> Vec<Answer> {
    insisting(buyers.iter().map(|one| move || order(one, product, 1, with)).collect()).await
}

async fn finish(app: TestApp, other: TestApp) {
    other.stop().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_sell_ten_units_to_a_thousand_ten_times() {
    let (app, other, _turn) = two().await;
    let product = app.product("1000.00", 10).await;
    let buyers = crowd([&app, &other]).await;
    let answers = ordered(&buyers, &product, &json!({})).await;
    assert_eq!(count(&answers, 201), 10);
    super::others_refused(answers, 201, 409, "insufficient_stock");
    assert_eq!(app.stock(&product).await, 0);
    finish(app, other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_take_a_voucher_for_seven_seven_times() {
    let (app, other, _turn) = two().await;
    promo(&app, "SEVEN", json!({ "kind": "fixed", "value": 100, "usage_limit": 7 })).await;
    let product = app.product("1000.00", 5_000).await;
    let buyers = crowd([&app, &other]).await;
    let answers = ordered(&buyers, &product, &json!({ "promo_code": "SEVEN" })).await;
    assert_eq!(count(&answers, 201), 7);
    super::others_refused(answers, 201, 409, "promo_limit_reached");
    finish(app, other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_spend_a_gift_card_once() {
    let (app, other, _turn) = two().await;
    let code = card(&app, "17500.00").await;
    let product = app.product("1000.00", 5_000).await;
    let buyers = crowd([&app, &other]).await;
    let answers = ordered(&buyers, &product, &json!({ "gift_card_code": code })).await;
    assert_eq!(count(&answers, 201), 7);
    super::others_refused(answers, 201, 409, "insufficient_balance");
    assert_eq!(on_card(&app, &code).await, ("0.00".to_owned(), "0.00".to_owned()));
    finish(app, other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_take_the_money_under_one_key_once() {
    let (app, other, _turn) = two().await;
    let product = app.product("1000.00", 5_000).await;
    let buyer = app.customer().await;
    let elsewhere = other.guest().as_user(&buyer);
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(buyer.order_items(&[(&product, 1)]).await.expect(201).id());
    }
    let calls: Vec<_> = (0..CROWD)
        .map(|number| {
            let payer = if number % 2 == 0 { &buyer } else { &elsewhere };
            let order = &orders[number / 2 % orders.len()];
            move || payer.pay(order, "tok_ok").key("one")
        })
        .collect();
    let answers = insisting(calls).await;
    let mut payments: Vec<_> =
        answers.iter().filter(|one| one.status == 201).map(Answer::id).collect();
    payments.sort_unstable();
    payments.dedup();
    assert_eq!(payments.len(), 1);
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        let code = refused.body["code"].as_str().unwrap_or_default();
        // Another order, or the same one while it is under way.
        let fits = ["idempotency_key_reused", "payment_processing"].contains(&code);
        assert!(fits, "{} {}", refused.status, refused.text);
    }
    assert_eq!(kept_by_provider(&app).await, "2500.00");
    finish(app, other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_spend_points_once() {
    let (app, other, _turn) = two().await;
    let buyer = app.customer().await;
    delivered(&app, &buyer, &app.product("10000.00", 1).await).await;
    let sessions = [buyer.clone(), other.guest().as_user(&buyer)];
    let product = app.product("1000.00", 5_000).await;
    let with = json!({ "points": 30 });
    let (sessions, product, with) = (&sessions, &product, &with);
    let calls = (0..CROWD).map(|number| move || order(&sessions[number % 2], product, 1, with));
    let answers = insisting(calls.collect()).await;
    assert_eq!(count(&answers, 201), 3);
    super::others_refused(answers, 201, 409, "insufficient_points");
    let points = buyer.get("/loyalty/status").await.expect(200).body;
    assert_eq!((&points["points"], &points["held_points"]), (&json!(10), &json!(90)));
    finish(app, other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_adds_while_the_other_orders_is_ordered_or_stays_in_the_cart() {
    let (app, other, _turn) = two().await;
    let product = app.product("10.00", 9_000).await;
    let buyers = app.crowd(CROWD / 50).await;
    let elsewhere: Vec<_> = buyers.iter().map(|one| other.guest().as_user(one)).collect();
    for buyer in &buyers {
        buyer.add_to_cart(&product, 1).await;
    }
    // Of each buyer fifty requests: somewhere among the additions the checkout.
    let (buyers, elsewhere, product) = (&buyers, &elsewhere, &product);
    let orders = |number: usize| number / buyers.len() == 20;
    let calls = (0..CROWD).map(|number| {
        let at = number % buyers.len();
        move || if orders(number) { elsewhere[at].order() } else { add(&buyers[at], product) }
    });
    let answers = insisting(calls.collect()).await;
    // Each was told the same as if it had been alone, in whichever order.
    assert_eq!(count(&answers, 201), CROWD);
    let mut sold = 0;
    for buyer in buyers {
        let placed = buyer.get("/orders").await.expect(200).body;
        let [order] = &placed["items"].as_array().unwrap()[..] else { panic!("{placed}") };
        let ordered: i64 =
            units(&buyer.order_now(order["id"].as_str().unwrap()).await).values().sum();
        let left: i64 = units(&buyer.get("/cart").await.expect(200).body).values().sum();
        assert_eq!(ordered + left, 50);
        sold += ordered;
    }
    assert_eq!(app.stock(product).await, 9_000 - sold);
    finish(app, other).await;
}
