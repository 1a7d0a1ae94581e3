//! What time does: points and cards expire, promotions end, tiers are assessed; once, and by hand.

use super::{balance, card, earn, finish, points_of, promo};
use crate::support::app::TestApp;
use ledgerline::jobs::{self, Job};
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// Waits for the read models first: they say where there is something to do.
async fn run(app: &TestApp, job: Job) -> u64 {
    app.prove().await;
    let done = jobs::run_now(&app.server.state, job).await.unwrap();
    app.prove().await;
    done.expect("nobody else is at it")
}

#[tokio::test]
async fn points_expire_a_year_after_they_could_be_spent_and_are_announced_before() {
    let (app, clock) = TestApp::start_with_clock().await;
    let buyer = app.customer().await;
    earn(&app, &buyer, 100).await;
    assert_eq!(points_of(&app, &buyer).await["expiring"][0]["points"], 100);
    assert_eq!(run(&app, Job::AnnounceExpiry).await, 0);
    clock.advance(DAY * 340);
    assert_eq!(run(&app, Job::AnnounceExpiry).await, 1);
    assert_eq!(run(&app, Job::AnnounceExpiry).await, 0, "once");
    assert_eq!(run(&app, Job::ExpirePoints).await, 0);
    clock.advance(DAY * 26);
    let buyer = app.renewed(&buyer);
    assert_eq!(points_of(&app, &buyer).await["points"], 0, "also before the job comes round");
    // The job may have come round by itself meanwhile.
    run(&app, Job::ExpirePoints).await;
    assert_eq!(run(&app, Job::ExpirePoints).await, 0);
    let history = buyer.get("/loyalty/history").await.expect(200).body;
    let kinds: Vec<_> = history["items"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert!(kinds.contains(&&json!("expired")), "{kinds:?}");
    finish(app).await;
}

#[tokio::test]
async fn what_is_left_of_a_card_expires_and_comes_back_to_nobody() {
    let (app, clock) = TestApp::start_with_clock().await;
    let (_, code) = card(&app, "800.00").await;
    clock.advance(DAY * 1096);
    assert_eq!(balance(&app, &code).await["status"], "expired");
    run(&app, Job::ExpireGiftCards).await;
    assert_eq!(run(&app, Job::ExpireGiftCards).await, 0);
    let card = balance(&app, &code).await;
    assert_eq!((&card["balance"], &card["status"]), (&json!("0.00"), &json!("expired")));
    let buyer = app.customer().await;
    buyer
        .post("/giftcards/redeem", json!({ "code": code }))
        .await
        .refused(409, "gift_card_expired");
    finish(app).await;
}

#[tokio::test]
async fn a_tier_comes_with_the_spend_and_goes_after_a_month_of_grace() {
    let (app, clock) = TestApp::start_with_clock().await;
    let buyer = app.customer().await;
    let tier = async |buyer: &_| points_of(&app, buyer).await["tier"].clone();
    earn(&app, &buyer, 1000).await;
    assert_eq!(tier(&buyer).await, "silver", "100,000.00 at delivery");
    let status = points_of(&app, &buyer).await;
    assert_eq!(status["next_tier"], json!({ "name": "gold", "spend_needed": "200000.00" }));
    clock.advance(DAY * 366);
    run(&app, Job::AssessTiers).await;
    let buyer = app.renewed(&buyer);
    assert_eq!(tier(&buyer).await, "silver", "in its grace");
    clock.advance(DAY * 31);
    run(&app, Job::AssessTiers).await;
    assert_eq!(tier(&app.renewed(&buyer)).await, "bronze");
    assert_eq!(run(&app, Job::AssessTiers).await, 0);
    finish(app).await;
}

#[tokio::test]
async fn a_promotion_ends_with_its_window() {
    let (app, clock) = TestApp::start_with_clock().await;
    let ends_at = crate::support::app::now() + chrono::TimeDelta::days(2);
    promo(&app, "SOON", json!({ "kind": "fixed", "value": 10, "ends_at": ends_at })).await;
    let listed = async || {
        let active = app.guest().get("/promos/active").await.expect(200).body;
        active["items"].as_array().unwrap().len()
    };
    assert_eq!(listed().await, 1);
    clock.advance(DAY * 3);
    assert_eq!(listed().await, 0);
    run(&app, Job::ExpirePromotions).await;
    assert_eq!(run(&app, Job::ExpirePromotions).await, 0);
    finish(app).await;
}

#[tokio::test]
async fn a_job_runs_on_one_node_at_a_time_and_says_when_it_did() {
    let app = TestApp::start().await;
    let state = &app.server.state;
    let holder = state.entropy.new_id();
    let name = "job: assess-tiers";
    crate::support::wait::eventually("the right to the job", async || {
        let taken = eventlog::leases::acquire(&state.pool, name, holder, DAY).await.unwrap();
        taken.then_some(())
    })
    .await;
    assert_eq!(jobs::run_now(state, Job::AssessTiers).await.unwrap(), None);
    eventlog::leases::release(&state.pool, name, holder).await.unwrap();
    assert_eq!(jobs::run_now(state, Job::AssessTiers).await.unwrap(), Some(0));
    let runs = jobs::list(&state.pool).await.unwrap();
    let run = runs.into_iter().find(|run| run.job == Job::AssessTiers).unwrap();
    assert!(run.finished_at.is_some() && run.error.is_none(), "{run:?}");
    finish(app).await;
}
