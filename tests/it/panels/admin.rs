//! The lists of administrators, and that what they do takes effect at once.

use super::{buy, items, product};
use crate::support::app::{TestApp, any_id};
use crate::support::client::{Client, text};
use serde_json::{Value, json};

async fn ids(admin: &Client, path: &str) -> Vec<String> {
    let page = admin.get(path).await.expect(200).body;
    items(&page).iter().map(|item| text(item, "id")).collect()
}

#[tokio::test]
async fn accounts_are_found_by_parts_of_names_and_addresses_and_by_what_they_are() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let (aigerim, _) = app.registered("aigerim@example.kz", "customer").await;
    let name = json!({ "first_name": "Айгерим", "last_name": "Сатпаева" });
    aigerim.patch("/auth/profile", name).await.expect(200);
    let (shop, _) = app.registered("shop@example.kz", "seller").await;
    let found = async |parameters: &[(&str, &str)]| {
        let page = admin.find("/admin/users", parameters).await.expect(200).body;
        items(&page).iter().map(|user| text(user, "id")).collect::<Vec<_>>()
    };
    let id = |client: &Client| client.id.to_string();
    assert_eq!(found(&[("q", "AIGERIM@")]).await, [id(&aigerim)]);
    assert_eq!(found(&[("q", "сатпа")]).await, [id(&aigerim)]);
    assert_eq!(found(&[("q", "example.kz")]).await, [id(&shop), id(&aigerim)], "newest first");
    assert_eq!(found(&[("q", "example.kz"), ("role", "seller")]).await, [id(&shop)]);
    assert_eq!(found(&[("q", "nobody")]).await, Vec::<String>::new());
    assert_eq!(found(&[("q", "%")]).await, Vec::<String>::new(), "no pattern");

    let path = |client: &Client, what: &str| format!("/admin/users/{}/{what}", client.id);
    admin.put(&path(&shop, "block"), json!({ "reason": "fraud" })).await.expect(200);
    shop.get("/seller/products").await.refused(401, "token_revoked");
    assert_eq!(found(&[("is_active", "false")]).await, [id(&shop)]);
    let stats = admin.get("/admin/stats").await.expect(200).body;
    assert_eq!((&stats["total_users"], &stats["active_users"]), (&json!(3), &json!(2)));
    admin.put(&path(&shop, "unblock"), json!({})).await.expect(200);
    assert_eq!(found(&[("is_active", "false")]).await, Vec::<String>::new());
    admin.put(&path(&aigerim, "role"), json!({ "role": "analyst" })).await.expect(200);
    aigerim.get("/auth/me").await.refused(401, "token_revoked");
    assert_eq!(found(&[("role", "analyst")]).await, [id(&aigerim)]);
    let login = app.login("aigerim@example.kz").await;
    let analyst = app.guest().with_token(&text(&login, "access_token"), aigerim.id);
    analyst.get("/analytics/sales").await.expect(200);

    let first = admin.get("/admin/users?limit=2").await.expect(200).body;
    let cursor = text(&first, "next_cursor");
    let second = admin.get(&format!("/admin/users?limit=2&cursor={cursor}")).await.expect(200).body;
    assert_eq!((items(&first).len(), items(&second).len()), (2, 1));
    assert_eq!(second["next_cursor"], Value::Null);
    admin.get("/admin/users?role=emperor").await.refused(422, "validation_failed");
    app.finish().await;
}

#[tokio::test]
async fn all_orders_and_all_products_are_there_whoever_they_belong_to() {
    let app = TestApp::start().await;
    let (admin, one, other) = (app.admin().await, app.seller().await, app.seller().await);
    let lamp = product(&one, "Lamp", "10.00", "home", "").await;
    let chair = product(&other, "Chair", "20.00", "home", "").await;
    let (ann, bob) = (app.customer().await, app.customer().await);
    let first = buy(&ann, &[(&lamp, 1), (&chair, 1)]).await;
    let second = bob.order_items(&[(&chair, 2)]).await.expect(201).id();
    assert_eq!(ids(&admin, "/admin/orders").await, [second.as_str(), &first]);
    assert_eq!(ids(&admin, &format!("/admin/orders?user={}", ann.id)).await, [first.as_str()]);
    assert_eq!(ids(&admin, &format!("/admin/orders?seller={}", one.id)).await, [first.as_str()]);
    assert_eq!(ids(&admin, "/admin/orders?status=pending").await, [second.as_str()]);
    assert_eq!(ids(&admin, &format!("/admin/orders?user={}", any_id())).await, [""; 0]);
    let placed = admin.order_now(&second).await;
    let from = [("from", placed["created_at"].as_str().unwrap())];
    let page = admin.find("/admin/orders", &from).await.expect(200).body;
    assert_eq!(text(&items(&page)[0], "id"), second);
    assert_eq!(items(&page).len(), 1);
    admin.get("/admin/orders?user=nobody").await.refused(422, "validation_failed");

    one.patch(&format!("/products/{lamp}"), json!({ "is_active": false })).await.expect(200);
    other.delete(&format!("/products/{chair}")).await.expect(204);
    assert_eq!(ids(&app.guest(), "/products").await, [""; 0]);
    assert_eq!(ids(&admin, "/admin/products").await, [chair.as_str(), &lamp]);
    assert_eq!(ids(&admin, "/admin/products?show=unarchived").await, [lamp.as_str()]);
    assert_eq!(ids(&admin, "/admin/products?show=for_sale").await, [""; 0]);
    assert_eq!(ids(&admin, "/admin/products?q=chair").await, [chair.as_str()]);
    let of = format!("/admin/products?seller_id={}", one.id);
    let page = admin.get(&of).await.expect(200).body;
    let shown = &items(&page)[0];
    assert_eq!((&shown["is_active"], &shown["is_archived"]), (&json!(false), &json!(false)));
    let stats = admin.get("/admin/stats").await.expect(200).body;
    assert_eq!((&stats["total_products"], &stats["active_products"]), (&json!(1), &json!(0)));
    admin.get("/admin/products?show=some").await.refused(422, "validation_failed");

    let dashboard = admin.get("/admin/dashboard").await.expect(200).body;
    assert_eq!(dashboard["stats"], stats);
    assert_eq!(
        dashboard["funnel"],
        json!({ "cart": 0, "placed": 2, "confirmed": 1, "shipped": 0, "delivered": 0,
                "cancelled": 0 })
    );
    assert_eq!(text(&dashboard["recent_orders"][0], "id"), second);
    assert_eq!(dashboard["sales"]["revenue"], "30.00");
    app.finish().await;
}

#[tokio::test]
async fn jobs_and_read_models_say_how_they_stand() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    ledgerline::jobs::run_now(&app.server.state, ledgerline::jobs::Job::AssessTiers).await.unwrap();
    app.prove().await;
    let jobs = admin.get("/admin/jobs").await.expect(200).body;
    assert_eq!(items(&jobs).len(), ledgerline::jobs::Job::ALL.len());
    let job = items(&jobs).iter().find(|job| job["name"] == "assess-tiers").unwrap();
    assert!(job["finished_at"].is_string() && job["error"].is_null(), "{job}");
    let models = admin.get("/admin/projections").await.expect(200).body;
    let model = items(&models).iter().find(|model| model["name"] == "sales").unwrap();
    assert_eq!((&model["state"], &model["lag_events"]), (&json!("live"), &json!(0)));
    assert_eq!(items(&models).len(), projections::all().len());
    app.finish().await;
}
