//! One system out of several processes, and how a process ends.

use std::future::IntoFuture;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::client::text;
use crate::support::wait::eventually;

const ROLES: [&str; 3] = ["worker", "queries", "commands"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_queries_and_a_worker_are_one_system_in_three_processes() {
    let worker = TestApp::setup().with(&["--role", ROLES[0]]).start().await;
    let queries = worker.start_another(TestApp::setup().with(&["--role", ROLES[1]])).await;
    let commands = worker.start_another(TestApp::setup().with(&["--role", ROLES[2]])).await;

    let (user, _) = commands.registered("apart@example.com", "customer").await;
    let product = commands.product("10.00", 5).await;
    let reader = user.at(&queries.base);
    assert_eq!(reader.get("/auth/me").await.expect(200).body["email"], "apart@example.com");
    for round in 1..=5 {
        let written = user.add_to_cart(&product, 1).await;
        let read = reader.get("/cart").await.expect(200).body;
        assert_eq!(
            (&read["version"], &read["items"][0]["quantity"]),
            (&written["version"], &json!(round))
        );
    }
    let order = user.order().await.expect(201);
    assert_eq!(reader.order_now(&order.id()).await, order.body);
    // Only the worker can find out what became of it, and only from the others' words.
    user.pay(&order.id(), "tok_ok").await.expect(201);
    user.put(&format!("/orders/{}/cancel", order.id()), json!({})).await.expect(200);
    eventually("the money back", async || {
        let order = reader.order_now(&order.id()).await;
        (order["payment_status"] == "refunded").then_some(())
    })
    .await;

    user.call(Method::GET, "/api/v1/cart").await.expect(405);
    reader.post("/cart/items", json!({ "product_id": product })).await.expect(404);
    reader.at(&worker.base).get("/cart").await.refused(404, "route_not_found");
    for app in [&worker, &queries, &commands] {
        app.guest().call(Method::GET, "/readyz").await.expect(200);
        let document = app.guest().call(Method::GET, "/openapi.json").await.expect(200).body;
        assert!(document["paths"]["/api/v1/orders"]["post"].is_object(), "all of it, everywhere");
    }
    queries.stop().await;
    commands.stop().await;
    worker.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_whole_servers_on_one_database_sell_the_stock_once_and_know_each_others_blocks() {
    let one = TestApp::start().await;
    let two = one.start_another(TestApp::setup()).await;
    let product = one.product("10.00", 20).await;
    let crowds = [one.crowd(30).await, two.crowd(30).await].concat();
    let answers =
        join_all(crowds.iter().map(|buyer| buyer.order_items(&[(&product, 1)]).into_future()))
            .await;
    let mut sold = 0;
    for answer in answers {
        if answer.status == 201 {
            sold += 1;
        } else {
            // Others won too often, or took the last one.
            assert_eq!(answer.status, 409, "{}", answer.text);
        }
    }
    assert!(sold <= 20);
    assert_eq!(two.stock(&product).await, 20 - sold);

    let (user, _) = one.registered("both@example.com", "customer").await;
    let elsewhere = user.at(&two.base);
    elsewhere.get("/auth/me").await.expect(200);
    one.admin().await.put(&format!("/admin/users/{}/block", user.id), json!({})).await.expect(200);
    eventually("the block on the other server", async || {
        (elsewhere.get("/auth/me").await.status == 401).then_some(())
    })
    .await;
    two.stop().await;
    one.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_answers_what_is_under_way() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 100).await;
    let buyer = app.customer().await;
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    // The provider takes three seconds; the server is told to stop meanwhile.
    let paying = tokio::spawn(buyer.pay(&order, "tok_slow").into_future());
    eventually("a payment under way", async || {
        let payments = buyer.get(&format!("/payments/order/{order}")).await.expect(200).body;
        (payments["items"][0]["status"] == "processing").then_some(())
    })
    .await;
    let next = app.start_another(TestApp::setup()).await;
    app.stop().await;
    let paid = paying.await.unwrap().expect(201).body;
    assert_eq!(text(&paid, "status"), "completed");
    assert!(buyer.get("/orders").attempt().await.is_none(), "nobody listens any more");
    assert_eq!(buyer.at(&next.base).order_now(&order).await["status"], "confirmed");
    next.finish().await;
}

#[tokio::test]
async fn a_stopped_server_leaves_nothing_behind_and_the_next_goes_on() {
    let first = TestApp::start().await;
    let product = first.product("10.00", 5).await;
    let buyer = first.customer().await;
    let order = buyer.order_items(&[(&product, 2)]).await.expect(201).id();
    let next = first.start_another(TestApp::setup()).await;
    first.stop().await;
    // The leases of the first are free: the next one's work goes on at once.
    let buyer = buyer.at(&next.base);
    buyer.pay(&order, "tok_ok").await.expect(201);
    assert_eq!(buyer.order_now(&order).await["status"], "confirmed");
    buyer.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
    next.payment_when(&order, "refunded").await;
    assert_eq!(next.stock(&product).await, 5);
    next.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_needs_a_newer_read_model_is_not_ready_until_it_is_made_and_says_so() {
    let queries = TestApp::setup().with(&["--role", "queries"]).start().await;
    // As a program left it that knew nothing of the counts.
    let pool = queries.pool().await;
    for change in [
        "UPDATE projections SET version = version - 1 WHERE name = 'catalogue'",
        "DROP VIEW read.products_counts",
    ] {
        sqlx::query(change).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let guest = queries.guest();
    let not_ready = guest.call(Method::GET, "/readyz").await.expect(503).body;
    assert_eq!(not_ready["errors"][0]["parameter"], "projection catalogue");
    guest.get("/categories").await.refused(503, "unavailable");

    let worker = queries.start_another(TestApp::setup().with(&["--role", "worker"])).await;
    eventually("the catalogue made anew", async || {
        (guest.call(Method::GET, "/readyz").await.status == 200).then_some(())
    })
    .await;
    guest.get("/categories").await.expect(200);
    queries.stop().await;
    worker.finish().await;
}
