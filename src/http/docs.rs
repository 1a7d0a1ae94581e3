//! The documentation that the server serves of itself: the OpenAPI document, Swagger UI and ReDoc,
//! all from assets in the binary. Its pages ask nobody else for anything.

use crate::http::problem::{self, Problem, ProblemBody};
use crate::state::AppState;
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

/// ReDoc needs a worker for its search, and both pages set styles by script.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; \
     frame-ancestors 'none'";
const REDOC: &str = include_str!("../../assets/redoc/redoc.standalone.js");
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

/// What the document says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ledgerline",
        description = "An event-sourced commerce backend.\n\nThe canonical prefix is `/api/v1`. The same \
            routes answer under `/api`, and `/register`, `/token`, `/orders…` and `/products/bulk` at \
            the root; a trailing slash never matters.\n\nErrors are RFC 9457 problem documents. Any \
            command takes an `Idempotency-Key`; its first answer is recorded and replayed with \
            `Idempotent-Replayed: true`. Answers to commands carry `Ledgerline-Position`, and `ETag` \
            is the version that `If-Match` takes.",
    ),
    components(schemas(ProblemBody, problem::FieldError)),
    modifiers(&Bearer),
    servers((url = "/", description = "This server"))
)]
pub struct ApiDoc;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The `access_token` of `/auth/login`."))
            .build();
        let components = openapi.components.get_or_insert_with(Components::new);
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// Adds to every operation the failures that it can end in, so that no handler has to list them.
pub fn describe_failures(openapi: &mut utoipa::openapi::OpenApi) {
    let failures = [
        ("400", "BadRequest", "The request cannot be read"),
        ("401", "Unauthorized", "No credentials, or bad ones"),
        ("403", "Forbidden", "Not theirs to do"),
        ("404", "NotFound", "Absent, or hidden from this caller"),
        ("409", "Conflict", "The state of things does not allow it"),
        ("412", "PreconditionFailed", "`If-Match` names another version"),
        ("413", "PayloadTooLarge", "The body is too large"),
        ("415", "UnsupportedMediaType", "The body has another media type than is needed"),
        ("422", "Unprocessable", "Invalid, or a rule is broken"),
        ("429", "TooManyRequests", "Too many requests; see `Retry-After`"),
        ("500", "Internal", "A mistake of ours"),
        ("503", "Unavailable", "Not ready, or overloaded; see `Retry-After`"),
    ];
    let components = openapi.components.get_or_insert_with(Components::new);
    for (_, name, description) in failures {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new()
            .description(description)
            .content(problem::MEDIA_TYPE, content)
            .build();
        components.responses.insert(name.to_owned(), RefOr::T(response));
    }
    for (path, item) in &mut openapi.paths.paths {
        let in_api = path.starts_with("/api/");
        let has_parameters = path.contains('{');
        for (changes, operation) in operations(item) {
            let has_body = operation.request_body.is_some();
            let is_guarded = operation.security.as_ref().is_some_and(|needed| !needed.is_empty());
            for (status, name, _) in failures {
                let applies = match status {
                    "401" | "403" => is_guarded,
                    "404" => has_parameters,
                    "400" | "409" | "412" => changes,
                    "413" | "415" => has_body,
                    "500" => true,
                    _ => in_api,
                };
                if applies {
                    let response = RefOr::Ref(Ref::from_response_name(name));
                    operation.responses.responses.entry(status.to_owned()).or_insert(response);
                }
            }
        }
    }
}

/// The operations of a path, and whether each changes anything.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, head, post, put, patch, delete, .. } = item;
    let reads = [get, head].into_iter().flatten().map(|operation| (false, operation));
    let changes = [post, put, patch, delete].into_iter().flatten();
    reads.chain(changes.map(|operation| (true, operation)))
}

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
    let config = utoipa_swagger_ui::Config::from("/openapi.json").persist_authorization(true);
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

    #[test]
    fn the_document_names_the_scheme_and_the_problem() {
        let mut openapi = ApiDoc::openapi();
        describe_failures(&mut openapi);
        let json = serde_json::to_value(&openapi).unwrap();
        assert!(json["openapi"].as_str().unwrap().starts_with("3.1"));
        assert_eq!(json["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
        let schema = &json["components"]["schemas"]["Problem"];
        assert!(schema["properties"]["trace_id"].is_object(), "{schema}");
        assert!(json["components"]["responses"]["NotFound"].is_object());
    }
}
