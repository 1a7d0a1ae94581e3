//! API9:2023, improper inventory management: there is one version, and nothing that is not in its
//! document. That the committed document is the router's is in `http::openapi`, the paths of old
//! clients are in `http::paths`.

use super::{document, methods};
use crate::support::app::TestApp;
use reqwest::Method;
use std::path::Path;

#[tokio::test]
async fn nothing_answers_that_nobody_documents() {
    let app = TestApp::start().await;
    for client in [app.guest(), app.admin().await] {
        for path in [
            "/",
            "/api/v0/products",
            "/api/v2/products",
            "/api/v1beta/products",
            "/api/internal",
            "/api/v1/internal",
            "/api/v1/debug",
            "/api/v1/test",
            "/debug/pprof",
            "/debug/vars",
            "/actuator/health",
            "/actuator/env",
            "/admin",
            "/console",
            "/graphql",
            "/swagger.json",
            "/server-status",
            "/.env",
            "/.git/config",
            "/config",
            "/data/jwt.key",
            "/jwt.key",
            "/mail",
            "/api/v1/events",
            "/docs/../jwt.key",
            "/docs/%2e%2e/jwt.key",
            "/redoc/..%2F..%2Fjwt.key",
        ] {
            for method in [Method::GET, Method::POST] {
                let answer = client.call(method.clone(), path).await;
                assert!([404, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
            }
        }
    }
    app.stop().await;
}

#[test]
fn every_operation_says_what_it_is_who_may_call_it_and_how_it_fails() {
    let document = document();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in methods(item) {
            let operation = &item[method.as_str().to_lowercase()];
            let name = format!("{method} {path}");
            operations += 1;
            assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{name}");
            assert!(operation["tags"].is_array(), "{name} has no tag");
            assert!(operation["deprecated"] != true, "{name} should be gone");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
            if path.starts_with("/api/") {
                let of_error = |status: &String| status.starts_with('4') || status == "default";
                assert!(responses.keys().any(of_error), "{name} does not say how it fails");
            }
        }
    }
    assert!(operations > 90, "{operations}");
}

#[test]
fn the_routes_for_people_are_the_routes_of_the_document() {
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/API.md");
    let text = std::fs::read_to_string(text).unwrap();
    let flat = |path: &str| {
        let names = |segment: &str| {
            if segment.starts_with('{') { "{}".to_owned() } else { segment.to_owned() }
        };
        path.split('/').map(names).collect::<Vec<_>>().join("/")
    };
    let mentioned: Vec<String> = text
        .split('`')
        .filter(|word| word.starts_with('/'))
        .map(|word| flat(word.split('?').next().unwrap_or_default()))
        .collect();
    for path in document()["paths"].as_object().unwrap().keys() {
        let short = flat(path.strip_prefix("/api/v1").unwrap_or(path));
        assert!(mentioned.contains(&short), "{path} is not in docs/API.md");
    }
}
