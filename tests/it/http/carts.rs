//! Carts: of users by their token, of guests by a cookie or a header.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{TestApp, any_id};
use crate::support::client::text;

#[tokio::test]
async fn a_cart_is_filled_changed_and_emptied() {
    let app = TestApp::start().await;
    let (lamp, mug) = (app.product("100.00", 10).await, app.product("5.50", 10).await);
    let buyer = app.customer().await;
    buyer.add_to_cart(&lamp, 2).await;
    let cart = buyer.post("/cart", json!({ "product_id": mug })).await.expect(201).body;
    assert_eq!((&cart["subtotal"], &cart["total"]), (&json!("205.50"), &json!("205.50")));
    assert_eq!(cart["items"][1]["quantity"], 1);
    let cart = buyer.add_to_cart(&mug, 3).await;
    assert_eq!(
        (&cart["items"][1]["quantity"], &cart["items"][1]["line_total"]),
        (&json!(4), &json!("22.00"))
    );

    let line = format!("/cart/items/{lamp}");
    assert_eq!(
        buyer.put(&line, json!({ "quantity": 5 })).await.expect(200).body["total"],
        "522.00"
    );
    let item = format!("/cart/{}", cart["items"][1]["id"].as_str().unwrap());
    assert_eq!(
        buyer.put(&item, json!({ "quantity": 1 })).await.expect(200).body["total"],
        "505.50"
    );
    let left = buyer.delete(&line).await.expect(200).body;
    assert_eq!((left["items"].as_array().unwrap().len(), &left["total"]), (1, &json!("5.50")));
    buyer.delete(&line).await.refused(404, "cart_item_not_found");
    assert_eq!(buyer.delete(&item).await.expect(200).body["items"], json!([]));
    buyer.add_to_cart(&mug, 1).await;
    assert_eq!(buyer.delete("/cart").await.expect(200).body["items"], json!([]));
    assert_eq!(buyer.get("/cart").await.expect(200).body["total"], "0.00");
    app.finish().await;
}

#[tokio::test]
async fn a_cart_holds_what_there_is_and_no_nonsense() {
    let app = TestApp::start().await;
    let product = app.product("1.00", 10).await;
    let buyer = app.customer().await;
    let add = |quantity: i64| {
        buyer.post("/cart/items", json!({ "product_id": product, "quantity": quantity }))
    };
    for quantity in [0, -1, 1000] {
        let problem = add(quantity).await.expect(422).body;
        assert_eq!(problem["errors"][0]["pointer"], "/quantity", "{problem}");
    }
    let problem = add(11).await.refused(409, "insufficient_stock");
    assert_eq!((&problem["available"], &problem["requested"]), (&json!(10), &json!(11)));
    add(10).await.expect(201);
    assert_eq!(add(1).await.refused(409, "insufficient_stock")["available"], 10);
    let line = format!("/cart/items/{product}");
    buyer.put(&line, json!({ "quantity": 11 })).await.refused(409, "insufficient_stock");
    buyer.put(&line, json!({ "quantity": 0 })).await.expect(422);
    let unknown = json!({ "product_id": any_id() });
    buyer.post("/cart/items", unknown).await.refused(404, "product_not_found");
    let no_id = json!({ "product_id": "lamp" });
    assert_eq!(
        buyer.post("/cart/items", no_id).await.expect(422).body["errors"][0]["pointer"],
        "/product_id"
    );
    let unknown = format!("/cart/items/{}", any_id());
    buyer.put(&unknown, json!({ "quantity": 1 })).await.refused(404, "cart_item_not_found");
    assert_eq!(
        buyer.put("/cart/items/lamp", json!({ "quantity": 1 })).await.expect(422).body["errors"][0]
            ["parameter"],
        "product_id"
    );
    app.finish().await;
}

