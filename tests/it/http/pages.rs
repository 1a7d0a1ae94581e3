//! Answers of the catalogue that are kept in memory: never older than what the caller was told.

use serde_json::json;
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::client::Client;
use crate::support::wait::eventually;

/// Behind the back of the server, as nobody may.
async fn rename_row(app: &TestApp, id: Uuid, name: &str) {
    let changed = sqlx::query("UPDATE read.products SET name = $2 WHERE id = $1")
        .bind(id)
        .bind(name)
        .execute(&app.server.state.pool)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 1);
}

async fn name(client: &Client, path: &str) -> String {
    let page = client.get(path).await.expect(200).body;
    let item = if page["items"].is_array() { &page["items"][0] } else { &page };
    item["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_is_kept_until_something_of_the_catalogue_changes() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let body = json!({ "name": "Lamp", "price": "10.00", "quantity": 5 });
    let id: Uuid = seller.post("/products", body).await.expect(201).id().parse().unwrap();
    let guest = app.guest();
    let paths = ["/products?sort=price".to_owned(), format!("/products/{id}")];
    eventually("the process knows that it projects", async || {
        app.server.state.read_models.revision(&["catalogue"])
    })
    .await;
    for path in &paths {
        assert_eq!(name(&guest, path).await, "Lamp");
    }
    rename_row(&app, id, "Forged").await;
    for path in &paths {
        assert_eq!(name(&guest, path).await, "Lamp", "{path} is kept");
    }
    assert_eq!(name(&guest, "/products?sort=-price").await, "Forged", "this one was not");
    rename_row(&app, id, "Lamp").await;
    // Whoever changes it sees it at once, and so does everybody else.
    for round in 1..=20 {
        let new = format!("Lamp {round}");
        seller.put(&format!("/products/{id}"), json!({ "name": new })).await.expect(200);
        for path in &paths {
            assert_eq!(name(&guest, path).await, new, "{path}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_kept_page_answers_each_client_in_its_own_way() {
    let app = TestApp::start().await;
    app.product("10.00", 5).await;
    let ask = async |headers: &[(&str, &str)]| {
        let mut request =
            reqwest::Client::new().get(format!("{}/api/v1/products?sort=price", app.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    let first = ask(&[]).await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    let plain = first.bytes().await.unwrap();
    for round in 0..3 {
        let packed = ask(&[("accept-encoding", "gzip")]).await;
        assert_eq!(packed.headers()["content-encoding"], "gzip", "{round}");
        assert_ne!(packed.bytes().await.unwrap(), plain);
        let again = ask(&[]).await;
        assert!(!again.headers().contains_key("content-encoding"));
        assert_eq!(again.headers()["content-type"], "application/json");
        assert!(again.headers().contains_key("trace-id"));
        assert_eq!(again.bytes().await.unwrap(), plain);
        let known = ask(&[("if-none-match", &tag)]).await;
        assert_eq!(known.status(), 304);
        assert_eq!(known.headers()["etag"], tag.as_str());
        assert_eq!(known.bytes().await.unwrap().len(), 0);
        let other = ask(&[("if-none-match", "\"other\"")]).await;
        assert_eq!((other.status().as_u16(), other.bytes().await.unwrap()), (200, plain.clone()));
    }
    app.finish().await;
}

#[tokio::test]
async fn who_does_not_project_keeps_nothing() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let id = app.product("10.00", 5).await;
    let other = app.start_another(TestApp::setup()).await;
    let path = format!("/products/{id}");
    for round in 1..=20 {
        let price = format!("{round}.00");
        app.admin().await.put(&path, json!({ "price": price })).await.expect(200);
        for app in [&app, &other] {
            assert_eq!(app.guest().get(&path).await.expect(200).body["price"], price.as_str());
        }
    }
    drop(seller);
    other.finish().await;
    app.finish().await;
}
