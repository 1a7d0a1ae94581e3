//! The document and the routes are the same thing.

use std::path::Path;

use ledgerline::cli;

use crate::support::app::TestApp;

#[test]
fn the_committed_document_is_what_the_routes_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    let generated = cli::openapi::document().unwrap();
    assert!(
        committed.trim_end() == generated.trim_end(),
        "docs/openapi.json is stale: ledgerline openapi > docs/openapi.json"
    );
}

#[tokio::test]
async fn the_document_and_its_pages_are_served() {
    let app = TestApp::start().await;
    let guest = app.guest();
    let get = |path: &'static str| guest.call(reqwest::Method::GET, path);
    let document = get("/openapi.json").await.expect(200);
    assert!(document.body["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document.body["paths"]["/api/v1/orders/{id}/refund"]["post"].is_object());
    assert_eq!(get("/api/openapi.json").await.expect(200).body, document.body);
    for path in ["/docs", "/docs/", "/api/docs", "/redoc", "/api/redoc", "/api/redoc/"] {
        let page = get(path).await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
    }
    for path in ["/docs/swagger-ui-bundle.js", "/redoc/redoc.standalone.js"] {
        assert!(get(path).await.expect(200).text.len() > 100_000, "{path}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(path).await.expect(200).body["status"], "ok", "{path}");
    }
    app.stop().await;
}
