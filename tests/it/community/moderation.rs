//! Reviews that are published at once and those that wait; what a rejection means.

use super::{BEFORE, comments, moderate, owner, rated, review};
use crate::support::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn where_reviews_are_approved_first_nobody_else_sees_one_before() {
    let app = TestApp::setup().file(BEFORE).start().await;
    let product = app.product("10.00", 9).await;
    let (author, admin) = (owner(&app, &product).await, app.admin().await);
    let posted = review(&author, &product, 4, "Good").await.expect(201);
    assert_eq!(posted.body["status"], "pending");
    let (id, path) = (posted.id(), format!("/reviews/{}", posted.id()));
    let list = format!("/reviews?product_id={product}");
    assert_eq!(rated(&app, &product).await, ("0.00".to_owned(), 0));
    for stranger in [app.guest(), app.customer().await, app.seller().await] {
        stranger.get(&path).await.refused(404, "review_not_found");
        assert!(comments(&stranger, &list).await.is_empty());
    }
    for reader in [&author, &admin] {
        assert_eq!(reader.get(&path).await.expect(200).body["comment"], "Good");
    }
    assert_eq!(comments(&author, &format!("/reviews?user_id={}", author.id)).await, ["Good"]);
    assert_eq!(comments(&admin, "/reviews?status=pending").await, ["Good"]);

    let approved = moderate(&admin, &id, json!({ "status": "published" })).await.expect(200);
    assert_eq!(
        (&approved.body["status"], &approved.body["comment"]),
        (&json!("published"), &json!("Good"))
    );
    assert_eq!(comments(&app.guest(), &list).await, ["Good"]);
    assert_eq!(rated(&app, &product).await, ("4.00".to_owned(), 1));
    assert!(comments(&admin, "/reviews?status=pending").await.is_empty());

    // A changed text is another text.
    let edited = author.put(&path, json!({ "comment": "Bad" })).await.expect(200);
    assert_eq!(edited.body["status"], "pending");
    assert_eq!(rated(&app, &product).await, ("0.00".to_owned(), 0));
    app.guest().get(&path).await.refused(404, "review_not_found");
    // Who approves what they saw does not approve what came after.
    let seen = moderate(&admin, &id, json!({ "status": "published" })).header("If-Match", "\"2\"");
    seen.await.refused(412, "version_mismatch");
    app.finish().await;
}

#[tokio::test]
async fn a_rejected_review_goes_and_its_author_is_read_first_from_then_on() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let (author, admin) = (owner(&app, &product).await, app.admin().await);
    let other = owner(&app, &product).await;
    review(&other, &product, 3, "So so").await.expect(201);
    let posted = review(&author, &product, 5, "Buy at mine instead").await.expect(201);
    let (id, path) = (posted.id(), format!("/reviews/{}", posted.id()));
    assert_eq!(rated(&app, &product).await, ("4.00".to_owned(), 2));

    let verdict = json!({ "status": "rejected", "reason": "advertises another shop" });
    let rejected = moderate(&admin, &id, verdict).await.expect(200);
    assert_eq!(rejected.body["status"], "rejected");
    assert_eq!(rated(&app, &product).await, ("3.00".to_owned(), 1));
    app.guest().get(&path).await.refused(404, "review_not_found");
    let own = author.get(&path).await.expect(200).body;
    assert_eq!(own["reason"], "advertises another shop");

    let edited = author.put(&path, json!({ "comment": "A good one" })).await.expect(200);
    assert_eq!((&edited.body["status"], &edited.body["reason"]), (&json!("pending"), &json!(null)));
    author.delete(&path).await.expect(204);
    let again = review(&author, &product, 5, "A good one").await.expect(201);
    assert_eq!(again.body["status"], "pending", "deleting it is no way round");
    moderate(&admin, &id, json!({ "status": "published" })).await.expect(200);
    assert_eq!(rated(&app, &product).await, ("4.00".to_owned(), 2));
    moderate(&admin, &id, json!({ "status": "pending" })).await.refused(422, "validation_failed");
    app.finish().await;
}

#[tokio::test]
async fn an_administrator_deletes_what_is_somebody_elses() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let author = owner(&app, &product).await;
    let id = review(&author, &product, 1, "Rude words").await.expect(201).id();
    app.admin().await.delete(&format!("/reviews/{id}")).await.expect(204);
    assert_eq!(rated(&app, &product).await, ("0.00".to_owned(), 0));
    let again = review(&author, &product, 1, "Ruder words").await.expect(201);
    assert_eq!(again.body["status"], "pending");
    app.finish().await;
}
