//! What is wrong with a request is said in a form that programs and people understand, and nothing
//! that a client sends is answered with a 5xx.

use aggregates::account::Role;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{TestApp, any_id};
use crate::support::client::{PREFIX, order_body};

/// The members of `errors` that point into the body.
fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
}

fn parameters(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().filter_map(|error| error["parameter"].as_str()).collect()
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_a_problem_too() {
    let app = TestApp::start().await;
    let guest = app.guest();
    for path in ["/nope", "/api/v1/nope", "/api/v1", "/products", "/docs/nope.js"] {
        guest.call(Method::GET, path).await.refused(404, "route_not_found");
    }
    let refused = guest.delete("/products").await;
    let allow = refused.header("allow").to_owned();
    refused.refused(405, "method_not_allowed");
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    app.stop().await;
}

#[tokio::test]
async fn bodies_of_the_wrong_kind_are_told_apart() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let path = format!("{PREFIX}/products");
    let post = |kind: &'static str, body: String| seller.call(Method::POST, &path).raw(kind, body);
    let good = json!({ "name": "Lamp", "price": "1.00" }).to_string();
    post("text/plain", good.clone()).await.refused(415, "unsupported_media_type");
    seller.call(Method::POST, &path).await.refused(415, "unsupported_media_type");
    post("application/json; charset=utf-8", good.clone()).await.expect(201);
    for malformed in ["", "{", "{\"name\": }", "{\"name\":\"Lamp\",\"price\":1} x", "\u{feff}{}"] {
        post("application/json", malformed.to_owned()).await.refused(400, "malformed_json");
    }
    let large = json!({ "name": "Lamp", "price": "1.00", "description": "x".repeat(1 << 20) });
    post("application/json", large.to_string()).await.refused(413, "body_too_large");
    // The limit is of the body, not of what it says: one byte less is read, and then refused.
    let deep = "[".repeat(100_000);
    let refused = post("application/json", deep).await;
    assert!([400, 422].contains(&refused.status), "{}", refused.text);
    app.stop().await;
}

#[tokio::test]
async fn an_invalid_value_is_pointed_at() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    for (body, pointer) in [
        (json!({ "price": "1.00" }), "/name"),
        (json!({ "name": 5, "price": "1.00" }), "/name"),
        (json!({ "name": "", "price": "1.00" }), "/name"),
        (json!({ "name": "x".repeat(201), "price": "1.00" }), "/name"),
        (json!({ "name": "Lamp", "price": "1.00", "quantity": -1 }), "/quantity"),
        (
            json!({ "name": "Lamp", "price": "1.00", "attributes": { "colour": 5 } }),
            "/attributes/colour",
        ),
        (json!({ "name": "Lamp", "price": "1.00", "image_urls": ["a", 5] }), "/image_urls/1"),
        (json!({ "name": "Lamp", "price": "1.00", "category": "" }), "/category"),
    ] {
        let problem = seller.post("/products", body).await.expect(422).body;
        assert_eq!(pointers(&problem), [pointer], "{problem}");
    }
    let mut order = order_body("card");
    order["items"] = json!([{ "product_id": any_id(), "quantity": 1000 }]);
    let problem = app.customer().await.post("/orders", order).await.expect(422).body;
    assert_eq!(pointers(&problem), ["/items/0/quantity"]);
    app.stop().await;
}

