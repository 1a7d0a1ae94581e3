//! Whatever an administrator does is an event that names them: of accounts, reviews, promotions, gift
//! cards, and of what belongs to sellers and buyers.

use aggregates::account::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::{Answer, Call, Client, order_body, text};

/// The newest event of a stream, as auditors see it.
async fn newest(auditor: &Client, stream: &str) -> Value {
    let path = format!("/audit/streams/{stream}?limit=100");
    let page = auditor.get(&path).await.expect(200).body;
    page["items"].as_array().unwrap().last().unwrap().clone()
}

/// What an administrator does, and the stream and the type of the event that it becomes. The stream is
/// named after the answer where only that knows its id.
struct Action {
    call: Call,
    stream: String,
    event: &'static str,
}

fn action(call: Call, stream: impl Into<String>, event: &'static str) -> Action {
    Action { call, stream: stream.into(), event }
}

/// A customer with a delivered order of the product and a review of it, and an order that is not sent
/// yet: customer, review, order.
async fn buyer(app: &TestApp, product: &str) -> (Client, String, String) {
    let (buyer, other) = (app.customer().await, app.admin().await);
    let mut body = order_body("cash_on_delivery");
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    let order = buyer.post("/orders", &body).await.expect(201).id();
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{order}/status");
        other.put(&path, json!({ "status": status })).await.expect(200);
    }
    let review = json!({ "product_id": product, "rating": 4, "comment": "Good" });
    let review = buyer.post("/reviews", review).await.expect(201).id();
    let order = buyer.post("/orders", &body).await.expect(201).id();
    (buyer, review, order)
}

#[tokio::test]
async fn whatever_an_administrator_does_is_an_event_that_names_them() {
    let app = TestApp::start().await;
    let (admin, seller) = (app.admin().await, app.seller().await);
    let product = app.product_of(&seller, "Lamp", "10.00", 9).await;
    let (buyer, review, order) = buyer(&app, &product).await;
    let card = app.admin().await.post("/giftcards/create", json!({ "amount": "900.00" })).await;
    let card = text(&card.expect(201).body, "id");
    let of_user =
        |what: &str, body: Value| admin.put(&format!("/admin/users/{}/{what}", buyer.id), body);
    let account = format!("account/{}", buyer.id);
    let to = |status: &str| json!({ "status": status });
    let moderate = |status: &str| admin.put(&format!("/reviews/{review}/moderate"), to(status));
    let terms = json!({ "code": "SPRING", "kind": "percent", "value": 10 });
    let changed = json!({ "kind": "percent", "value": 15 });
    let of_product = |body: Value| admin.patch(&format!("/products/{product}"), body);
    let of_card = |what: &str| admin.post(&format!("/giftcards/{card}/{what}"), json!({}));
    let [one_review, one_product, one_order, one_card] = [
        format!("review/{review}"),
        format!("product/{product}"),
        format!("order/{order}"),
        format!("gift_card/{card}"),
    ];
    let actions = [
        action(of_user("role", json!({ "role": "seller" })), &account, "RoleChanged"),
        action(of_user("block", json!({ "reason": "fraud" })), &account, "Blocked"),
        action(of_user("unblock", json!({})), &account, "Unblocked"),
        action(moderate("rejected"), &one_review, "Rejected"),
        action(moderate("published"), &one_review, "Published"),
        action(admin.delete(&format!("/reviews/{review}")), &one_review, "Deleted"),
        action(admin.post("/promos/create", &terms), "promotion/SPRING", "Created"),
        action(admin.put("/promos/SPRING", &changed), "promotion/SPRING", "Changed"),
        action(admin.delete("/promos/SPRING"), "promotion/SPRING", "Withdrawn"),
        action(
            admin.post("/giftcards/create", json!({ "amount": "5.00" })),
            "gift_card/",
            "Issued",
        ),
        action(of_card("disable"), &one_card, "Disabled"),
        action(of_card("reissue"), &one_card, "Reissued"),
        action(of_product(json!({ "name": "Torch" })), &one_product, "DetailsChanged"),
        action(of_product(json!({ "price": "9.00" })), &one_product, "PriceChanged"),
        action(of_product(json!({ "is_active": false })), &one_product, "Deactivated"),
        action(
            admin.put(
                &format!("/products/{product}/stock"),
                json!({ "delta": 1, "reason": "found" }),
            ),
            format!("stock_item/{product}"),
            "Adjusted",
        ),
        action(admin.delete(&format!("/products/{product}")), &one_product, "Archived"),
        action(
            admin.put(&format!("/orders/{order}/status"), to("processing")),
            &one_order,
            "ProcessingStarted",
        ),
        action(
            admin.put(&format!("/orders/{order}/status"), to("cancelled")),
            &one_order,
            "Cancelled",
        ),
    ];
    let auditor = app.user(Role::Auditor).await;
    for Action { call, stream, event } in actions {
        let answer: Answer = call.await;
        assert!((200..300).contains(&answer.status), "{stream} {event}: {}", answer.text);
        let stream = if stream.ends_with('/') { stream + &answer.id() } else { stream };
        let found = newest(&auditor, &stream).await;
        assert_eq!(
            (&found["event_type"], &found["metadata"]["actor"]),
            (&json!(event), &json!(admin.id)),
            "{stream}: {found}"
        );
    }
    app.finish().await;
}
