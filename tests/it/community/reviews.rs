//! Who may review what, and how often.

use super::{advance, buy, comments, order, owner, rated, review};
use crate::support::app::{TestApp, any_id};
use crate::support::client::order_body;
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn only_a_delivered_order_of_the_product_lets_its_buyer_review_it() {
    let app = TestApp::start().await;
    let (product, other) = (app.product("10.00", 9).await, app.product("10.00", 9).await);
    let (buyer, stranger) = (app.customer().await, app.customer().await);
    review(&buyer, &product, 5, "never bought").await.refused(403, "not_a_buyer");

    let placed = order(&buyer, &product).await;
    for step in ["processing", "shipped"] {
        review(&buyer, &product, 5, "too early").await.refused(403, "not_a_buyer");
        let named = json!({ "product_id": product, "order_id": placed, "rating": 5 });
        buyer.post("/reviews", named).await.refused(403, "not_a_buyer");
        advance(&app, &placed, step).await;
    }
    advance(&app, &placed, "delivered").await;

    let named = |product: &str| json!({ "product_id": product, "order_id": placed, "rating": 5 });
    stranger.post("/reviews", named(&product)).await.refused(403, "not_a_buyer");
    buyer.post("/reviews", named(&other)).await.refused(403, "not_a_buyer");
    let nowhere = json!({ "product_id": product, "order_id": any_id(), "rating": 5 });
    buyer.post("/reviews", nowhere).await.refused(403, "not_a_buyer");

    let posted = review(&buyer, &product, 4, " Хорошая лампа ").await.expect(201);
    assert_eq!(posted.header("location"), format!("/api/v1/reviews/{}", posted.id()));
    assert_eq!(posted.header("etag"), "\"1\"");
    assert_eq!(posted.body["comment"], "Хорошая лампа");
    assert_eq!(posted.body["status"], "published");
    assert_eq!(posted.body["user_id"], buyer.id.to_string());
    let shown = app.guest().get(&format!("/reviews/{}", posted.id())).await.expect(200);
    assert_eq!((&shown.body, shown.header("etag")), (&posted.body, "\"1\""));
    assert_eq!(rated(&app, &product).await, ("4.00".to_owned(), 1));
    assert_eq!(rated(&app, &other).await, ("0.00".to_owned(), 0));
    app.finish().await;
}

#[tokio::test]
async fn what_was_sent_back_can_be_reviewed_and_ones_own_goods_cannot() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "10.00", 9).await;
    let buyer = app.customer().await;
    let returned = buy(&app, &buyer, &product).await;
    let reason = json!({ "reason": "broken" });
    seller.post(&format!("/orders/{returned}/refund"), reason).await.expect(200);
    assert_eq!(buyer.order_now(&returned).await["status"], "refunded");
    review(&buyer, &product, 1, "It was broken").await.expect(201);

    buy(&app, &seller, &product).await;
    review(&seller, &product, 5, "The best").await.refused(403, "own_product");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_reviews_at_once_one_is_posted() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let buyer = owner(&app, &product).await;
    let sessions: Vec<_> = (0..20).map(|_| buyer.reconnected()).collect();
    let posts = (0..20).zip(&sessions).map(|(number, session)| {
        let rating = u8::try_from(number % 5 + 1).unwrap();
        review(session, &product, rating, &format!("Number {number}")).into_future()
    });
    let answers = join_all(posts).await;
    let (posted, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(posted.len(), 1);
    for answer in refused {
        answer.refused(409, "review_exists");
    }
    let kept = comments(&app.guest(), &format!("/reviews?product_id={product}")).await;
    assert_eq!(kept, [posted[0].body["comment"].clone()], "the text is that of the winner");
    let rating = posted[0].body["rating"].as_i64().unwrap();
    assert_eq!(rated(&app, &product).await, (format!("{rating}.00"), 1));
    app.finish().await;
}

#[tokio::test]
async fn the_author_edits_and_deletes_and_writes_anew() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let buyer = owner(&app, &product).await;
    let id = review(&buyer, &product, 4, "Good").await.expect(201).id();
    let path = format!("/reviews/{id}");

    let edited = buyer.put(&path, json!({ "rating": 2 })).await.expect(200);
    assert_eq!((&edited.body["rating"], &edited.body["comment"]), (&json!(2), &json!("Good")));
    assert_eq!(edited.header("etag"), "\"2\"");
    assert_eq!(rated(&app, &product).await, ("2.00".to_owned(), 1));
    // The same again changes nothing, not even the version.
    let same = buyer.put(&path, json!({ "rating": 2, "comment": "Good" })).await.expect(200);
    assert_eq!(same.header("etag"), "\"2\"");
    let stale = buyer.put(&path, json!({ "rating": 5 })).header("If-Match", "\"1\"");
    stale.await.refused(412, "version_mismatch");
    let cleared = buyer.put(&path, json!({ "comment": " " })).await.expect(200);
    assert_eq!(cleared.body["comment"], json!(null));
    assert_eq!(buyer.get(&path).await.expect(200).body["comment"], json!(null));

    buyer.delete(&path).await.expect(204);
    buyer.delete(&path).await.refused(404, "review_not_found");
    buyer.get(&path).await.refused(404, "review_not_found");
    assert_eq!(rated(&app, &product).await, ("0.00".to_owned(), 0));
    let again = review(&buyer, &product, 5, "On second thoughts").await.expect(201);
    assert_eq!((again.id(), again.header("etag")), (id, "\"5\""));
    assert_eq!(rated(&app, &product).await, ("5.00".to_owned(), 1));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_review_is_refused_by_field() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let buyer = owner(&app, &product).await;
    for (field, body) in [
        ("/rating", json!({ "product_id": product, "rating": 0 })),
        ("/rating", json!({ "product_id": product, "rating": 6 })),
        ("/rating", json!({ "product_id": product, "rating": 4.5 })),
        ("/comment", json!({ "product_id": product, "rating": 4, "comment": "x".repeat(5001) })),
        ("/product_id", json!({ "product_id": "lamp", "rating": 4 })),
    ] {
        let problem = buyer.post("/reviews", &body).await.refused(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], field, "{problem}");
    }
    app.guest().get("/reviews?rating=6").await.refused(422, "validation_failed");
    app.guest().get("/reviews?sort=price").await.refused(422, "validation_failed");
    let longest = "ж".repeat(5000);
    let posted = review(&buyer, &product, 4, &longest).await.expect(201);
    assert_eq!(posted.body["comment"], longest);
    app.finish().await;
}

#[tokio::test]
async fn a_repeated_request_posts_once_and_gets_the_same_answer() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let buyer = owner(&app, &product).await;
    let first = review(&buyer, &product, 3, "Fine").key("once").await.expect(201);
    let second = review(&buyer, &product, 3, "Fine").key("once").await.expect(201);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(first.body, second.body);
    review(&buyer, &product, 4, "Fine").key("once").await.refused(422, "idempotency_key_reused");
    app.finish().await;
}

#[tokio::test]
async fn a_cart_that_is_paid_by_card_counts_like_one_in_cash() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 2).await;
    let order = buyer.post("/orders", order_body("card")).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    for status in ["processing", "shipped", "delivered"] {
        review(&buyer, &product, 5, "Early").await.refused(403, "not_a_buyer");
        advance(&app, &order, status).await;
    }
    review(&buyer, &product, 5, "Here it is").await.expect(201);
    app.finish().await;
}
