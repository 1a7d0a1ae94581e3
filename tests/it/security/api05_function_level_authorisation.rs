//! API5:2023, broken function level authorisation: ways around the gates. The gates themselves, for
//! every route and every role, are in `http::endpoints`, `http::authorisation` and `panels::access`.

use crate::support::app::TestApp;
use crate::support::client::PREFIX;
use crate::support::wait::eventually;
use aggregates::account::Role;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn another_way_to_write_a_path_opens_nothing() {
    let app = TestApp::start().await;
    let victim = app.customer().await.id.to_string();
    let customer = app.customer().await;
    for client in [app.guest(), customer] {
        for path in [
            "/api/v1/admin/users/",
            "/api/v1/admin/users//",
            "/api/v1//admin/users",
            "/api/v1/admin//users",
            "//api/v1/admin/users",
            "/api/admin/users",
            "/api/v1/ADMIN/users",
            "/API/v1/admin/users",
            "/api/v1/admin%2Fusers",
            "/api/v1/%61dmin/users",
            "/api/v1/products/..%2Fadmin%2Fusers",
            "/api/v1/products/%2e%2e/admin/users",
            "/api/v1/./admin/users",
            "/api/v1/admin/users;a=b",
            "/api/v1/admin/users.json",
            "/api/v1/admin/users%00",
            "/api/v1/admin/users%20",
            "/orders/../api/v1/admin/users",
            "/admin/users",
        ] {
            for method in [Method::GET, Method::HEAD] {
                let answer = client.call(method.clone(), path).await;
                let status = answer.status;
                assert!((400..500).contains(&status), "{method} {path}: {status} {}", answer.text);
                assert!(!answer.text.contains(&victim), "{method} {path}: {}", answer.text);
            }
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn headers_change_neither_the_method_nor_the_path() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "10.00", 5).await;
    let customer = app.customer().await;
    let path = format!("/products/{product}");
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        for client in [&customer, &seller] {
            client.get(&path).header(name, "DELETE").await.expect(200);
            let form = client.get(&format!("{path}?_method=DELETE")).await;
            form.expect(200);
        }
    }
    app.guest().get(&path).await.expect(200);
    for name in ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Original-URI"] {
        let list = customer.get("/products").header(name, "/api/v1/admin/users").await.expect(200);
        assert_eq!(list.body["items"][0]["id"], product, "{name}");
    }
    for (name, value) in [
        ("X-Role", "admin"),
        ("X-User-Role", "admin"),
        ("X-User-Id", "1"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-User", "admin@example.com"),
        ("X-Admin", "true"),
        ("Forwarded", "for=127.0.0.1"),
    ] {
        let refused = customer.get("/admin/users").header(name, value).await;
        refused.refused(403, "role_not_allowed");
        app.guest().get("/admin/users").header(name, value).await.refused(401, "not_authenticated");
    }
    app.finish().await;
}

#[tokio::test]
async fn nobody_raises_themselves_or_a_friend() {
    let app = TestApp::start().await;
    let friend = app.customer().await;
    for role in [Role::Customer, Role::Seller, Role::Auditor, Role::Analyst] {
        let user = app.user(role).await;
        for id in [user.id, friend.id] {
            let wanted = json!({ "role": "admin" });
            let answer = user.put(&format!("/admin/users/{id}/role"), wanted).await;
            answer.refused(403, "role_not_allowed");
        }
        for wanted in ["admin", "auditor", "analyst"] {
            let email = format!("{wanted}.of.{role}@example.kz");
            let body = json!({ "email": email, "password": "correct horse", "role": wanted });
            user.post("/auth/register", &body).await.refused(403, "role_not_allowed");
            app.guest().post("/auth/register", &body).await.refused(403, "role_not_allowed");
        }
        let me = eventually("the account", async || {
            Some(user.get("/auth/me").await).filter(|answer| answer.status == 200)
        });
        assert_eq!(me.await.body["role"], role.to_string());
    }
    app.finish().await;
}

#[tokio::test]
async fn a_process_that_serves_one_half_does_not_serve_the_other() {
    let app = TestApp::start().await;
    let queries = app.start_another(TestApp::setup().with(&["--role", "queries"])).await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "10.00", 5).await;
    let reader = seller.at(&queries.base);
    reader.get(&format!("/products/{product}")).await.expect(200);
    let path = format!("{PREFIX}/products/{product}");
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::POST] {
        let answer = reader.call(method.clone(), &path).json(&json!({ "price": "0.01" })).await;
        assert_eq!(answer.status, 405, "{method}: {}", answer.text);
    }
    queries.stop().await;
    assert_eq!(app.guest().get(&format!("/products/{product}")).await.body["price"], "10.00");
    app.finish().await;
}
