//! API4:2023, unrestricted resource consumption: what a single request can cost. Oversized bodies are in
//! `http::endpoints`, bodies and clients that are slow in `faults::clients`, limits of albums in
//! `records::limits`, quotas in `http::errors`.

use super::{methods, paths};
use crate::support::app::TestApp;
use crate::support::client::PREFIX;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than any of these may take, also on a machine that has much to do.
const LONG: Duration = Duration::from_secs(10);

fn parameters(item: &Value) -> Vec<String> {
    let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
    let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
    query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn no_list_can_be_asked_for_more_than_a_page() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let mut refused = 0;
    for (path, item) in paths() {
        for name in parameters(&item) {
            let long = "x".repeat(4000);
            let wrong: &[&str] = match name.as_str() {
                "limit" => &["0", "-1", "1001", "1000000000", "99999999999999999999", "1e3"],
                "offset" => &["-1", "100001", "99999999999999999999"],
                "cursor" | "q" => &[&long],
                _ => continue,
            };
            for value in wrong {
                let answer = admin.call(Method::GET, &format!("{path}?{name}={value}")).await;
                refused += 1;
                answer.refused(422, "validation_failed");
            }
        }
    }
    assert!(refused > 100, "{refused} refusals");
    app.finish().await;
}

#[tokio::test]
async fn bodies_that_are_nested_without_end_are_refused_everywhere() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let depth = 100_000;
    let lists = "[".repeat(depth) + &"]".repeat(depth);
    let objects = "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
    let unknown = format!("{{\"unknown\":{lists}}}");
    let mut refused = 0;
    for (path, item) in paths() {
        let mut methods = methods(&item);
        methods.retain(|method| *method != Method::GET && *method != Method::DELETE);
        for method in methods.into_iter().filter(|_| !path.ends_with("/logout")) {
            for body in [&lists, &objects, &unknown] {
                let call = admin.call(method.clone(), &path);
                let answer = call.raw("application/json", body.clone()).await;
                assert!(answer.status < 500, "{method} {path}: {}", answer.text);
                refused += u32::from((400..500).contains(&answer.status));
            }
        }
    }
    assert!(refused > 90, "{refused} refusals");
    app.finish().await;
}

#[tokio::test]
async fn numbers_and_texts_without_end_are_refused_at_once() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let begun = Instant::now();
    let digits = "9".repeat(200_000);
    for price in [&digits, &format!("1e{digits}"), "1e400", "-1e308"] {
        for body in [
            format!(r#"{{"name":"Lamp","price":{price}}}"#),
            format!(r#"{{"name":"Lamp","price":"{price}"}}"#),
            format!(r#"{{"name":"Lamp","price":"1.00","quantity":{price}}}"#),
        ] {
            let call = seller.call(Method::POST, &format!("{PREFIX}/products"));
            let answer = call.raw("application/json", body).await;
            assert!([400, 422].contains(&answer.status), "{}", answer.text);
            assert!(answer.text.len() < 10_000, "the answer repeats what was sent");
        }
    }
    let long = "x".repeat(900_000);
    for member in ["name", "description", "category"] {
        let mut body = json!({ "name": "Lamp", "price": "1.00" });
        body[member] = json!(long);
        seller.post("/products", body).await.refused(422, "validation_failed");
    }
    let many: serde_json::Map<_, _> = (0..1000).map(|n| (n.to_string(), json!("x"))).collect();
    let body = json!({ "name": "Lamp", "price": "1.00", "attributes": many });
    assert_eq!(seller.post("/products", body).await.status, 422);
    let body = json!({ "name": "Lamp", "price": "1.00", "image_urls": vec!["https://a"; 1000] });
    assert_eq!(seller.post("/products", body).await.status, 422);
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    app.finish().await;
}

#[tokio::test]
async fn a_search_costs_no_more_for_being_strange() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let rows: Vec<Value> = (0..2000)
        .map(|n| json!({ "name": format!("Aaaaaaaaaa bbbbbbbb {n}"), "price": "1.00" }))
        .collect();
    seller.post("/products/bulk", json!(rows)).await;
    let guest = app.guest();
    let strange = [
        "%".repeat(200),
        "_".repeat(200),
        "a ".repeat(100),
        "(".repeat(200),
        "a & ".repeat(50),
        "a:* | ".repeat(30),
        "!!!!!!<->".repeat(20),
        "'; DROP TABLE events; --".to_owned(),
        "\\".repeat(200),
        "aaaaaaaaaab".repeat(18),
        "\u{202e}\u{0301}".repeat(99),
    ];
    for q in &strange {
        for path in ["/products", "/albums", "/artists"] {
            let begun = Instant::now();
            let answer = guest.find(path, &[("q", q), ("limit", "100"), ("facets", "true")]).await;
            assert!([200, 422].contains(&answer.status), "{path} {q}: {}", answer.text);
            assert!(begun.elapsed() < LONG, "{path} {q}: {:?}", begun.elapsed());
        }
    }
    let filters = |count: usize| vec![("category", "x"); count];
    guest.find("/products", &filters(50)).await.expect(200);
    guest.find("/products", &filters(51)).await.refused(422, "validation_failed");
    app.finish().await;
}

#[tokio::test]
async fn an_import_has_an_end_and_nothing_is_unpacked_for_a_client() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let rows = "{\"name\":\"Lamp\",\"price\":\"1.00\"}\n".repeat(10_001);
    let call = seller.call(Method::POST, &format!("{PREFIX}/products/bulk"));
    call.raw("application/x-ndjson", rows.clone()).await.refused(422, "too_many_rows");
    let stored = seller.get("/seller/products").await.expect(200).body["total"].clone();
    let call = seller.call(Method::POST, &format!("{PREFIX}/products/bulk?atomic=true"));
    call.raw("application/x-ndjson", rows).await.refused(422, "too_many_rows");
    let still = seller.get("/seller/products").await.expect(200).body["total"].clone();
    assert_eq!(still, stored, "an import of all or none stores none");
    // A megabyte of zeros is a kilobyte of gzip: what says that it is packed is read as it is.
    for encoding in ["gzip", "deflate", "br", "zstd"] {
        let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xab\xae\x05\x00\x43\xbf\xa6\xa3";
        let call = seller.call(Method::POST, &format!("{PREFIX}/products"));
        let call = call.header("Content-Encoding", encoding);
        let answer = call.raw("application/json", packed.to_vec()).await;
        assert!([400, 415].contains(&answer.status), "{encoding}: {}", answer.text);
    }
    let line = json!({ "product_id": seller.id, "quantity": 1 });
    let mut order = crate::support::client::order_body("card");
    order["items"] = json!(vec![line; 201]);
    seller.post("/orders", order).await.refused(422, "validation_failed");
    let huge = "k".repeat(10_000);
    let keyed =
        seller.post("/products", json!({ "name": "Lamp", "price": "1.00" })).key(&huge).await;
    assert!((400..500).contains(&keyed.status), "{}", keyed.text);
    app.finish().await;
}