#[tokio::test]
async fn guests_have_carts_of_their_own() {
    let app = TestApp::start().await;
    let product = app.product("1.00", 10).await;
    let body = json!({ "product_id": product, "quantity": 2 });
    let guest = app.guest();
    assert_eq!(guest.get("/cart").await.expect(200).body["items"], json!([]));

    let begun = guest.post("/cart/items", body.clone()).await.expect(201);
    let cookie = begun.header("set-cookie").to_owned();
    assert!(cookie.starts_with("session_id=") && cookie.contains("HttpOnly"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let shown = guest.get("/cart").header("Cookie", cookie).await.expect(200);
    assert_eq!(shown.body, begun.body);
    let session = begun.header("x-session-id").to_owned();
    assert_eq!(
        guest.get("/cart").header("X-Session-Id", &session).await.expect(200).body,
        begun.body
    );

    // A client may bring an id of its own.
    let own = any_id().to_string();
    guest.post("/cart", body.clone()).header("X-Session-Id", &own).await.expect(201);
    let more = guest.post("/cart", body).header("X-Session-Id", &own).await.expect(201);
    assert_eq!(
        (more.body["items"][0]["quantity"].clone(), more.header("set-cookie")),
        (json!(4), "")
    );
    let other = any_id().to_string();
    let empty = guest.get("/cart").header("X-Session-Id", &other).await.expect(200);
    assert_eq!(empty.body["items"], json!([]));
    guest.order().header("X-Session-Id", &own).await.refused(401, "not_authenticated");
    app.finish().await;
}

#[tokio::test]
async fn every_path_and_a_trailing_slash_lead_to_the_same_cart() {
    let app = TestApp::start().await;
    let product = app.product("1.00", 10).await;
    let buyer = app.customer().await;
    let at = |method: Method, path: &str| buyer.call(method, path);
    let body = json!({ "product_id": product, "quantity": 1 });
    at(Method::POST, "/api/cart/").json(&body).await.expect(201);
    at(Method::POST, "/api/cart").json(&body).await.expect(201);
    let line = format!("/api/cart/{product}/");
    at(Method::PUT, &line).json(&json!({ "quantity": 7 })).await.expect(200);
    for path in ["/api/cart", "/api/cart/", "/api/v1/cart", "/api/v1/cart/"] {
        assert_eq!(
            at(Method::GET, path).await.expect(200).body["items"][0]["quantity"],
            7,
            "{path}"
        );
    }
    at(Method::DELETE, &line).await.expect(200);
    app.finish().await;
}

/// What the catalogue and cart application (`seeds/004`) is filled with: it knows no stock.
const GOODS: &str = include_str!("catalogue_and_cart.json");

#[tokio::test]
async fn goods_imported_without_a_quantity_can_be_put_into_a_cart() {
    let app = TestApp::start().await;
    let import = app.seller().await.call(Method::POST, "/products/bulk");
    let report = import.raw("application/json", GOODS).await.expect(200).body;
    assert_eq!((&report["created"], &report["refused"]), (&json!(20), &json!(0)), "{report}");
    let (guest, session) = (app.guest(), any_id().to_string());
    let call = |method, path: &str| guest.call(method, path).header("X-Session-Id", &session);
    let page = call(Method::GET, "/api/products/?limit=100").await.expect(200).body;
    assert_eq!(page["total"], 20);
    for product in page["items"].as_array().unwrap() {
        let line = json!({ "product_id": product["id"] });
        call(Method::POST, "/api/cart/").json(&line).await.expect(201);
    }
    let cart = call(Method::GET, "/api/cart/").await.expect(200).body;
    assert_eq!(cart["items"].as_array().unwrap().len(), 20);
    assert_eq!(cart["total"], "186890.00");
    let item = format!("/api/cart/{}/", text(&cart["items"][0], "id"));
    call(Method::PUT, &item).json(&json!({ "quantity": 2 })).await.expect(200);
    call(Method::DELETE, &item).await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn the_stock_of_what_is_imported_is_the_rows_or_the_configured() {
    let stock = async |app: &TestApp, row: Value| {
        let rows = json!([row]);
        let report = app.seller().await.post("/products/bulk", rows).await.expect(200).body;
        app.stock(&text(&report["items"][0], "id")).await
    };
    let app = TestApp::setup().file("[catalogue]\nimported_quantity = 7\n").start().await;
    assert_eq!(stock(&app, json!({ "name": "Lamp", "price": 1 })).await, 7);
    assert_eq!(stock(&app, json!({ "name": "Lamp", "price": 1, "quantity": 0 })).await, 0);
    let release = json!({ "artist": "ABBA", "title": "Arrival", "price": 1 });
    assert_eq!(stock(&app, release).await, 0, "a list of releases says what is on the shelf");
    app.finish().await;
}
