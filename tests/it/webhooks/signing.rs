//! Signatures, checked by a computation of the test's own, and secrets that are replaced.

use std::sync::Arc;
use std::time::Duration;

use aggregates::account::Role;
use ledgerline::clock::ManualClock;
use serde_json::json;

use super::receiver::Receiver;
use super::{TOML, delivery_when, path, register};
use crate::support::app::{TestApp, now};
use crate::support::client::text;

#[tokio::test]
async fn a_message_is_signed_as_the_specification_says() {
    let app = super::start().await;
    let (seller, receiver) = (app.seller().await, Receiver::start().await);
    let webhook = register(&seller, &receiver, &["product.created"]).await;
    let secret = text(&webhook, "secret");
    let product = app.product_of(&seller, "Lamp", "10.00", 5).await;
    let message = receiver.first("product.created").await;
    assert_eq!(message.signed_by(&secret), (1, true));
    assert_eq!(message.signed_by(&format!("whsec_{}", "A".repeat(43) + "=")), (1, false));
    assert!((now().timestamp() - message.timestamp).abs() < 60, "{}", message.timestamp);
    assert_eq!((message.path.as_str(), message.host), ("/hooks?shop=1", receiver.addr.to_string()));
    assert_eq!(message.body["data"]["id"], product.as_str());
    assert!(message.body["timestamp"].is_string(), "{}", message.text);
    let members: Vec<_> = message.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["type", "timestamp", "data"]);

    let delivery =
        delivery_when(&seller, &webhook, "a delivery", |one| one["status"] == "delivered");
    let delivery = delivery.await;
    assert_eq!(text(&delivery, "id"), message.id);
    assert_eq!(delivery["attempts"], 1);
    assert_eq!(
        (&delivery["response_status"], &delivery["next_attempt_at"]),
        (&json!(200), &json!(null))
    );
    assert_eq!(delivery["log"][0]["response"], "so be it");
    assert!(delivery["duration_ms"].is_u64(), "{delivery}");
    assert_eq!(receiver.received().len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn for_a_day_the_old_secret_signs_beside_the_new_one() {
    let clock = Arc::new(ManualClock::at(now()));
    let app = TestApp::setup().file(TOML).clock(Arc::clone(&clock)).start().await;
    let (seller, receiver) = (app.seller().await, Receiver::start().await);
    let webhook = register(&seller, &receiver, &["*"]).await;
    let (path, old) = (path(&webhook), text(&webhook, "secret"));
    let rotated = seller.post(&format!("{path}/rotate"), json!({})).await.expect(200).body;
    let new = text(&rotated, "secret");
    assert_ne!(new, old);
    assert_eq!(rotated["secrets"].as_array().unwrap().len(), 2);
    seller.post(&format!("{path}/test"), json!({})).await.expect(202);
    let first = receiver.when(1).await.remove(0);
    assert_eq!(first.body["type"], "webhook.test");
    assert_eq!((first.signed_by(&old), first.signed_by(&new)), ((2, true), (2, true)));

    clock.advance(Duration::from_hours(25));
    let seller = app.renewed_as(&seller, Role::Seller);
    seller.post(&format!("{path}/test"), json!({})).await.expect(202);
    let second = receiver.when(2).await.remove(1);
    assert_eq!((second.signed_by(&old), second.signed_by(&new)), ((1, false), (1, true)));
    let shown = seller.get(&path).await.expect(200).body;
    assert_eq!(shown["secrets"].as_array().unwrap().len(), 1);
    assert!(shown["secret"].is_null());
    app.finish().await;
}

#[tokio::test]
async fn only_so_many_secrets_are_replaced_within_a_day() {
    let app = super::start().await;
    let (seller, receiver) = (app.seller().await, Receiver::start().await);
    let webhook = register(&seller, &receiver, &["*"]).await;
    let rotate = format!("{}/rotate", path(&webhook));
    for _ in 0..3 {
        seller.post(&rotate, json!({})).await.expect(200);
    }
    seller.post(&rotate, json!({})).await.refused(409, "too_many_secrets");
    app.finish().await;
}

#[tokio::test]
async fn a_secret_is_shown_once_and_stored_nowhere_in_the_open() {
    let app = super::start().await;
    let (seller, receiver) = (app.seller().await, Receiver::start().await);
    let body = json!({ "url": receiver.url(), "events": ["*"] });
    let first = seller.post("/webhooks", &body).key("hook").await.expect(201);
    let secret = text(&first.body, "secret");
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    let again = seller.post("/webhooks", &body).key("hook").await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.body, first.body, "a repetition is told the same");
    let path = path(&first.body);
    for shown in [seller.get(&path).await.expect(200), seller.get("/webhooks").await.expect(200)] {
        assert!(!shown.text.contains(&secret[6..40]), "{}", shown.text);
    }
    let pool = app.pool().await;
    for sql in [
        "SELECT count(*) FROM events WHERE payload::text LIKE $1 OR metadata::text LIKE $1",
        "SELECT count(*) FROM idempotency WHERE response::text LIKE $1",
        "SELECT count(*) FROM personal_data WHERE value LIKE $1",
        "SELECT count(*) FROM read.webhooks WHERE state::text LIKE $1",
    ] {
        let like = format!("%{}%", &secret[6..40]);
        let found: i64 = sqlx::query_scalar(sql).bind(like).fetch_one(&pool).await.unwrap();
        assert_eq!(found, 0, "{sql}");
    }
    seller.delete(&path).await.expect(204);
    let left = "SELECT count(*) FROM personal_data WHERE key LIKE 'webhook_secret/%'";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0, "the secret goes with the webhook");
    pool.close().await;
    app.finish().await;
}