#[tokio::test]
async fn money_is_a_decimal_of_at_most_two_digits() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let priced = async |price: Value| {
        seller.post("/products", json!({ "name": "Lamp", "price": price })).await
    };
    for (given, shown) in [
        (json!("2599.00"), "2599.00"),
        (json!("2599"), "2599.00"),
        (json!(2599), "2599.00"),
        (json!(0.1), "0.10"),
        (json!("0.5"), "0.50"),
        (json!(0), "0.00"),
    ] {
        assert_eq!(priced(given).await.expect(201).body["price"], shown);
    }
    for refused in [
        json!("1.001"),
        json!(1.001),
        json!("-1.00"),
        json!(-1),
        json!("NaN"),
        json!("Infinity"),
        json!("1e400"),
        json!("1,50"),
        json!(""),
        json!("99999999999999999999999"),
        json!(null),
        json!(true),
        json!({}),
    ] {
        let problem = priced(refused).await.expect(422).body;
        assert_eq!(pointers(&problem), ["/price"], "{problem}");
    }
    let path = format!("{PREFIX}/products");
    let nan =
        seller.call(Method::POST, &path).raw("application/json", r#"{"name":"x","price":NaN}"#);
    nan.await.refused(400, "malformed_json");
    for price in ["1.001", "-1", "NaN"] {
        let problem = seller.find("/products", &[("min_price", price)]).await.expect(422).body;
        assert_eq!(parameters(&problem), ["min_price"]);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_character_that_no_database_stores_is_refused_wherever_it_comes_from() {
    let app = TestApp::start().await;
    let (seller, admin) = (app.seller().await, app.admin().await);
    let product = app.product_of(&seller, "Lamp", "1.00", 5).await;
    for (body, pointer) in [
        (json!({ "name": "La\0mp", "price": "1.00" }), "/name"),
        (json!({ "name": "Lamp", "price": "1.00", "attributes": { "a": "\0" } }), "/attributes/a"),
        (json!({ "name": "Lamp", "price": "1.00", "attributes": { "\0": "a" } }), "/attributes"),
        (json!({ "name": "Lamp", "price": "1.00", "image_urls": ["a", "\0"] }), "/image_urls/1"),
    ] {
        let problem = seller.post("/products", body).await.expect(422).body;
        assert_eq!(pointers(&problem), [pointer], "{problem}");
    }
    let mut order = order_body("card");
    order["delivery_address"] = json!("\0");
    order["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    app.customer().await.post("/orders", order).await.expect(422);
    let register =
        json!({ "email": "a@example.com", "password": "correct horse", "first_name": "\0" });
    app.guest().post("/auth/register", register).await.expect(422);
    let login = json!({ "email": "\0", "password": "\0" });
    app.guest().post("/auth/login", login).await.expect(422);
    let block = json!({ "reason": "\0" });
    admin.put(&format!("/admin/users/{}/block", any_id()), block).await.expect(422);
    for name in ["q", "category", "cursor", "sort", "\0"] {
        app.guest().find("/products", &[(name, "\0")]).await.expect(422);
    }
    // A cursor with such a text in it: `{"name":["\u0000", …]}` in base64.
    let cursor = "eyJuYW1lIjpbIlx1MDAwMCIsIjAxOTMzYjVmLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMCJdfQ";
    app.guest().find("/products", &[("sort", "name"), ("cursor", cursor)]).await.expect(422);
    let form =
        app.guest().call(Method::POST, "/token").form(&[("username", "\0"), ("password", "x")]);
    form.await.expect(422);
    // What only looks like it is a text like any other.
    let body = json!({ "name": "C:\\u0000", "price": "1.00" });
    assert_eq!(seller.post("/products", body).await.expect(201).body["name"], "C:\\u0000");
    app.finish().await;
}

#[tokio::test]
async fn a_time_that_no_database_stores_is_refused_and_stops_no_read_model() {
    let app = TestApp::start().await;
    let (admin, customer) = (app.admin().await, app.customer().await);
    let auditor = app.user(Role::Auditor).await;
    for time in ["+10000-01-01T00:00:00Z", "0000-06-01T00:00:00Z", "-200000-01-01T00:00:00Z"] {
        let card = json!({ "amount": "1000.00", "card_token": "tok_ok", "expires_at": time });
        let problem = customer.post("/giftcards/create", card).await.expect(422).body;
        assert_eq!(pointers(&problem), ["/expires_at"], "{problem}");
        for end in ["starts_at", "ends_at"] {
            let promo = json!({ "code": "ALWAYS", "kind": "percent", "value": "10", (end): time });
            let problem = admin.post("/promos/create", promo).await.expect(422).body;
            assert!(pointers(&problem)[0].ends_with(end), "{problem}");
        }
        for (client, path) in
            [(&customer, "/orders"), (&admin, "/admin/orders"), (&auditor, "/audit/ledger")]
        {
            for end in ["from", "to"] {
                let problem = client.find(path, &[(end, time)]).await.expect(422).body;
                assert_eq!(parameters(&problem), [end], "{path}");
            }
        }
    }
    let forged = json!({ "created_at": "-200000-01-01T00:00:00Z", "id": any_id() });
    let forged = URL_SAFE_NO_PAD.encode(forged.to_string());
    let problem = customer.find("/orders", &[("cursor", forged.as_str())]).await.expect(422).body;
    assert_eq!(parameters(&problem), ["cursor"]);
    app.finish().await;
}

#[tokio::test]
async fn texts_in_any_script_come_back_as_they_went() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    for name in
        ["Қымыз «Ақ» 0,5 л", "'; DROP TABLE events; --", "🧿👩‍👩‍👧‍👦", "a\u{7}\u{85}b", "\u{202e}lamp"]
    {
        let made =
            seller.post("/products", json!({ "name": name, "price": "1.00" })).await.expect(201);
        let shown = seller.get(&format!("/products/{}", made.id())).await.expect(200);
        assert_eq!(shown.body["name"], name);
        app.guest().find("/products", &[("q", name)]).await.expect(200);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_version_that_has_passed_cannot_be_changed() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let made =
        seller.post("/products", json!({ "name": "Lamp", "price": "1.00" })).await.expect(201);
    let (path, first) = (format!("/products/{}", made.id()), made.header("etag").to_owned());
    let change = |name: &str| seller.patch(&path, json!({ "name": name }));
    let changed = change("Bulb").header("If-Match", &first).await.expect(200);
    assert_ne!(changed.header("etag"), first);
    let stale = change("Torch").header("If-Match", &first).await.refused(412, "version_mismatch");
    assert_eq!(stale["version"], changed.body["version"]);
    seller.delete(&path).header("If-Match", &first).await.refused(412, "version_mismatch");
    change("Torch").header("If-Match", "*").await.expect(200);
    change("Candle").header("If-Match", "nonsense").await.expect(400);

    let shown = seller.get(&path).await.expect(200);
    let known = seller.get(&path).header("If-None-Match", shown.header("etag")).await.expect(304);
    assert_eq!(known.text, "");
    app.finish().await;
}

#[tokio::test]
async fn strict_clients_are_held_to_their_keys() {
    let app = TestApp::start().await;
    let product = app.product("1.00", 5).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 1).await;
    let strict = buyer.order().header("Ledgerline-Strict", "true");
    strict.await.refused(400, "idempotency_key_missing");
    let placed = buyer.order().header("Ledgerline-Strict", "true").key("k").await.expect(201);
    let strict = buyer.pay(&placed.id(), "tok_ok").header("Ledgerline-Strict", "true");
    strict.await.refused(400, "idempotency_key_missing");
    buyer.order().key(&"k".repeat(256)).await.expect(400);
    app.finish().await;
}

#[tokio::test]
async fn limits_are_announced_and_then_enforced() {
    let toml = "[rate_limits]\ngeneral = { per_minute = 60, burst = 5 }\n\
                auth = { per_minute = 6, burst = 2 }\n";
    let app = TestApp::setup().with(&["--rate-limits", "on"]).file(toml).start().await;
    let guest = app.guest();
    let login = json!({ "email": "a@example.com", "password": "correct horse" });
    for _ in 0..2 {
        let refused = guest.post("/auth/login", login.clone()).await.expect(401);
        assert!(refused.header("ratelimit").starts_with("\"auth\""));
        assert_eq!(refused.header("ratelimit-policy"), "\"auth\";q=6;w=60");
    }
    let limited = guest.post("/auth/login", login.clone()).await;
    let seconds: u32 = limited.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&seconds), "{seconds}");
    limited.refused(429, "rate_limited");
    // What is read is counted apart.
    for _ in 0..5 {
        guest.get("/products").await.expect(200);
    }
    guest.get("/products").await.refused(429, "rate_limited");
    guest.call(Method::GET, "/healthz").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn every_answer_can_be_traced_and_says_how_it_may_be_used() {
    let app = TestApp::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let refused = app.guest().get("/orders").header("traceparent", &parent).await;
    assert_eq!(refused.header("trace-id"), trace);
    assert_eq!(refused.header("x-content-type-options"), "nosniff");
    assert_eq!(refused.refused(401, "not_authenticated")["trace_id"], trace);
    app.stop().await;
}
