//! Path normalisation, before routing: one set of routes answers under all the prefixes that clients
//! use. Never touches a query string.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use std::borrow::Cow;

/// Where the API is.
const CANONICAL: &str = "/api/v1";

/// Brings the path of a request to its canonical form.
pub fn normalise<B>(mut request: Request<B>) -> Request<B> {
    if let Some(uri) = canonical(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// `None` where the path is canonical already.
fn canonical(uri: &Uri) -> Option<Uri> {
    let path = canonical_path(uri.path());
    if path == uri.path() {
        return None;
    }
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.into_owned(),
    };
    // What was a path stays one: only whole segments were added or removed.
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

fn canonical_path(path: &str) -> Cow<'_, str> {
    let trimmed = path.trim_end_matches('/');
    let path = if trimmed.is_empty() { "/" } else { trimmed };
    if let Some(rest) = below(path, "/api") {
        return match rest {
            "" | "/docs" | "/redoc" | "/openapi.json" => path.into(),
            _ if below(rest, "/v1").is_some() || below(rest, "/docs").is_some() => path.into(),
            _ => format!("{CANONICAL}{rest}").into(),
        };
    }
    match path {
        "/register" => format!("{CANONICAL}/auth/register").into(),
        "/token" | "/products/bulk" => format!("{CANONICAL}{path}").into(),
        _ if below(path, "/orders").is_some() => format!("{CANONICAL}{path}").into(),
        _ => path.into(),
    }
}

/// What follows a prefix of whole segments.
fn below<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(target: &str) -> String {
        let request = Request::get(target).body(()).unwrap();
        normalise(request).uri().to_string()
    }

    #[test]
    fn every_prefix_leads_to_the_canonical_path() {
        for (given, expected) in [
            ("/api/v1/products", "/api/v1/products"),
            ("/api/v1/products/", "/api/v1/products"),
            ("/api/products/?q=a%2Fb&sort=-price", "/api/v1/products?q=a%2Fb&sort=-price"),
            ("/api/cart/7/", "/api/v1/cart/7"),
            ("/api/auth/login", "/api/v1/auth/login"),
            ("/register", "/api/v1/auth/register"),
            ("/register/", "/api/v1/auth/register"),
            ("/token", "/api/v1/token"),
            ("/orders", "/api/v1/orders"),
            ("/orders/user/5?limit=3", "/api/v1/orders/user/5?limit=3"),
            ("/products/bulk", "/api/v1/products/bulk"),
        ] {
            assert_eq!(rewritten(given), expected, "{given}");
        }
    }

    #[test]
    fn what_is_not_the_api_stays_where_it_is() {
        for path in [
            "/",
            "/docs",
            "/api/docs",
            "/api/redoc",
            "/api/openapi.json",
            "/openapi.json",
            "/healthz",
            "/ordersx",
            "/apix/products",
            "/products",
            "/api",
            "/api/v1",
            "/docs/swagger-ui.css",
            "/api/docs/swagger-ui.css",
        ] {
            assert_eq!(rewritten(path), path);
        }
        assert_eq!(rewritten("/docs/"), "/docs");
        assert_eq!(rewritten("//"), "/");
    }

    #[test]
    fn the_old_version_prefix_is_not_doubled() {
        assert_eq!(rewritten("/api/v1"), "/api/v1");
        assert_eq!(rewritten("/api/v2/products"), "/api/v1/v2/products");
    }
}
