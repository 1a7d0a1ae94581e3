//! Promotions over HTTP: made by administrators, tried without a trace, bounded by their terms.

use super::{finish, order_with, promo};
use crate::support::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_promotion_is_the_administrators_to_make_change_and_end() {
    let app = TestApp::start().await;
    let (admin, customer) = (app.admin().await, app.customer().await);
    let body = json!({ "code": "spring", "kind": "percent", "value": "12.5", "max_discount": 100 });
    customer.post("/promos/create", &body).await.refused(403, "role_not_allowed");
    let made = admin.post("/promos/create", &body).await.expect(201);
    assert_eq!((&made.body["code"], &made.body["value"]), (&json!("SPRING"), &json!("12.5")));
    assert_eq!(made.header("etag"), "\"1\"");
    admin.post("/promos/create", &body).await.refused(409, "promo_exists");

    let terms = json!({ "kind": "fixed", "value": 70 });
    let stale = admin.put("/promos/Spring", &terms).header("If-Match", "\"7\"").await;
    stale.refused(412, "version_mismatch");
    let changed = admin.put("/promos/Spring", &terms).header("If-Match", "\"1\"").await.expect(200);
    assert_eq!(
        (&changed.body["kind"], &changed.body["max_discount"]),
        (&json!("fixed"), &json!(null))
    );
    admin.put("/promos/unknown", &terms).await.refused(404, "promo_not_found");

    admin.delete("/promos/spring").await.expect(204);
    admin.put("/promos/spring", &terms).await.refused(409, "promo_withdrawn");
    let product = app.product("500.00", 5).await;
    let with = json!({ "promo_code": "SPRING" });
    order_with(&customer, &product, &with).await.refused(409, "promo_withdrawn");
    finish(app).await;
}

#[tokio::test]
async fn terms_that_contradict_themselves_are_refused_and_make_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for wrong in [
        json!({ "kind": "percent", "value": 0 }),
        json!({ "kind": "percent", "value": "100.01" }),
        json!({ "kind": "percent", "value": -5 }),
        json!({ "kind": "fixed", "value": 0 }),
        json!({ "kind": "fixed", "value": "1.001" }),
        json!({ "kind": "percent", "value": 5, "usage_limit": 0 }),
        json!({ "kind": "percent", "value": 5, "categories": [] }),
        json!({ "kind": "percent", "value": 5, "starts_at": "2030-01-02T00:00:00Z",
                "ends_at": "2030-01-01T00:00:00Z" }),
        json!({ "kind": "gift", "value": 5 }),
    ] {
        let mut body = wrong.clone();
        body["code"] = json!("WRONG");
        let answer = admin.post("/promos/create", &body).await;
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.text);
    }
    admin.delete("/promos/wrong").await.refused(404, "promo_not_found");
    finish(app).await;
}

#[tokio::test]
async fn trying_a_promotion_says_what_it_would_do_or_why_not() {
    let app = TestApp::start().await;
    let customer = app.customer().await;
    promo(&app, "BIG", json!({ "kind": "percent", "value": 50, "min_subtotal": 1000 })).await;
    promo(&app, "BOOKS", json!({ "kind": "fixed", "value": 10, "categories": ["books"] })).await;
    promo(
        &app,
        "LATER",
        json!({ "kind": "fixed", "value": 10,
                                 "starts_at": "2100-01-01T00:00:00Z" }),
    )
    .await;
    let product = app.product("600.00", 5).await;
    customer.add_to_cart(&product, 1).await;
    let tried = async |code: &str| {
        customer.post("/promos/verify", json!({ "code": code })).await.expect(200).body
    };
    for (code, reason) in [
        ("BIG", "promo_below_minimum"),
        ("BOOKS", "promo_not_applicable"),
        ("LATER", "promo_not_started"),
    ] {
        let answer = tried(code).await;
        assert_eq!((&answer["valid"], &answer["reason"]), (&json!(false), &json!(reason)));
        let status = if reason == "promo_not_started" { 409 } else { 422 };
        let apply = customer.post("/promos/apply", json!({ "code": code })).await;
        apply.refused(status, reason);
    }
    customer
        .post("/promos/verify", json!({ "code": "NONE" }))
        .await
        .refused(404, "promo_not_found");
    customer.add_to_cart(&product, 1).await;
    let answer = tried("big").await;
    assert_eq!((&answer["valid"], &answer["discount"]), (&json!(true), &json!("600.00")));
    assert_eq!(customer.get("/cart").await.expect(200).body["promo_code"], json!(null));
    app.guest().post("/promos/verify", json!({ "code": "BIG" })).await.expect(401);
    finish(app).await;
}

#[tokio::test]
async fn a_promotion_that_does_not_stack_excludes_points() {
    let app = TestApp::start().await;
    let buyer = app.customer().await;
    super::earn(&app, &buyer, 50).await;
    promo(&app, "ALONE", json!({ "kind": "fixed", "value": 10, "stackable": false })).await;
    let product = app.product("600.00", 5).await;
    let with = json!({ "promo_code": "ALONE", "points": 5 });
    order_with(&buyer, &product, &with).await.refused(422, "promo_not_stackable");
    buyer.add_to_cart(&product, 1).await;
    buyer.post("/loyalty/redeem", json!({ "points": 5 })).await.expect(200);
    let apply = buyer.post("/promos/apply", json!({ "code": "ALONE" })).await;
    apply.refused(422, "promo_not_stackable");
    buyer.delete("/cart/points").await.expect(200);
    buyer.post("/promos/apply", json!({ "code": "ALONE" })).await.expect(200);
    assert_eq!(buyer.order().await.expect(201).body["discount"], "10.00");
    finish(app).await;
}
