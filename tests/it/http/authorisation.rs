//! Who may do what: asked of every route of the document, so that none can be forgotten.

use aggregates::account::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{TestApp, any_id};
use crate::support::client::{Answer, Client};

/// Method, path with ids in place of its parameters, and whether it is declared public.
fn routes() -> Vec<(Method, String, bool)> {
    let document = serde_json::to_value(ledgerline::http::openapi()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if ![Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE]
                .contains(&method)
            {
                continue;
            }
            routes.push((method, filled(path), is_public(operation)));
        }
    }
    routes
}

fn is_public(operation: &Value) -> bool {
    let needed = operation["security"].as_array();
    needed.is_none_or(|needed| needed.is_empty() || needed.contains(&json!({})))
}

fn filled(path: &str) -> String {
    let id = any_id().to_string();
    let segment =
        |segment: &str| if segment.starts_with('{') { id.clone() } else { segment.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

async fn ask(client: &Client, method: &Method, path: &str) -> Answer {
    let call = client.call(method.clone(), path);
    if *method == Method::GET || *method == Method::DELETE {
        call.await
    } else {
        call.json(&json!({})).await
    }
}

#[tokio::test]
async fn nobody_gets_anywhere_that_is_not_declared_public() {
    let app = TestApp::start().await;
    let guest = app.guest();
    let forged = guest.with_token("eyJhbGciOiJub25lIn0.e30.", any_id());
    let (mut open, mut closed) = (0, 0);
    for (method, path, public) in routes() {
        let answer = ask(&guest, &method, &path).await;
        if public {
            open += 1;
            // A wrong password is a 401 too.
            assert_ne!(answer.body["code"], "not_authenticated", "{method} {path}");
        } else {
            closed += 1;
            assert_eq!(
                answer.header("www-authenticate").split(' ').next(),
                Some("Bearer"),
                "{method} {path}: {}",
                answer.text
            );
            answer.refused(401, "not_authenticated");
            ask(&forged, &method, &path).await.refused(401, "invalid_token");
        }
    }
    assert!(open >= 15 && closed >= 25, "{open} open, {closed} closed");
    app.finish().await;
}

#[tokio::test]
async fn every_route_is_reached_by_administrators_and_answers_without_a_mistake_of_ours() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for (method, path, _) in routes() {
        let answer = ask(&admin, &method, &path).await;
        assert!(answer.status < 500, "{method} {path}: {}", answer.text);
        assert_ne!(answer.body["code"], "route_not_found", "{method} {path}");
        assert_ne!(answer.status, 405, "{method} {path}");
        assert_ne!(answer.status, 403, "{method} {path}: {}", answer.text);
    }
    app.finish().await;
}

#[tokio::test]
async fn roles_do_only_what_is_theirs() {
    let app = TestApp::start().await;
    let id = any_id();
    let seller_only: [(Method, String); 6] = [
        (Method::POST, "/products".to_owned()),
        (Method::PUT, format!("/products/{id}")),
        (Method::PATCH, format!("/products/{id}")),
        (Method::DELETE, format!("/products/{id}")),
        (Method::PUT, format!("/products/{id}/stock")),
        (Method::POST, format!("/orders/{id}/refund")),
    ];
    let admin_only: [(Method, String); 3] = [
        (Method::PUT, format!("/admin/users/{id}/role")),
        (Method::PUT, format!("/admin/users/{id}/block")),
        (Method::PUT, format!("/admin/users/{id}/unblock")),
    ];
    for role in [Role::Customer, Role::Auditor, Role::Analyst, Role::Seller] {
        let user = app.user(role).await;
        let for_sellers = seller_only.iter().filter(|_| role != Role::Seller);
        for (method, path) in for_sellers.chain(&admin_only) {
            let path = format!("/api/v1{path}");
            ask(&user, method, &path).await.refused(403, "role_not_allowed");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn sellers_leave_the_products_of_others_alone() {
    let app = TestApp::start().await;
    let (owner, other) = (app.seller().await, app.seller().await);
    let product = app.product_of(&owner, "Lamp", "10.00", 5).await;
    let path = format!("/products/{product}");
    other.put(&path, json!({ "price": "0.01" })).await.refused(403, "not_owner");
    other.patch(&path, json!({ "quantity": 0 })).await.refused(403, "not_owner");
    other.put(&format!("{path}/stock"), json!({ "quantity": 0 })).await.refused(403, "not_owner");
    other.delete(&path).await.refused(403, "not_owner");
    assert_eq!(app.guest().get(&path).await.expect(200).body["price"], "10.00");
    app.admin().await.patch(&path, json!({ "price": "9.00" })).await.expect(200);
    assert_eq!(
        owner.put(&format!("{path}/stock"), json!({ "quantity": 7 })).await.expect(200).body["quantity"],
        7
    );
    app.finish().await;
}

#[tokio::test]
async fn orders_are_hidden_from_those_whom_they_do_not_concern() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "10.00", 5).await;
    let buyer = app.customer().await;
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    let path = format!("/orders/{order}");
    for stranger in [
        app.customer().await,
        app.seller().await,
        app.user(Role::Auditor).await,
        app.user(Role::Analyst).await,
    ] {
        stranger.get(&path).await.refused(404, "order_not_found");
        stranger.get(&format!("{path}/events")).await.refused(404, "order_not_found");
        stranger.put(&format!("{path}/cancel"), json!({})).await.refused(404, "order_not_found");
        stranger.get(&format!("/orders/user/{}", buyer.id)).await.refused(403, "not_yours");
        assert_eq!(stranger.get("/orders").await.expect(200).body["items"], json!([]));
    }
    let step =
        app.seller().await.put(&format!("{path}/status"), json!({ "status": "processing" })).await;
    assert!([403, 404].contains(&step.status), "{}", step.text);
    for reader in [&buyer, &seller, &app.admin().await] {
        assert_eq!(reader.get(&path).await.expect(200).body["id"], order);
        assert_eq!(reader.get("/orders").await.expect(200).body["items"][0]["id"], order);
    }
    let of_buyer = format!("/orders/user/{}", buyer.id);
    assert_eq!(buyer.get(&of_buyer).await.expect(200).body["items"][0]["id"], order);
    assert_eq!(app.admin().await.get(&of_buyer).await.expect(200).body["items"][0]["id"], order);
    app.finish().await;
}
