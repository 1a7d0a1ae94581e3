//! API3:2023, broken object property level authorisation: what clients may not set, and what nobody may
//! see. The parts of orders are in [`super::api01_object_level_authorisation`], codes at rest in
//! `value::cards`, what `/auth/register` answers in `http::accounts`.

use super::{items, paths};
use crate::support::app::{TestApp, any_id};
use crate::support::client::{order_body, text};
use aggregates::account::Role;
use reqwest::Method;
use serde_json::{Value, json};

/// Adds to a body what a client must not decide.
fn with(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("{more}") };
    body.as_object_mut().unwrap().extend(more);
    body
}

#[tokio::test]
async fn nobody_gives_an_account_what_is_the_servers_to_give() {
    let app = TestApp::start().await;
    let wanted = any_id().to_string();
    let more = json!({
        "id": wanted, "is_verified": true, "is_admin": true, "is_active": true, "balance": "1000.00",
        "points": 1000, "tier": "gold", "password_hash": "x", "created_at": "2000-01-01T00:00:00Z",
    });
    let body = json!({ "email": "one@example.kz", "password": "correct horse battery" });
    let made = app.guest().post("/auth/register", with(body, more.clone())).await.expect(201);
    assert_ne!(made.id(), wanted);
    assert_eq!(
        (&made.body["is_verified"], &made.body["role"]),
        (&json!(false), &json!("customer"))
    );
    assert!(!text(&made.body, "created_at").starts_with("2000"));

    let (user, _) = app.registered("two@example.kz", "customer").await;
    let before = user.get("/auth/me").await.expect(200).body;
    let raised = json!({ "role": "admin", "email": "root@example.kz", "user_id": any_id() });
    for method in [Method::PUT, Method::PATCH] {
        let body = with(with(json!({ "first_name": "Dana" }), more.clone()), raised.clone());
        let call = user.call(method, "/api/v1/auth/profile").json(&body);
        assert_eq!(call.await.expect(200).body["first_name"], "Dana");
    }
    let after = user.get("/auth/me").await.expect(200).body;
    for member in ["id", "email", "role", "is_active", "is_verified", "created_at"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    user.get("/admin/users").await.refused(403, "role_not_allowed");
    app.finish().await;
}

#[tokio::test]
async fn a_product_belongs_to_who_makes_it_and_is_rated_by_who_bought_it() {
    let app = TestApp::start().await;
    let (seller, other) = (app.seller().await, app.seller().await);
    let wanted = any_id().to_string();
    let more = json!({
        "id": wanted, "seller_id": other.id, "user_id": other.id, "rating": "5.00",
        "reviews_count": 99, "version": 77, "currency": "USD",
    });
    let body = json!({ "name": "Lamp", "price": "10.00", "quantity": 5 });
    let made = seller.post("/products", with(body, more.clone())).await.expect(201);
    assert_ne!(made.id(), wanted);
    let path = format!("/products/{}", made.id());
    for _ in 0..2 {
        let shown = app.guest().get(&path).await.expect(200).body;
        assert_eq!(shown["seller_id"], seller.id.to_string());
        assert_eq!((&shown["rating"], &shown["reviews_count"]), (&json!("0.00"), &json!(0)));
        assert_eq!(shown["currency"], "KZT");
        seller.patch(&path, with(json!({ "name": "Light" }), more.clone())).await.expect(200);
    }
    let row = with(json!({ "name": "Chair", "price": "20.00" }), more);
    seller.post("/products/bulk", json!([row])).await;
    assert_eq!(items(&other.get("/seller/products").await.expect(200).body).len(), 0);
    assert_eq!(items(&seller.get("/seller/products").await.expect(200).body).len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn no_buyer_names_a_price() {
    let app = TestApp::start().await;
    let product = app.product("1000.00", 9).await;
    let (buyer, other) = (app.customer().await, app.customer().await);
    let cheap = json!({
        "price": "0.01", "line_total": "0.01", "discount": "999.99", "unit_price": "0.01",
        "seller_id": buyer.id,
    });
    let line = with(json!({ "product_id": product, "quantity": 2 }), cheap);
    let cart = buyer.post("/cart/items", &line).await.expect(201).body;
    assert_eq!(cart["items"][0]["price"], "1000.00");
    let whole = json!({
        "user_id": other.id, "subtotal": "0.01", "total_amount": "0.01", "amount_due": "0.00",
        "delivery_cost": "0.00", "discount": "2000.00", "status": "delivered", "number": "L-1",
        "points_earned": 1_000_000, "gift_card_amount": "2000.00", "payment_status": "completed",
        "items": [line],
    });
    let order = buyer.post("/orders", with(order_body("card"), whole)).await.expect(201);
    for (member, expected) in [
        ("subtotal", json!("2000.00")),
        ("total_amount", json!("3500.00")),
        ("amount_due", json!("3500.00")),
        ("discount", json!("0.00")),
        ("gift_card_amount", json!("0.00")),
        ("status", json!("pending")),
        ("user_id", json!(buyer.id)),
    ] {
        assert_eq!(order.body[member], expected, "{member}");
    }
    assert!(order.body["points_earned"].as_u64().unwrap() < 1000, "{}", order.text);
    assert_ne!(order.body["number"], "L-1");
    let pay = json!({
        "order_id": order.id(), "payment_method": "card", "card_token": "tok_declined",
        "amount": "0.01", "status": "completed", "user_id": other.id, "transaction_id": "paid",
    });
    let payment = buyer.post("/payments", pay).await.body;
    assert_eq!((&payment["amount"], &payment["status"]), (&json!("3500.00"), &json!("failed")));
    assert_eq!(buyer.order_now(&order.id()).await["status"], "pending");
    app.finish().await;
}

#[tokio::test]
async fn a_gift_card_is_worth_what_was_paid_and_a_review_is_published_by_who_may() {
    let app = TestApp::setup().file("[reviews]\nmoderation = \"before\"\n").start().await;
    let buyer = app.customer().await;
    let card = json!({
        "amount": "1500.00", "card_token": "tok_ok", "balance": "999999.00", "status": "active",
        "initial_amount": "999999.00", "code": "AAAA-AAAA-AAAA-AAAA", "held": "-1.00",
    });
    let card = buyer.post("/giftcards/create", card).await.expect(201).body;
    assert_eq!((&card["balance"], &card["initial_amount"]), (&json!("1500.00"), &json!("1500.00")));
    assert_ne!(card["code"], "AAAA-AAAA-AAAA-AAAA");

    let product = app.product("10.00", 9).await;
    let mut body = order_body("cash_on_delivery");
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    let order = buyer.post("/orders", body).await.expect(201).id();
    let admin = app.admin().await;
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{order}/status");
        admin.put(&path, json!({ "status": status })).await.expect(200);
    }
    let more = json!({ "status": "published", "user_id": admin.id, "moderated_by": admin.id });
    let body = with(json!({ "product_id": product, "rating": 5, "comment": "Mine" }), more.clone());
    let review = buyer.post("/reviews", body).await.expect(201);
    assert_eq!(
        (&review.body["status"], &review.body["user_id"]),
        (&json!("pending"), &json!(buyer.id))
    );
    let edit = with(json!({ "comment": "Still mine" }), more);
    let edited = buyer.put(&format!("/reviews/{}", review.id()), edit).await.expect(200).body;
    assert_eq!((&edited["status"], &edited["user_id"]), (&json!("pending"), &json!(buyer.id)));
    app.finish().await;
}

#[tokio::test]
async fn no_answer_shows_a_hash_or_a_token_and_no_public_one_a_person() {
    let app = TestApp::start().await;
    let (seller, _) = app.registered("secret.seller@example.kz", "seller").await;
    let (buyer, login) = app.registered("secret.buyer@example.kz", "customer").await;
    let product = app.product_of(&seller, "Lamp", "1000.00", 9).await;
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    let card = json!({ "amount": "900.00", "recipient_email": "secret.friend@example.kz" });
    let admin = app.registered_admin().await;
    let card = admin.post("/giftcards/create", card).await.expect(201).body;
    let (code, refresh) = (text(&card, "code"), text(&login, "refresh_token"));
    let pool = app.pool().await;
    let hashes: Vec<String> =
        sqlx::query_scalar("SELECT value FROM personal_data WHERE value LIKE '%$argon2%'")
            .fetch_all(&pool)
            .await
            .unwrap();
    pool.close().await;
    assert!(hashes.len() >= 3, "there is something to hide");

    let mut secrets = vec!["$argon2", "password_hash", "code_hash", code.as_str(), &refresh];
    let plain = code.replace('-', "");
    secrets.push(&plain);
    let mut lists: Vec<String> = paths()
        .into_iter()
        .filter(|(path, item)| item["get"].is_object() && !path.ends_with("/events"))
        .map(|(path, _)| path)
        .collect();
    for (kind, id) in [("account", buyer.id.to_string()), ("order", order.clone())] {
        lists.push(format!("/api/v1/audit/streams/{kind}/{id}"));
    }
    lists.push(format!("/api/v1/orders/{order}"));
    lists.push(format!("/api/v1/products/{product}"));
    let auditor = app.user(Role::Auditor).await;
    let mut shown = 0;
    for path in &lists {
        for reader in [&buyer, &seller, &admin, &auditor] {
            let answer = reader.call(Method::GET, path).await;
            shown += u32::from(answer.status == 200);
            for secret in &secrets {
                assert!(!answer.text.contains(secret), "{path} shows {secret}: {}", answer.text);
            }
        }
        let public = app.guest().call(Method::GET, path).await;
        for personal in ["@example.kz", "Abay", "+7 700"] {
            assert!(!public.text.contains(personal), "{path} shows {personal}: {}", public.text);
        }
    }
    assert!(shown > 60, "{shown} answers");
    app.finish().await;
}
