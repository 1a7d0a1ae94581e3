//! What does not arrive is tried again, for three days and no longer.

use std::sync::Arc;
use std::time::Duration;

use aggregates::account::Role;
use chrono::{DateTime, TimeDelta, Utc};
use ledgerline::clock::{Clock, ManualClock};
use ledgerline::jobs::{self, Job};
use ledgerline::webhooks::PAUSES;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{TOML, deliveries, delivery_when, path, register};
use crate::support::app::{TestApp, now};
use crate::support::client::{Client, text};
use crate::support::wait::eventually;

async fn start_with_clock() -> (TestApp, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(now()));
    (TestApp::setup().file(TOML).clock(Arc::clone(&clock)).start().await, clock)
}

fn next_attempt(delivery: &Value) -> DateTime<Utc> {
    text(delivery, "next_attempt_at").parse().unwrap()
}

async fn webhook_when(owner: &Client, webhook: &Value, reason: &str) -> Value {
    eventually(reason, async || {
        let shown = owner.get(&path(webhook)).await.expect(200).body;
        (shown["disabled_reason"] == reason).then_some(shown)
    })
    .await
}

#[tokio::test]
async fn attempts_follow_the_plan_under_one_id_and_in_the_end_the_webhook_is_disabled() {
    let (app, clock) = start_with_clock().await;
    let (mut seller, receiver) = (app.seller().await, Receiver::start().await);
    let webhook = register(&seller, &receiver, &["*"]).await;
    receiver.answer(500);
    seller.post(&format!("{}/test", path(&webhook)), json!({})).await.expect(202);
    for (failed, pause) in (1..).zip(PAUSES) {
        let what = format!("attempt {failed}");
        let delivery =
            delivery_when(&seller, &webhook, &what, |one| one["attempts"] == json!(failed)).await;
        assert_eq!(
            (&delivery["status"], &delivery["response_status"]),
            (&json!("pending"), &json!(500))
        );
        // The clock stood still, so that this is the plan to the microsecond.
        assert_eq!(next_attempt(&delivery), clock.now() + pause, "{what}");
        clock.set(clock.now() + pause - TimeDelta::seconds(1));
        assert_eq!(receiver.received().len(), failed, "not before its time");
        clock.advance(Duration::from_secs(1));
        seller = app.renewed_as(&seller, Role::Seller);
    }
    let ended =
        delivery_when(&seller, &webhook, "the last one", |one| one["status"] == "failed").await;
    assert_eq!((&ended["attempts"], &ended["next_attempt_at"]), (&json!(10), &json!(null)));
    let all = receiver.received();
    assert_eq!(all.len(), 10);
    assert!(all.iter().all(|one| one.id == text(&ended, "id") && one.text == all[0].text));
    let secret = text(&webhook, "secret");
    assert!(all.iter().all(|one| one.signed_by(&secret) == (1, true)), "each at its time");
    let shown = webhook_when(&seller, &webhook, "failing").await;
    assert_eq!(shown["is_enabled"], false);

    receiver.answer(200);
    let repeat = format!("{}/deliveries/{}/resend", path(&webhook), text(&ended, "id"));
    seller.post(&repeat, json!({})).await.refused(409, "webhook_disabled");
    seller.put(&path(&webhook), json!({ "is_enabled": true })).await.expect(200);
    seller.post(&repeat, json!({})).await.expect(202);
    let done = delivery_when(&seller, &webhook, "again", |one| one["status"] == "delivered").await;
    assert_eq!((&done["id"], &done["attempts"]), (&ended["id"], &json!(11)));
    assert_eq!(receiver.received().last().unwrap().id, text(&ended, "id"));
    assert_eq!(deliveries(&seller, &webhook).await.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_target_that_is_gone_is_told_nothing_more() {
    let app = super::start().await;
    let (seller, receiver) = (app.seller().await, Receiver::start().await);
    let webhook = register(&seller, &receiver, &["product.created"]).await;
    let (other, witness) = (app.admin().await, Receiver::start().await);
    register(&other, &witness, &["product.created"]).await;
    receiver.answer(410);
    app.product_of(&seller, "Lamp", "10.00", 5).await;
    webhook_when(&seller, &webhook, "gone").await;
    let delivery = &deliveries(&seller, &webhook).await[0];
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("failed"), &json!(1)));
    seller
        .post(&format!("{}/test", path(&webhook)), json!({}))
        .await
        .refused(409, "webhook_disabled");
    app.product_of(&seller, "Chair", "10.00", 5).await;
    witness.when(2).await;
    assert_eq!(receiver.received().len(), 1, "what is disabled gets nothing");

    receiver.answer(200);
    seller.put(&path(&webhook), json!({ "is_enabled": true })).await.expect(200);
    let table = app.product_of(&seller, "Table", "10.00", 5).await;
    let told = receiver.when(2).await;
    assert_eq!(told[1].body["data"]["id"], table.as_str(), "what was missed is not told later");
    app.finish().await;
}

