//! What webhooks are told: to each what its owner may see, and of nobody's person anything.

use std::collections::BTreeSet;

use aggregates::account::Role;
use serde_json::{Value, json};

use super::receiver::{Received, Receiver};
use super::{path, register};
use crate::support::app::TestApp;
use crate::support::client::{Client, text};
use crate::support::wait::eventually;

/// A seller, or the store, who is told everything.
async fn told(owner: Client) -> (Client, Receiver) {
    let receiver = Receiver::start().await;
    register(&owner, &receiver, &["*"]).await;
    (owner, receiver)
}

fn types(receiver: &Receiver) -> BTreeSet<String> {
    receiver.received().iter().map(|one| text(&one.body, "type")).collect()
}

async fn step(app: &TestApp, order: &str, status: &str) {
    let path = format!("/orders/{order}/status");
    app.admin().await.put(&path, json!({ "status": status })).await.expect(200);
}

#[tokio::test]
async fn the_store_is_told_everything_and_a_seller_of_the_own_part() {
    let app = super::start().await;
    let (_, store) = told(app.admin().await).await;
    let (lamps, lamp_seller) = told(app.seller().await).await;
    let (chairs, chair_seller) = told(app.seller().await).await;
    let lamp = app.product_of(&lamps, "Lamp", "10.00", 9).await;
    let chair = app.product_of(&chairs, "Chair", "20.55", 9).await;
    let buyer = app.customer().await;
    let order = buyer.order_items(&[(&lamp, 3), (&chair, 1)]).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    for status in ["processing", "shipped", "delivered"] {
        step(&app, &order, status).await;
    }
    let review = json!({ "product_id": lamp, "rating": 5, "comment": "bright and Aliya" });
    let review = buyer.post("/reviews", review).await.expect(201).id();
    let refund =
        json!({ "reason": "Aliya is sad", "lines": [{ "product_id": lamp, "quantity": 1 }] });
    let path = format!("/orders/{order}/refund");
    app.admin().await.post(&path, refund).await.expect(200);

    store.first("order.refunded").await;
    let told = lamp_seller.first("order.refunded").await;
    let data = &told.body["data"];
    assert_eq!((&data["subtotal"], &data["total_amount"]), (&json!("30.00"), &json!("30.00")));
    assert_eq!(data["items"].as_array().unwrap().len(), 1);
    assert_eq!(data["items"][0]["product_id"], lamp.as_str());
    assert_eq!(data["refund"]["lines"][0]["amount"], "10.00");
    let whole = store.first("order.placed").await.body;
    assert_eq!(whole["data"]["id"], order.as_str());
    assert_eq!(whole["data"]["status"], "pending", "as it was then");
    assert_eq!(whole["data"]["total_amount"], "1550.55");
    assert_eq!(store.first("order.confirmed").await.body["data"]["payment_status"], "completed");
    let reviewed = lamp_seller.first("review.published").await.body;
    assert_eq!((&reviewed["data"]["id"], &reviewed["data"]["rating"]), (&json!(review), &json!(5)));
    let paid = store.first("payment.completed").await.body;
    assert_eq!(
        (&paid["data"]["order_id"], &paid["data"]["amount"]),
        (&json!(order), &json!("1550.55"))
    );

    let orders = ["order.placed", "order.confirmed", "order.shipped", "order.delivered"];
    let own = ["product.created", "stock.changed"];
    let expected = |more: &[&str]| -> BTreeSet<String> {
        orders.iter().chain(&own).chain(more).map(|&name| name.to_owned()).collect()
    };
    eventually("all of the lamps", async || {
        (types(&lamp_seller) == expected(&["order.refunded", "review.published"])).then_some(())
    })
    .await;
    eventually("all of the chairs", async || (types(&chair_seller) == expected(&[])).then_some(()))
        .await;
    for (receiver, foreign) in [
        (&lamp_seller, [chair.as_str(), "Chair", "20.55", "1550.55"]),
        (&chair_seller, [lamp.as_str(), "Lamp", "30.00", "1550.55"]),
    ] {
        for one in receiver.received() {
            assert!(foreign.iter().all(|foreign| !one.text.contains(*foreign)), "{}", one.text);
        }
    }
    for one in [&store, &lamp_seller, &chair_seller].into_iter().flat_map(Receiver::received) {
        for personal in ["Almaty", "+7 700", "@example", "Aliya", "delivery_address", "phone"] {
            assert!(!one.text.contains(personal), "{personal}: {}", one.text);
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn payments_that_fail_orders_that_end_and_gift_cards_are_told_without_codes() {
    let app = super::start().await;
    let (admin, store) = told(app.admin().await).await;
    let product = app.product("10.00", 9).await;
    let buyer = app.customer().await;
    let order = buyer.order_items(&[(&product, 3)]).await.expect(201).id();
    // Of counts that follow at once only the latest is told.
    let counted = |units: i64| {
        let of_product = |one: &Received| one.body["data"]["product_id"] == product.as_str();
        let all = store.of("stock.changed");
        all.iter().filter(|one| of_product(one) && one.body["data"]["quantity"] == units).count()
    };
    eventually("the units that are set aside", async || (counted(6) > 0).then_some(())).await;
    let there = counted(9);
    buyer.pay(&order, "tok_declined").await.expect(201);
    buyer.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
    let gift = json!({ "amount": 700, "recipient_email": "friend@example.com" });
    let gift = admin.post("/giftcards/create", gift).await.expect(201).body;
    let failed = store.first("payment.failed").await.body;
    assert_eq!(failed["data"]["status"], "failed");
    let cancelled = store.first("order.cancelled").await.body;
    assert_eq!(
        (&cancelled["data"]["id"], &cancelled["data"]["status"]),
        (&json!(order), &json!("cancelled"))
    );
    let issued = store.first("giftcard.issued").await;
    assert_eq!(
        (&issued.body["data"]["id"], &issued.body["data"]["balance"]),
        (&gift["id"], &json!("700.00"))
    );
    let code = text(&gift, "code");
    for part in [code.as_str(), &code[15..], "friend@"] {
        assert!(!issued.text.contains(part), "{part}: {}", issued.text);
    }
    eventually("the units that came back", async || (counted(9) > there).then_some(())).await;
    app.finish().await;
}

#[tokio::test]
async fn a_webhook_is_told_what_it_wants_and_each_event_once() {
    let app = super::start().await;
    let (seller, receiver) = (app.seller().await, Receiver::start().await);
    let webhook = register(&seller, &receiver, &["product.updated", "product.deleted"]).await;
    let lamp = app.product_of(&seller, "Lamp", "10.00", 5).await;
    let change = json!({ "name": "Better lamp", "price": "12.00", "description": "bright" });
    seller.put(&format!("/products/{lamp}"), change).await.expect(200);
    seller.delete(&format!("/products/{lamp}")).await.expect(204);
    app.product_of(&app.seller().await, "Chair", "10.00", 5).await;
    // In any order: each is sent on its own.
    let updated = receiver.first("product.updated").await.body;
    let deleted = receiver.first("product.deleted").await.body;
    let told = receiver.received();
    assert_eq!(told.len(), 2, "{told:?}");
    let data = &updated["data"];
    assert_eq!((&data["name"], &data["price"]), (&json!("Better lamp"), &json!("12.00")));
    assert_eq!(deleted["data"]["id"], lamp.as_str());

    let off = json!({ "is_enabled": false });
    let shown = seller.put(&path(&webhook), off).await.expect(200).body;
    assert_eq!(
        (&shown["is_enabled"], &shown["disabled_reason"]),
        (&json!(false), &json!("by_hand"))
    );
    let (_, witness) = self::told(app.admin().await).await;
    let table = app.product_of(&seller, "Table", "10.00", 5).await;
    let table = format!("/products/{table}");
    seller.patch(&table, json!({ "price": "11.00" })).await.expect(200);
    witness.first("product.updated").await;
    assert_eq!(receiver.received().len(), 2, "what is disabled gets nothing");
    app.finish().await;
}

#[tokio::test]
async fn who_is_nobody_any_more_is_told_nothing() {
    let app = super::start().await;
    let root = app.admin().await;
    let (witness, seen) = told(app.admin().await).await;
    let (demoted, first) = told(app.admin().await).await;
    let (blocked, second) = told(app.seller().await).await;
    let role = format!("/admin/users/{}/role", demoted.id);
    root.put(&role, json!({ "role": "seller" })).await.expect(200);
    let block = format!("/admin/users/{}/block", blocked.id);
    let product = app.product_of(&blocked, "Lamp", "10.00", 5).await;
    second.first("product.created").await;
    let before = second.received().len();
    root.put(&block, json!({ "reason": "fraud" })).await.expect(200);
    let path = format!("/products/{product}");
    witness.patch(&path, json!({ "price": "11.00" })).await.expect(200);
    seen.first("product.updated").await;
    assert!(first.received().is_empty(), "a seller is not told of what others sell");
    assert_eq!(second.of("product.updated").len(), 0);
    assert!(second.received().len() <= before + 1, "but of the stock of before");

    let again = app.renewed_as(&demoted, Role::Seller);
    let own: Value = again.post("/products", json!({ "name": "Mine", "price": "1.00" })).await.body;
    let told = first.first("product.created").await;
    assert_eq!(told.body["data"]["id"], own["id"]);
    app.finish().await;
}
