//! The network between server and database breaks, delays, falls silent, and loses the answer to a
//! commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{TestApp, any_id};
use crate::support::client::Client;
use crate::support::database::TestDatabase;
use crate::support::proxy::{Proxy, Weather};
use crate::support::shop::long;
use crate::support::wait::eventually;

/// A server that reaches its database through a proxy.
async fn behind_proxy() -> (TestApp, Proxy) {
    let database = Arc::new(TestDatabase::create().await);
    let proxy = Proxy::to(&database.url()).await;
    let url = proxy.url(&database.url());
    let app = TestApp::setup().with(&["--database-url", &url]).start_on(database).await;
    (app, proxy)
}

/// Adds a unit under a key, again and again until it is answered; returns how often it was sent.
async fn add(buyer: &Client, product: &str, key: &str) -> u32 {
    let line = json!({ "product_id": product, "quantity": 1 });
    let begun = Instant::now();
    for sent in 1.. {
        let answer = buyer.post("/cart/items", &line).key(key).attempt().await;
        match answer {
            Some(answer) if answer.status < 500 => {
                answer.expect(201);
                return sent;
            }
            Some(answer) => assert_eq!(answer.status, 503, "{}", answer.text),
            None => panic!("the server itself went away"),
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "no answer to {key}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!()
}

/// What is in the cart, once the read models show everything.
async fn in_cart(app: &TestApp, buyer: &Client) -> Value {
    app.prove().await;
    // The first who uses a connection that broke is told to try again.
    let cart = eventually("the cart", async || {
        let cart = buyer.get("/cart").await;
        (cart.status != 503).then(|| cart.expect(200))
    });
    cart.await.body["items"][0]["quantity"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_happened_once_and_is_answered_when_asked_again() {
    let (app, proxy) = behind_proxy().await;
    let (product, buyer) = (app.product("10.00", 500).await, app.customer().await);
    let times = if long() { 100 } else { 5 };
    for number in 0..times {
        let (key, line) = (format!("lost-{number}"), json!({ "product_id": product }));
        // Only the append names the event.
        proxy.swallow_answer_to(b"ItemAdded");
        let unheard = buyer.post("/cart/items", &line).key(&key).await;
        unheard.refused(503, "unavailable");
        assert!(proxy.has_swallowed());
        let again = buyer.post("/cart/items", &line).key(&key).await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true", "it had been stored");
        assert_eq!(again.body["items"][0]["quantity"], number + 1);
    }
    assert_eq!(in_cart(&app, &buyer).await, times);

    // A checkout step: the order is placed once, and paid once.
    buyer.add_to_cart(&product, 1).await;
    proxy.swallow_answer_to(b"CheckedOut");
    buyer.order().key("order").await.expect(503);
    // Said again, it is no news.
    let order = buyer.order().key("order").await.expect(200).id();
    proxy.swallow_answer_to(b"Completed");
    buyer.pay(&order, "tok_ok").key("pay").await.expect(503);
    app.order_when(&order, "a paid order", |order| order["status"] == "confirmed").await;
    let again = buyer.pay(&order, "tok_ok").key("pay").await.expect(201);
    assert_eq!(
        (again.header("idempotent-replayed"), &again.body["status"]),
        ("true", &json!("completed"))
    );
    assert_eq!(app.stock(&product).await, 500 - i64::from(times) - 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_all_the_time_cost_patience_and_nothing_else() {
    let (app, proxy) = behind_proxy().await;
    let product = app.product("10.00", 100_000).await;
    let buyers = app.crowd(8).await;
    let (cuts, calm) = (if long() { 300 } else { 40 }, AtomicBool::new(false));
    let adding = join_all(buyers.iter().map(async |buyer| {
        let (mut commands, mut sent) = (0, 0);
        while !calm.load(Ordering::SeqCst) {
            sent += add(buyer, &product, &format!("cut-{commands}")).await;
            commands += 1;
        }
        (commands, sent)
    }));
    let breaking = async {
        for round in 0..cuts {
            // Not in step with anything.
            tokio::time::sleep(Duration::from_millis(20 + 17 * (round % 7))).await;
            if round % 10 == 9 {
                // Away for a while, and not just broken.
                proxy.set(Weather::Cut);
                tokio::time::sleep(Duration::from_millis(300)).await;
                proxy.set(Weather::Fair);
            }
            proxy.break_all();
        }
        calm.store(true, Ordering::SeqCst);
    };
    let (added, ()) = tokio::join!(adding, breaking);
    let (commands, sent) = added.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    println!("{cuts} cuts: {commands} commands were sent {sent} times");
    assert!(sent > commands, "no command was cut off");
    for (buyer, (commands, _)) in buyers.iter().zip(&added) {
        assert_eq!(in_cart(&app, buyer).await, *commands);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_network_slows_commands_down_and_breaks_none() {
    let (app, proxy) = behind_proxy().await;
    let product = app.product("10.00", 1_000).await;
    let buyers = app.crowd(5).await;
    proxy.set(Weather::Slow(Duration::from_millis(40)));
    let added = join_all(buyers.iter().map(async |buyer| add(buyer, &product, "slow").await)).await;
    assert!(added.iter().all(|sent| *sent == 1), "slow is not broken: {added:?}");
    proxy.set(Weather::Fair);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_falls_silent_is_noticed_and_commands_pass_again() {
    let (app, proxy) = behind_proxy().await;
    let (product, buyer) = (app.product("10.00", 100).await, app.customer().await);
    buyer.add_to_cart(&product, 1).await;
    let key = any_id().to_string();
    proxy.set(Weather::Silent);
    let line = json!({ "product_id": product, "quantity": 1 });
    let waiting = buyer.post("/cart/items", &line).key(&key);
    let silent = async {
        tokio::time::sleep(Duration::from_secs(if long() { 25 } else { 3 })).await;
        proxy.set(Weather::Fair);
    };
    let (answer, ()) = tokio::join!(waiting.attempt(), silent);
    answer.expect("an answer").expect(201);
    assert_eq!(in_cart(&app, &buyer).await, 2);
    app.finish().await;
}
