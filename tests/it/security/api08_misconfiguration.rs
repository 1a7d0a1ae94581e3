//! API8:2023, security misconfiguration: headers, origins, methods, and what errors say. The form of
//! errors is in `http::errors`, weak keys in the unit tests of `auth::keys`, secrets in logs and in
//! `ledgerline config` in those of `config`.

use super::{methods, paths};
use crate::support::app::TestApp;
use reqwest::Method;
use serde_json::json;

const HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

#[tokio::test]
async fn every_answer_tells_browsers_what_they_may_not_do() {
    let app = TestApp::start().await;
    let guest = app.guest();
    let mut answers = vec![
        (200, guest.get("/products").await),
        (200, guest.call(Method::GET, "/docs").await),
        (200, guest.call(Method::GET, "/openapi.json").await),
        (200, guest.call(Method::GET, "/healthz").await),
        (401, guest.get("/orders").await),
        (403, app.customer().await.get("/admin/users").await),
        (404, guest.get("/nothing").await),
        (404, guest.call(Method::GET, "/").await),
        (405, guest.call(Method::TRACE, "/api/v1/products").await),
        (400, guest.call(Method::POST, "/api/v1/auth/login").raw("application/json", "{").await),
        (415, guest.call(Method::POST, "/api/v1/auth/login").raw("text/plain", "{}").await),
        (422, guest.post("/auth/login", json!({})).await),
    ];
    for (status, answer) in &mut answers {
        assert!(answer.status == *status || answer.status == 404, "{status}: {}", answer.text);
        for (name, value) in HEADERS {
            assert_eq!(answer.header(name), value, "{name} of {status}: {}", answer.text);
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{status}: {policy}");
        assert!(!policy.contains('*') && !policy.contains("unsafe-eval"), "{status}: {policy}");
        for name in ["server", "x-powered-by", "via", "access-control-allow-origin"] {
            assert_eq!(answer.header(name), "", "{name} of {status}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_somebodys_own_is_kept_by_nobody_else() {
    let app = TestApp::start().await;
    let (user, _) = app.registered("one@example.kz", "customer").await;
    for path in ["/auth/me", "/auth/me/export", "/orders", "/cart", "/wishlist", "/loyalty/status"]
    {
        let answer = user.get(path).await.expect(200);
        let control = answer.header("cache-control");
        assert!(!control.contains("public"), "{path}: {control}");
    }
    app.stop().await;
}

#[tokio::test]
async fn only_the_origins_of_the_operator_use_the_api_from_a_browser() {
    let toml = "[http]\ncors_origins = [\"https://shop.example\"]\nprojection_wait_ms = 10000\n";
    let app = TestApp::setup().file(toml).start().await;
    let guest = app.guest();
    let ask = |origin: &str| {
        let call = guest.call(Method::OPTIONS, "/api/v1/orders").header("Origin", origin);
        call.header("Access-Control-Request-Method", "POST")
    };
    for origin in [
        "https://evil.example",
        "https://shop.example.evil.example",
        "https://evil-shop.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://SHOP.example.",
        "null",
        "*",
    ] {
        let answers = [ask(origin).await, guest.get("/products").header("Origin", origin).await];
        for answer in answers {
            let allowed = answer.header("access-control-allow-origin");
            assert!(allowed != origin && allowed != "*", "{origin} is allowed: {allowed}");
        }
    }
    let allowed = ask("https://shop.example").await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    assert!(allowed.header("vary").to_lowercase().contains("origin"));
    app.stop().await;

    let toml = "[http]\ncors_origins = [\"*\"]\nprojection_wait_ms = 10000\n";
    let open = TestApp::setup().file(toml).start().await;
    let answer = open.guest().get("/products").header("Origin", "https://any.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "", "any origin, no cookies");
    open.stop().await;
}

#[tokio::test]
async fn a_path_takes_the_methods_of_the_document_and_no_other() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for (path, item) in paths() {
        let declared = methods(&item);
        let all = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let others =
            [Method::TRACE, Method::OPTIONS, "PROPFIND".parse().unwrap(), "DEBUG".parse().unwrap()];
        let wrong = all.into_iter().filter(|method| !declared.contains(method)).chain(others);
        for method in wrong {
            // Where one segment may be anything, another route is meant: `/cart/{item_id}`.
            let answer = admin.call(method.clone(), &path).header("X-Secret", "echo me").await;
            let is_other = path.contains("/cart/") || path.contains("/promos/");
            let refused = answer.status == 405 || (is_other && answer.status < 500);
            assert!(refused, "{method} {path}: {} {}", answer.status, answer.text);
            assert!(!answer.text.contains("echo me"), "{method} {path}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn errors_say_nothing_about_the_inside() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let nasty =
        ["'", "\"", "`", "%", "\\", "${7*7}", "{{7*7}}", "<script>", "../../", "1;--", "\u{fffd}"];
    let inside = [
        "sqlx",
        "postgres",
        "SELECT ",
        "panicked",
        ".rs:",
        "src/",
        "/rustc",
        "thread '",
        "stack",
        "relation ",
        "syntax error",
        "serde",
        "tokio",
        "axum",
        "garde",
        "backtrace",
        "49}",
    ];
    let mut errors = 0;
    for (path, item) in paths() {
        for method in methods(&item) {
            for text in nasty {
                let answer = match method {
                    Method::GET => {
                        let path = path.strip_prefix("/api/v1").unwrap_or(&path);
                        let all = ["q", "cursor", "sort", "status", "from", "tz", "code", "as_of"];
                        let query = all.map(|name| (name, text));
                        admin.find(path, &query).await
                    }
                    Method::DELETE => continue,
                    _ => {
                        admin
                            .call(method.clone(), &path)
                            .json(&json!({ "id": text, "code": text }))
                            .await
                    }
                };
                if answer.status < 400 {
                    continue;
                }
                errors += 1;
                assert!(answer.status < 500, "{method} {path} {text}: {}", answer.text);
                for word in inside {
                    assert!(!answer.text.contains(word), "{method} {path} {text}: {}", answer.text);
                }
            }
        }
    }
    assert!(errors > 300, "{errors} errors");
    app.stop().await;
}
