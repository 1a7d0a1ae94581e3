//! Many who want the same at once: what is sold was there, and once is once.

use std::collections::BTreeSet;

use std::future::IntoFuture;

use aggregates::account::Role;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::client::{Answer, order_body};

fn codes(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_buyers_racing_for_ten_units_buy_exactly_ten() {
    let app = TestApp::start().await;
    let product = app.product("5.00", 10).await;
    // Not by way of the cart: who is refused there would not race.
    let buyers = app.crowd(200).await;
    let orders = buyers.iter().map(|buyer| buyer.order_items(&[(&product, 1)]).into_future());
    let answers = join_all(orders).await;

    assert_eq!(codes(&answers, 201), 10);
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        let problem = refused.refused(409, "insufficient_stock");
        assert_eq!(problem["available"], 0);
    }
    assert_eq!(app.stock(&product).await, 0);
    let orders = app.admin().await.get("/orders?limit=100").await.expect(200).body;
    assert_eq!(orders["items"].as_array().unwrap().len(), 10);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buyers_of_several_products_neither_oversell_nor_get_in_each_others_way() {
    let app = TestApp::start().await;
    let products = [
        app.product("1.00", 25).await,
        app.product("2.00", 25).await,
        app.product("3.00", 25).await,
    ];
    let buyers = app.crowd(60).await;
    let answers = join_all(buyers.iter().enumerate().map(|(number, buyer)| {
        // Each wants two of the three, in either order.
        let (one, two) = (&products[number % 3], &products[(number + 1 + number % 2) % 3]);
        buyer.order_items(&[(one, 1), (two, 1)]).into_future()
    }))
    .await;
    let mut sold = 0;
    for answer in answers {
        if answer.status == 201 {
            sold += 2;
        } else {
            answer.refused(409, "insufficient_stock");
        }
    }
    let mut left = 0;
    for product in &products {
        let units = app.stock(product).await;
        assert!(units >= 0);
        left += units;
    }
    assert_eq!(sold + left, 75);
    // Somebody is refused only where a product has run out.
    assert!(left <= 25, "{left} units are left");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_equal_orders_with_one_key_are_one_order_and_twenty_equal_answers() {
    let app = TestApp::start().await;
    let product = app.product("5.00", 100).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 3).await;
    let answers = join_all((0..20).map(|_| buyer.order().key("once").into_future())).await;

    let firsts: Vec<_> = answers.iter().filter(|one| one.status == 201).collect();
    assert_eq!(firsts.len(), 1, "{:?}", answers.iter().map(|one| one.status).collect::<Vec<_>>());
    for replayed in answers.iter().filter(|one| one.status != 201) {
        assert_eq!((replayed.status, &replayed.text), (200, &firsts[0].text));
        assert_eq!(replayed.header("idempotent-replayed"), "true");
        assert_eq!(replayed.header("etag"), firsts[0].header("etag"));
    }
    assert_eq!(app.stock(&product).await, 97);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cart_that_is_submitted_from_many_connections_is_one_order() {
    let app = TestApp::start().await;
    let product = app.product("5.00", 100).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 2).await;
    let connections: Vec<_> = (0..8).map(|_| buyer.reconnected()).collect();
    let answers = join_all(connections.iter().map(|one| one.order().into_future())).await;

    assert_eq!(codes(&answers, 201), 1);
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        refused.refused(422, "cart_empty");
    }
    assert_eq!(app.stock(&product).await, 98);
    let orders = buyer.get("/orders").await.expect(200).body;
    assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_belongs_to_its_caller_and_its_request() {
    let app = TestApp::start().await;
    let product = app.product("5.00", 100).await;
    let (one, two) = (app.customer().await, app.user(Role::Customer).await);
    let mut orders = BTreeSet::new();
    for buyer in [&one, &two] {
        buyer.add_to_cart(&product, 1).await;
        orders.insert(buyer.order().key("mine").await.expect(201).id());
    }
    assert_eq!(orders.len(), 2);
    let mut other = order_body("card");
    other["phone"] = json!("+7 700 111 11 11");
    one.post("/orders", other).key("mine").await.refused(422, "idempotency_key_reused");
    // A refused command is not recorded: it may be sent again once it can succeed.
    one.order().key("later").await.refused(422, "cart_empty");
    one.add_to_cart(&product, 1).await;
    one.order().key("later").await.expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_after_writing_sees_the_write_also_under_load() {
    let app = TestApp::start().await;
    let products = [app.product("5.00", 10_000).await, app.product("6.00", 10_000).await];
    let buyers = app.crowd(40).await;
    join_all(buyers.iter().map(async |buyer| {
        for round in 0..5_u32 {
            for product in &products {
                let written = buyer.add_to_cart(product, round + 1).await;
                let read = buyer.get("/cart").await.expect(200);
                assert_eq!(
                    read.body["items"].as_array().unwrap().len(),
                    written["items"].as_array().unwrap().len()
                );
                assert_eq!(read.body["version"], written["version"]);
                assert_eq!(read.body["subtotal"], written["subtotal"]);
            }
            let placed = buyer.order().await.expect(201);
            assert_eq!(placed.header("ledgerline-projected"), "");
            assert_eq!(buyer.order_now(&placed.id()).await, placed.body);
            assert_eq!(buyer.get("/cart").await.expect(200).body["items"], json!([]));
            let paid = buyer.pay(&placed.id(), "tok_ok").await.expect(201);
            let read = buyer.get(&format!("/payments/{}", paid.id())).await.expect(200);
            assert_eq!(read.body, paid.body);
            assert_eq!(buyer.order_now(&placed.id()).await["status"], "confirmed");
        }
    }))
    .await;
    app.finish().await;
}

#[tokio::test]
async fn who_prefers_not_to_wait_is_told_so() {
    let app = TestApp::start().await;
    let product = app.product("5.00", 10).await;
    let call = app.customer().await.post("/cart/items", json!({ "product_id": product }));
    let answer = call.header("Prefer", "respond-async").await.expect(201);
    assert_eq!(answer.header("preference-applied"), "respond-async");
    assert!(!answer.header("ledgerline-position").is_empty());
    app.finish().await;
}
