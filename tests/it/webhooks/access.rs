//! Whose webhooks are whose, and what may be registered.

use aggregates::account::Role;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{TOML, delivery_when, path, register};
use crate::support::app::{TestApp, any_id};
use crate::support::client::text;

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn sellers_do_not_see_each_others_webhooks_and_administrators_see_all() {
    let app = super::start().await;
    let (one, other, receiver) = (app.seller().await, app.seller().await, Receiver::start().await);
    let webhook = register(&one, &receiver, &["*"]).await;
    let foreign = register(&other, &receiver, &["*"]).await;
    one.post(&format!("{}/test", path(&webhook)), json!({})).await.expect(202);
    let delivery = delivery_when(&one, &webhook, "a delivery", |_| true).await;
    let (path, delivery) = (path(&webhook), text(&delivery, "id"));
    let resend = format!("{path}/deliveries/{delivery}/resend");
    for call in [
        other.get(&path),
        other.get(&format!("{path}/deliveries")),
        other.put(&path, json!({ "is_enabled": false })),
        other.delete(&path),
        other.post(&format!("{path}/rotate"), json!({})),
        other.post(&format!("{path}/test"), json!({})),
        other.post(&resend, json!({})),
    ] {
        call.await.refused(404, "webhook_not_found");
    }
    let through_own = format!("{}/deliveries/{delivery}/resend", super::path(&foreign));
    other.post(&through_own, json!({})).await.refused(404, "delivery_not_found");
    assert_eq!(ids(&other.get("/webhooks").await.expect(200).body), [text(&foreign, "id")]);
    assert_eq!(ids(&one.get("/webhooks").await.expect(200).body), [text(&webhook, "id")]);
    let admin = app.admin().await;
    let all = admin.get("/webhooks").await.expect(200).body;
    assert_eq!(ids(&all), [text(&webhook, "id"), text(&foreign, "id")]);
    admin.put(&path, json!({ "is_enabled": false })).await.expect(200);
    for role in [Role::Customer, Role::Auditor, Role::Analyst] {
        let user = app.user(role).await;
        let body = json!({ "url": receiver.url(), "events": ["*"] });
        user.post("/webhooks", body).await.refused(403, "role_not_allowed");
        user.get(&path).await.refused(403, "role_not_allowed");
    }
    app.finish().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let app = super::start().await;
    let seller = app.seller().await;
    let url = "https://shop.example/hooks";
    for (body, pointer) in [
        (json!({ "url": url, "events": [] }), "/events"),
        (json!({ "url": url, "events": ["order.eaten"] }), "/events/0"),
        (json!({ "url": url, "events": ["*", 1] }), "/events/1"),
        (json!({ "url": url, "events": ["payment.completed"] }), "/events"),
        (json!({ "url": url, "events": ["giftcard.issued", "*"] }), "/events"),
        (json!({ "url": url, "events": vec!["*"; 51] }), "/events"),
        (json!({ "url": url }), "/events"),
        (json!({ "events": ["*"] }), "/url"),
        (json!({ "url": "", "events": ["*"] }), "/url"),
        (json!({ "url": "no url", "events": ["*"] }), "/url"),
        (json!({ "url": format!("{url}/{}", "x".repeat(2000)), "events": ["*"] }), "/url"),
        (json!({ "url": format!("{url}/{}", "ж".repeat(900)), "events": ["*"] }), "/url"),
        (json!({ "url": url, "events": ["*"], "description": "x".repeat(201) }), "/description"),
    ] {
        let refused = seller.post("/webhooks", &body).await.refused(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}: {refused}");
    }
    assert_eq!(ids(&seller.get("/webhooks").await.body), [""; 0]);
    let body =
        json!({ "url": url, "events": ["order.placed", "*"], "description": "the warehouse" });
    let made = seller.post("/webhooks", body).await.expect(201);
    let path = path(&made.body);
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    assert_eq!(made.body["events"], json!(["*", "order.placed"]));
    let change = |body: Value| seller.put(&path, body);
    change(json!({ "events": ["payment.failed"] })).await.refused(422, "validation_failed");
    change(json!({ "url": "ftp://shop.example" })).await.refused(422, "validation_failed");
    let stale = change(json!({ "is_enabled": false })).header("If-Match", "\"7\"").await;
    stale.refused(412, "version_mismatch");
    assert_eq!(seller.get(&path).await.expect(200).header("etag"), "\"1\"");
    let nothing = change(json!({ "url": url })).await.expect(200);
    assert_eq!(nothing.header("etag"), "\"1\"", "nothing has changed");
    let changed =
        change(json!({ "description": null, "events": ["stock.changed"] })).await.expect(200);
    assert_eq!((&changed.body["description"], &changed.body["url"]), (&json!(null), &json!(url)));
    assert_eq!(changed.body["events"], json!(["stock.changed"]));
    seller.delete(&path).await.expect(204);
    seller.get(&path).await.refused(404, "webhook_not_found");
    seller.delete(&path).await.refused(404, "webhook_not_found");
    let unknown = format!("/webhooks/{}", any_id());
    seller.put(&unknown, json!({})).await.refused(404, "webhook_not_found");
    app.finish().await;
}

#[tokio::test]
async fn an_account_has_so_many_webhooks_and_a_test_comes_once_for_a_key() {
    let app = TestApp::setup().file(&format!("{TOML}per_account = 2\n")).start().await;
    let (seller, receiver) = (app.seller().await, Receiver::start().await);
    let first = register(&seller, &receiver, &["*"]).await;
    register(&seller, &receiver, &["stock.changed"]).await;
    let body = json!({ "url": receiver.url(), "events": ["*"] });
    let refused = seller.post("/webhooks", &body).await.refused(409, "too_many_webhooks");
    assert_eq!(refused["limit"], 2);
    let test = format!("{}/test", path(&first));
    let asked = seller.post(&test, json!({})).key("test").await.expect(202);
    let again = seller.post(&test, json!({})).key("test").await.expect(202);
    assert_eq!(again.body, asked.body);
    let other = seller.post(&test, json!({})).await.expect(202);
    receiver.when(2).await;
    let told = receiver.received();
    let mut told: Vec<_> = told.iter().map(|one| one.id.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, [text(&asked.body, "delivery_id"), text(&other.body, "delivery_id")]);
    app.finish().await;
}