#[tokio::test]
async fn what_fails_now_and_then_disables_nothing() {
    let (app, clock) = start_with_clock().await;
    let (mut seller, receiver) = (app.seller().await, Receiver::start().await);
    let webhook = register(&seller, &receiver, &["*"]).await;
    let test = format!("{}/test", path(&webhook));
    receiver.answer(503);
    let failing = seller.post(&test, json!({})).await.expect(202).body;
    let failing = text(&failing, "delivery_id");
    let of = async |seller: &Client| {
        let all = deliveries(seller, &webhook).await;
        all.into_iter().find(|one| one["id"] == failing.as_str())
    };
    for (failed, pause) in (1..).zip(PAUSES) {
        eventually("a failure", async || {
            of(&seller).await.filter(|one| one["attempts"] == json!(failed))
        })
        .await;
        if failed == 8 {
            receiver.answer(200);
            seller.post(&test, json!({})).await.expect(202);
            delivery_when(&seller, &webhook, "another", |one| one["status"] == "delivered").await;
            receiver.answer(503);
        }
        clock.set(clock.now() + pause);
        seller = app.renewed_as(&seller, Role::Seller);
    }
    eventually("the end of it", async || of(&seller).await.filter(|one| one["status"] == "failed"))
        .await;
    let shown = seller.get(&path(&webhook)).await.expect(200).body;
    assert_eq!((&shown["is_enabled"], &shown["disabled_reason"]), (&json!(true), &json!(null)));
    app.finish().await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_a_failure_and_holds_nobody_up() {
    let file = TOML.replace("timeout_s = 20", "timeout_s = 1");
    let app = TestApp::setup().file(&file).start().await;
    let seller = app.seller().await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.hold(true);
    let held = register(&seller, &slow, &["product.created"]).await;
    register(&seller, &quick, &["product.created"]).await;
    for number in 0..8 {
        app.product_of(&seller, &format!("Lamp {number}"), "10.00", 5).await;
    }
    quick.when(8).await;
    let failed = |one: &Value| one["attempts"] != json!(0);
    let all = eventually("all tried", async || {
        Some(deliveries(&seller, &held).await)
            .filter(|all| all.len() == 8 && all.iter().all(failed))
    })
    .await;
    assert_eq!(all[7]["log"][0]["error"], "there was no answer within 1 s");
    assert_eq!(all[7]["response_status"], json!(null));
    slow.hold(false);
    app.stop().await;
}

#[tokio::test]
async fn nobody_is_led_elsewhere_and_nobody_is_there() {
    let app = super::start().await;
    let seller = app.seller().await;
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    first.redirect_to(&second.url());
    let webhook = register(&seller, &first, &["*"]).await;
    seller.post(&format!("{}/test", path(&webhook)), json!({})).await.expect(202);
    let delivery = delivery_when(&seller, &webhook, "an answer", |one| one["attempts"] == 1).await;
    assert_eq!(
        (&delivery["status"], &delivery["response_status"]),
        (&json!("pending"), &json!(307))
    );
    assert!(second.received().is_empty());

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    let change = json!({ "url": url });
    seller.put(&path(&webhook), change).await.expect(200);
    seller.post(&format!("{}/test", path(&webhook)), json!({})).await.expect(202);
    let delivery = delivery_when(&seller, &webhook, "no answer", |one| {
        one["attempts"] == 1 && one["response_status"].is_null()
    });
    let error = text(&delivery.await["log"][0], "error");
    assert!(error.starts_with("cannot connect"), "{error}");
    app.finish().await;
}

#[tokio::test]
async fn what_was_delivered_is_forgotten_after_a_month() {
    let (app, clock) = start_with_clock().await;
    let (seller, receiver) = (app.seller().await, Receiver::start().await);
    let webhook = register(&seller, &receiver, &["*"]).await;
    seller.post(&format!("{}/test", path(&webhook)), json!({})).await.expect(202);
    delivery_when(&seller, &webhook, "a delivery", |one| one["status"] == "delivered").await;
    clock.advance(Duration::from_hours(24 * 29));
    jobs::run_now(&app.server.state, Job::TidyUp).await.unwrap();
    let seller = app.renewed_as(&seller, Role::Seller);
    assert_eq!(deliveries(&seller, &webhook).await.len(), 1);
    clock.advance(Duration::from_hours(24 * 2));
    let seller = app.renewed_as(&seller, Role::Seller);
    eventually("nothing left", async || {
        // Whoever else is at it does the same.
        jobs::run_now(&app.server.state, Job::TidyUp).await.unwrap();
        deliveries(&seller, &webhook).await.is_empty().then_some(())
    })
    .await;
    app.finish().await;
}
