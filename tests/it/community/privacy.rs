//! What somebody wrote goes with their account; what they thought of a product stays.

use super::{buy, moderate, rated, review};
use crate::support::app::TestApp;
use serde_json::json;

const TEXT: &str = "My name is Aigerim, I live at Abay 1 and like this lamp";

#[tokio::test]
async fn an_erasure_removes_the_text_and_keeps_the_rating() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let (author, _) = app.registered("aigerim@example.kz", "customer").await;
    buy(&app, &author, &product).await;
    let posted = review(&author, &product, 5, TEXT).key("posting").await.expect(201);
    let (id, path) = (posted.id(), format!("/reviews/{}", posted.id()));
    let admin = app.admin().await;
    let verdict = json!({ "status": "published" });
    let shown = moderate(&admin, &id, verdict.clone()).key("approving").await.expect(200);
    assert_eq!(shown.body["comment"], TEXT);
    author.post("/wishlist/items", json!({ "product_id": product })).await.expect(201);

    let export = author.get("/auth/me/export").await.expect(200).body;
    assert_eq!(export["reviews"][0]["comment"], TEXT);
    assert_eq!(export["wishlist"][0]["product_id"], product.as_str());

    let tag = app.guest().get(&path).await.expect(200).header("etag").to_owned();
    author.delete("/auth/me").await.expect(204);
    // Also to whoever has the version from before.
    let left = app.guest().get(&path).header("If-None-Match", &tag).await.expect(200).body;
    assert_eq!((&left["rating"], &left["comment"]), (&json!(5), &json!(null)));
    assert_eq!(rated(&app, &product).await, ("5.00".to_owned(), 1));

    // A moderator can still take it away, and that brings nothing back.
    let replayed = moderate(&admin, &id, verdict).key("approving").await.expect(200);
    assert_eq!(replayed.body["comment"], json!(null));
    admin.delete(&path).await.expect(204);
    let pool = app.pool().await;
    let personal: i64 =
        sqlx::query_scalar("SELECT count(*) FROM personal_data WHERE subject_id = $1")
            .bind(author.id)
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(personal, 0);
    let everything: String = sqlx::query_scalar(
        "SELECT string_agg(e.payload::text || e.metadata::text, ' ')
             || coalesce((SELECT string_agg(i.response::text, ' ') FROM idempotency i), '')
             || (SELECT string_agg(r::text, ' ') FROM read.reviews r)
           FROM events e",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(!everything.contains("Aigerim"), "{everything}");
    pool.close().await;
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_or_replaced_text_is_kept_nowhere() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let author = super::owner(&app, &product).await;
    let id = review(&author, &product, 5, TEXT).await.expect(201).id();
    let path = format!("/reviews/{id}");
    author.put(&path, json!({ "comment": "Fine" })).await.expect(200);
    let pool = app.pool().await;
    let kept = async |text: &str| -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM personal_data WHERE value = $1")
            .bind(text)
            .fetch_one(&pool)
            .await
            .unwrap()
    };
    assert_eq!((kept(TEXT).await, kept("Fine").await), (0, 1));
    author.delete(&path).await.expect(204);
    assert_eq!(kept("Fine").await, 0);
    pool.close().await;
    app.finish().await;
}
