//! API1:2023, broken object level authorisation: ids of others in paths, bodies, filters, headers and
//! keys. Products and orders in paths are in `http::authorisation`, reviews in `community::access`,
//! the panel of sellers in `panels::sellers`.

use super::items;
use crate::support::app::TestApp;
use crate::support::client::{Client, order_body, text};
use aggregates::account::Role;
use serde_json::{Value, json};

/// An order with a lamp of the one seller and a chair of the other.
struct Shared {
    sellers: [Client; 2],
    products: [String; 2],
    buyer: Client,
    order: String,
}

async fn shared(app: &TestApp) -> Shared {
    let sellers = [app.seller().await, app.seller().await];
    let lamp = app.product_of(&sellers[0], "Lamp", "10.00", 9).await;
    let chair = app.product_of(&sellers[1], "Chair", "20.55", 9).await;
    let buyer = app.customer().await;
    let order = buyer.order_items(&[(&lamp, 3), (&chair, 1)]).await.expect(201).id();
    Shared { sellers, products: [lamp, chair], buyer, order }
}

#[tokio::test]
async fn a_seller_is_shown_the_own_lines_of_an_order_and_nothing_of_the_others() {
    let app = TestApp::start().await;
    let shop = shared(&app).await;
    let path = format!("/orders/{}", shop.order);
    let (one, other) = (&shop.sellers[0], &shop.sellers[1]);
    let mut stream = one.open(&format!("{path}/events")).await;
    let first = stream.chunk().await.unwrap().unwrap();
    drop(stream);
    let page = one.get("/orders").await.expect(200);
    let alone = one.get(&path).await.expect(200);
    let event = String::from_utf8(first.to_vec()).unwrap();
    for shown in [&page.text, &alone.text, &event] {
        assert!(shown.contains(&shop.products[0]), "{shown}");
        for foreign in [shop.products[1].as_str(), "Chair", "20.55", "50.55", "1550.55", "Abay"] {
            assert!(!shown.contains(foreign), "{foreign}: {shown}");
        }
        assert!(!shown.contains(&other.id.to_string()), "{shown}");
    }
    assert_eq!(items(&page.body)[0], alone.body);
    assert_eq!(alone.body["items"].as_array().unwrap().len(), 1);
    for (member, expected) in [
        ("subtotal", "30.00"),
        ("total_amount", "30.00"),
        ("delivery_cost", "0.00"),
        ("amount_due", "0.00"),
    ] {
        assert_eq!(alone.body[member], expected, "{member}");
    }
    for reader in [&shop.buyer, &app.admin().await] {
        let whole = reader.get(&path).await.expect(200).body;
        assert_eq!(
            (&whole["subtotal"], &whole["total_amount"]),
            (&json!("50.55"), &json!("1550.55"))
        );
        assert_eq!(whole["delivery_address"], "Almaty, Abay 1");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_seller_knows_the_address_only_while_the_goods_are_on_their_way() {
    let app = TestApp::start().await;
    let (seller, buyer) = (app.seller().await, app.customer().await);
    let lamp = app.product_of(&seller, "Lamp", "10.00", 9).await;
    let order = buyer.order_items(&[(&lamp, 1)]).await.expect(201).id();
    let path = format!("/orders/{order}");
    let hidden = (Value::Null, Value::Null);
    let address = |order: &Value| (order["delivery_address"].clone(), order["phone"].clone());
    assert_eq!(address(&seller.order_now(&order).await), hidden, "not paid yet");
    buyer.pay(&order, "tok_ok").await.expect(201);
    let known = (json!("Almaty, Abay 1"), json!("+7 700 000 00 00"));
    assert_eq!(address(&seller.order_now(&order).await), known);
    for (status, expected) in [("processing", &known), ("shipped", &known), ("delivered", &hidden)]
    {
        let step = seller.put(&format!("{path}/status"), json!({ "status": status })).await;
        assert_eq!(address(&step.expect(200).body), *expected, "{status}");
        assert_eq!(address(&seller.order_now(&order).await), *expected, "{status}");
    }
    assert_eq!(address(&buyer.order_now(&order).await), known, "their own");
    app.finish().await;
}

#[tokio::test]
async fn ids_of_others_in_bodies_are_of_no_use() {
    let app = TestApp::start().await;
    let shop = shared(&app).await;
    let (buyer, order) = (&shop.buyer, &shop.order);
    let gift = json!({ "amount": "900.00" });
    let gift = app.admin().await.post("/giftcards/create", gift).await.expect(201).body;
    let code = text(&gift, "code");
    for stranger in [app.customer().await, app.user(Role::Analyst).await, app.seller().await] {
        stranger.pay(order, "tok_ok").await.refused(404, "order_not_found");
        let redeem = json!({ "code": code, "order_id": order });
        stranger.post("/giftcards/redeem", redeem).await.refused(404, "order_not_found");
        let review = json!({ "product_id": shop.products[0], "order_id": order, "rating": 1 });
        let refused = stranger.post("/reviews", review).await;
        assert!((400..500).contains(&refused.status), "{}", refused.text);
    }
    let now = buyer.order_now(order).await;
    assert_eq!((&now["status"], &now["gift_card_amount"]), (&json!("pending"), &json!("0.00")));
    let balance = app.guest().get(&format!("/giftcards/{code}/balance")).await.expect(200);
    assert_eq!(balance.body["balance"], "900.00");
    app.finish().await;
}

#[tokio::test]
async fn payments_of_others_do_not_exist() {
    let app = TestApp::start().await;
    let shop = shared(&app).await;
    let payment = shop.buyer.pay(&shop.order, "tok_ok").await.expect(201).id();
    let [one, of_order] =
        [format!("/payments/{payment}"), format!("/payments/order/{}", shop.order)];
    let stranger = app.customer().await;
    // Not even who sells a part of the order sees how it is paid.
    for other in [&stranger, &shop.sellers[0], &app.user(Role::Auditor).await] {
        other.get(&one).await.refused(404, "payment_not_found");
        assert_eq!(other.get(&of_order).await.status, 404);
    }
    for reader in [&shop.buyer, &app.admin().await] {
        assert_eq!(reader.get(&one).await.expect(200).body["user_id"], shop.buyer.id.to_string());
        assert_eq!(items(&reader.get(&of_order).await.expect(200).body).len(), 1);
    }
    app.finish().await;
}

#[tokio::test]
async fn filters_do_not_lead_to_what_is_somebody_elses() {
    let app = TestApp::start().await;
    let shop = shared(&app).await;
    let wish = json!({ "product_id": shop.products[0] });
    shop.buyer.post("/wishlist/items", &wish).await.expect(201);
    shop.buyer.add_to_cart(&shop.products[0], 1).await;
    let stranger = app.customer().await;
    let lists = ["/orders", "/wishlist", "/giftcards/history", "/loyalty/history", "/cart"];
    for name in ["user_id", "user", "id", "sub", "owner_id", "buyer_id", "seller_id", "caller"] {
        for list in lists {
            let path = format!("{list}?{name}={}", shop.buyer.id);
            let answer = stranger.get(&path).await.expect(200);
            assert_eq!(items(&answer.body), &Vec::<Value>::new(), "{path}");
        }
        let path = format!("/auth/me?{name}={}", shop.buyer.id);
        assert_eq!(stranger.get(&path).await.expect(200).id(), stranger.id.to_string());
    }
    app.finish().await;
}

#[tokio::test]
async fn the_id_of_an_account_is_no_key_to_its_cart() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let (victim, thief) = (app.customer().await, app.customer().await);
    victim.add_to_cart(&product, 2).await;
    let id = victim.id.to_string();
    let cookie = format!("session_id={id}");
    for client in [app.guest(), thief] {
        for (name, value) in [("X-Session-Id", &id), ("Cookie", &cookie)] {
            let seen = client.get("/cart").header(name, value).await.expect(200).body;
            assert_eq!(items(&seen), &Vec::<Value>::new(), "{name}");
            client.delete("/cart").header(name, value).await;
        }
    }
    assert_eq!(victim.get("/cart").await.expect(200).body["items"][0]["quantity"], 2);
    app.finish().await;
}

#[tokio::test]
async fn an_idempotency_key_replays_nothing_to_anybody_else() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    let mut body = order_body("card");
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    let (victim, thief) = (app.customer().await, app.customer().await);
    let first = victim.post("/orders", &body).key("the-same").await.expect(201);
    let second = thief.post("/orders", &body).key("the-same").await.expect(201);
    assert_ne!(first.id(), second.id());
    assert_eq!(second.body["user_id"], thief.id.to_string());
    assert_eq!(second.header("idempotent-replayed"), "");
    app.finish().await;
}
