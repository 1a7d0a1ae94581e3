//! The machine's clock is set back and forth: nothing breaks, and what was true at a moment stays
//! what it was.

use std::time::Duration;

use aggregates::account::Role;
use chrono::TimeDelta;
use futures_util::future::join_all;
use ledgerline::jobs::{self, Job};
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::client::text;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_clock_that_is_set_back_changes_no_answer_about_the_past() {
    let (app, clock) = TestApp::start_with_clock().await;
    let product = app.product("100.00", 5).await;
    let (auditor, buyer) = (app.user(Role::Auditor).await, app.customer().await);
    let start = ledgerline::clock::Clock::now(&*clock);
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    let (of_order, of_stock) =
        (format!("/audit/orders/{order}"), format!("/audit/stock/{product}"));
    let before = (start - TimeDelta::minutes(90)).to_rfc3339();
    let asked = async || {
        let mut answers = Vec::new();
        for path in [&of_order, &of_stock] {
            answers.push(auditor.find(path, &[("as_of", &before)]).await.status);
        }
        answers
    };
    assert_eq!(asked().await, [404, 404], "nothing was there an hour and a half ago");

    clock.set(start - TimeDelta::hours(2));
    // Everybody goes on: with the token from the future, and with a hold that has not run out.
    assert_eq!(buyer.pay(&order, "tok_ok").await.expect(201).body["status"], "completed");
    let later = buyer.order_items(&[(&product, 2)]).await.expect(201).id();
    clock.set(start + TimeDelta::minutes(5));
    assert_eq!(asked().await, [404, 404], "and nobody has put anything there since");
    let now = auditor.get(&of_order).await.expect(200).body;
    assert_eq!(now["balances"]["status"], "confirmed");
    // Its hold began two hours ago, as far as the clock can tell.
    app.order_when(&later, "the end of the hold", |order| order["status"] == "cancelled").await;
    assert_eq!(app.stock(&product).await, 4);
    app.finish().await;
}

#[tokio::test]
async fn a_clock_that_was_a_year_ahead_for_a_while_has_ended_what_it_ended_and_no_more() {
    let (app, clock) = TestApp::start_with_clock().await;
    let start = ledgerline::clock::Clock::now(&*clock);
    let product = app.product("100.00", 5).await;
    let buyer = app.customer().await;
    let card = json!({ "amount": "800.00" });
    let card = app.admin().await.post("/giftcards/create", card).await.expect(201).body;
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    let waiting = buyer.order_items(&[(&product, 1)]).await.expect(201).id();

    clock.advance(DAY * 366);
    buyer.get("/cart").await.refused(401, "token_expired");
    app.order_when(&waiting, "the end of the hold", |order| order["status"] == "cancelled").await;
    for job in Job::ALL {
        jobs::run_now(&app.server.state, job).await.unwrap();
    }
    let ahead = app.renewed(&buyer);
    ahead.add_to_cart(&product, 1).await;

    clock.set(start + TimeDelta::minutes(1));
    buyer.get("/cart").await.expect(200);
    ahead.get("/cart").await.expect(200);
    assert_eq!(buyer.order_now(&order).await["status"], "confirmed");
    assert_eq!(buyer.order_now(&waiting).await["status"], "cancelled", "what ended stays ended");
    let code = text(&card, "code");
    let left = app.guest().get(&format!("/giftcards/{code}/balance")).await.expect(200).body;
    assert_eq!((&left["balance"], &left["status"]), (&json!("800.00"), &json!("active")));
    for job in Job::ALL {
        jobs::run_now(&app.server.state, job).await.unwrap();
    }
    let again = buyer.order().await.expect(201).id();
    buyer.pay(&again, "tok_ok").await.expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_all_the_time_loses_no_order() {
    let (app, clock) = TestApp::start_with_clock().await;
    let product = app.product("10.00", 1_000).await;
    let buyers = app.crowd(6).await;
    let buying = join_all(buyers.iter().map(async |buyer| {
        for _ in 0..5 {
            let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
            buyer.pay(&order, "tok_ok").await.expect(201);
        }
    }));
    // Less than a hold or a token lasts, to and fro.
    let jumping = async {
        for seconds in [300, -240, 30, -200, 110].into_iter().cycle() {
            let by = TimeDelta::seconds(seconds);
            clock.set(ledgerline::clock::Clock::now(&*clock) + by);
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
    };
    tokio::select! {
        _ = buying => {}
        () = jumping => unreachable!(),
    }
    assert_eq!(app.stock(&product).await, 1_000 - 30);
    app.finish().await;
}
