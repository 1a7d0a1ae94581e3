//! Every client finds its routes where it knows them, with and without a trailing slash.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{TestApp, any_id};

/// As the clients of the systems before call them; `{id}` stands for any id.
const KNOWN: &str = "
    POST /api/auth/register          POST /api/auth/login             GET /api/auth/me
    GET /api/orders                  POST /api/orders                 GET /api/orders/{id}
    PUT /api/orders/{id}/status      POST /api/v1/auth/register       POST /api/v1/auth/login
    GET /api/v1/auth/me              PUT /api/v1/auth/profile         PATCH /api/v1/auth/profile
    GET /api/v1/products             GET /api/v1/products/{id}        POST /api/v1/products
    PUT /api/v1/products/{id}        PATCH /api/v1/products/{id}      DELETE /api/v1/products/{id}
    PUT /api/v1/products/{id}/stock  POST /api/v1/products/bulk       GET /api/v1/categories
    GET /api/v1/cart                 POST /api/v1/cart/items          PUT /api/v1/cart/items/{id}
    DELETE /api/v1/cart/items/{id}   DELETE /api/v1/cart              POST /api/v1/orders
    GET /api/v1/orders               GET /api/v1/orders/{id}          PUT /api/v1/orders/{id}/cancel
    PUT /api/v1/orders/{id}/status   PATCH /api/v1/orders/{id}        POST /api/v1/orders/{id}/refund
    GET /api/v1/orders/user/{id}     GET /api/v1/orders/{id}/events   POST /api/v1/payments
    GET /api/v1/payments/{id}        GET /api/v1/payments/order/{id}  PUT /api/v1/admin/users/{id}/role
    PUT /api/v1/admin/users/{id}/block  PUT /api/v1/admin/users/{id}/unblock
    POST /register                   POST /token                      POST /orders
    GET /orders/{id}                 PATCH /orders/{id}               GET /orders/user/{id}
    GET /api/products                GET /api/products/{id}           POST /products/bulk
    POST /api/cart                   GET /api/cart                    PUT /api/cart/{id}
    DELETE /api/cart/{id}            POST /api/v1/auth/refresh        GET /api/v1/auth/me/export
    GET /docs                        GET /redoc                       GET /api/docs
    GET /api/redoc                   GET /openapi.json                POST /api/v1/auth/logout
    DELETE /api/v1/auth/me
";

#[tokio::test]
async fn every_known_path_leads_somewhere() {
    let app = TestApp::start().await;
    let words: Vec<&str> = KNOWN.split_whitespace().collect();
    for route in words.chunks(2) {
        let path = route[1].replace("{id}", &any_id().to_string());
        for path in [path.clone(), format!("{path}/")] {
            let method: Method = route[0].parse().unwrap();
            let reads = method == Method::GET;
            let call = app.admin().await.call(method, &path);
            let answer = if reads { call.await } else { call.json(&json!({})).await };
            assert_ne!(answer.body["code"], "route_not_found", "{route:?}");
            assert!(answer.status != 405 && answer.status < 500, "{route:?}: {}", answer.text);
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn the_clients_of_old_buy_by_their_paths() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 5).await;
    let guest = app.guest();
    let account = json!({ "email": "old@example.com", "password": crate::support::app::PASSWORD });
    let id = guest.call(Method::POST, "/register").json(&account).await.expect(201).id();
    let form = [("username", "old@example.com"), ("password", crate::support::app::PASSWORD)];
    let token = guest.call(Method::POST, "/token/").form(&form).await.expect(200).body;
    let token = token["access_token"].as_str().unwrap();
    let user = guest.with_token(token, id.parse().unwrap());

    let line = json!({ "product_id": product, "quantity": 2 });
    user.call(Method::POST, "/api/cart/").json(&line).await.expect(201);
    let body = crate::support::client::order_body("kaspi");
    let order = user.call(Method::POST, "/orders").json(&body).await.expect(201).id();
    let shown = user.call(Method::GET, &format!("/orders/{order}/")).await.expect(200).body;
    assert_eq!(shown["total_amount"], "1520.00");
    let listed = user.call(Method::GET, &format!("/orders/user/{id}?status=pending")).await;
    assert_eq!(listed.expect(200).body["items"][0]["id"], order);
    let none = user.call(Method::GET, &format!("/orders/user/{id}?status=shipped")).await;
    assert_eq!(none.expect(200).body["items"], json!([]));
    app.finish().await;
}
