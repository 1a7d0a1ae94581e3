//! Who may do what with the reviews and wishlists of others.

use super::{comments, moderate, owner, rated, review};
use crate::support::app::{TestApp, any_id};
use aggregates::account::Role;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn strangers_leave_reviews_as_they_are() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let author = owner(&app, &product).await;
    let id = review(&author, &product, 4, "Good").await.expect(201).id();
    let path = format!("/reviews/{id}");
    for stranger in [
        owner(&app, &product).await,
        app.seller().await,
        app.user(Role::Auditor).await,
        app.user(Role::Analyst).await,
    ] {
        stranger.put(&path, json!({ "rating": 1 })).await.refused(403, "not_author");
        stranger.delete(&path).await.refused(403, "not_author");
        moderate(&stranger, &id, json!({ "status": "rejected" }))
            .await
            .refused(403, "role_not_allowed");
        for hidden in ["pending", "rejected"] {
            let queue = format!("/reviews?status={hidden}");
            stranger.get(&queue).await.refused(403, "not_yours");
            let of_author = format!("{queue}&user_id={}", author.id);
            stranger.get(&of_author).await.refused(403, "not_yours");
        }
    }
    // An administrator moderates, and puts no words into anybody's mouth.
    let admin = app.admin().await;
    admin.put(&path, json!({ "comment": "Excellent" })).await.refused(403, "not_author");
    assert_eq!(rated(&app, &product).await, ("4.00".to_owned(), 1));

    moderate(&admin, &id, json!({ "status": "rejected" })).await.expect(200);
    let stranger = app.customer().await;
    stranger.put(&path, json!({ "rating": 1 })).await.refused(404, "review_not_found");
    stranger.delete(&path).await.refused(404, "review_not_found");
    assert!(comments(&stranger, &format!("/reviews?user_id={}", author.id)).await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn every_change_and_every_wishlist_needs_a_token() {
    let app = TestApp::start().await;
    let guest = app.guest();
    let id = any_id();
    for (method, path) in [
        (Method::POST, "/reviews".to_owned()),
        (Method::PUT, format!("/reviews/{id}")),
        (Method::DELETE, format!("/reviews/{id}")),
        (Method::PUT, format!("/reviews/{id}/moderate")),
        (Method::GET, "/wishlist".to_owned()),
        (Method::POST, "/wishlist/items".to_owned()),
        (Method::GET, format!("/wishlist/items/{id}")),
        (Method::DELETE, format!("/wishlist/items/{id}")),
    ] {
        for prefix in ["/api/v1", "/api"] {
            let call = guest.call(method.clone(), &format!("{prefix}{path}"));
            call.json(&json!({})).await.refused(401, "not_authenticated");
        }
    }
    guest.get("/reviews?status=pending").await.refused(401, "not_authenticated");
    assert_eq!(guest.get("/reviews").await.expect(200).body["items"], json!([]));
    guest.get(&format!("/reviews/{id}")).await.refused(404, "review_not_found");
    let customer = app.customer().await;
    customer.put(&format!("/reviews/{id}"), json!({})).await.refused(404, "review_not_found");
    customer.delete(&format!("/reviews/{id}")).await.refused(404, "review_not_found");
    app.finish().await;
}

#[tokio::test]
async fn a_blocked_buyer_writes_nothing_and_what_they_wrote_stays() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let (author, _) = app.registered("loud@example.kz", "customer").await;
    super::buy(&app, &author, &product).await;
    let id = review(&author, &product, 2, "LOUD").await.expect(201).id();
    let admin = app.registered_admin().await;
    let path = format!("/admin/users/{}/block", author.id);
    admin.put(&path, json!({ "reason": "shouting" })).await.expect(200);
    author.put(&format!("/reviews/{id}"), json!({ "rating": 1 })).await.expect(401);
    assert_eq!(rated(&app, &product).await, ("2.00".to_owned(), 1));
    app.finish().await;
}
