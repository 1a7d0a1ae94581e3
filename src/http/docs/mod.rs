//! The documentation that the server serves of itself: the OpenAPI document, Swagger UI and ReDoc,
//! all from assets in the binary. Its pages ask nobody else for anything.

mod document;
mod nullable;
mod schemas;

pub use document::{ApiDoc, complete};
pub use schemas::*;

use crate::http::problem::Problem;
use crate::state::AppState;
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

/// ReDoc needs a worker for its search, and both pages set styles by script.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; \
     frame-ancestors 'none'";
const REDOC: &str = include_str!("../../../assets/redoc/redoc.standalone.js");
const SWAGGER_PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ledgerline API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/index.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png" sizes="32x32">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/swagger-initializer.js"></script>
</body>
</html>
"#;
const REDOC_PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ledgerline API</title>
<link rel="icon" href="data:,">
<style>body { margin: 0; padding: 0; }</style>
</head>
<body>
<redoc spec-url="/openapi.json"></redoc>
<script src="/redoc/redoc.standalone.js"></script>
</body>
</html>
"#;

/// The pages and the document.
pub fn router(openapi: &utoipa::openapi::OpenApi) -> Result<Router<AppState>, serde_json::Error> {
    let document: Arc<str> = serde_json::to_string(openapi)?.into();
    let document = move || {
        let document = Arc::clone(&document);
        async move { asset("application/json", document.to_string()) }
    };
    Ok(Router::new()
        .route("/openapi.json", get(document.clone()))
        .route("/api/openapi.json", get(document))
        .route("/docs", get(|| async { page(SWAGGER_PAGE) }))
        .route("/api/docs", get(|| async { page(SWAGGER_PAGE) }))
        .route("/docs/{file}", get(swagger_file))
        .route("/redoc", get(|| async { page(REDOC_PAGE) }))
        .route("/api/redoc", get(|| async { page(REDOC_PAGE) }))
        .route(
            "/redoc/redoc.standalone.js",
            get(|| async { asset("text/javascript; charset=utf-8", REDOC) }),
        ))
}

fn page(html: &'static str) -> Response {
    let mut response = Html(html).into_response();
    let policy = HeaderValue::from_static(PAGE_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn asset(content_type: &str, body: impl Into<Body>) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, body.into()).into_response()
}

async fn swagger_file(Path(file): Path<String>) -> Result<Response, Problem> {
    let config = utoipa_swagger_ui::Config::from("/openapi.json")
        .persist_authorization(true)
        // The default asks a server on the internet what it thinks of the document.
        .validator_url("none");
    match utoipa_swagger_ui::serve(&file, Arc::new(config)) {
        Ok(Some(found)) => Ok(asset(&found.content_type, found.bytes.into_owned())),
        Ok(None) => Err(super::no_route()),
        Err(error) => Err(Problem::internal(error.as_ref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_ask_nobody_else() {
        for page in [SWAGGER_PAGE, REDOC_PAGE] {
            assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("\"//"));
        }
    }
}
