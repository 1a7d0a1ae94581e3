//! What is malformed or too large, sent by somebody who may do everything: each part of a request that
//! can be wrong, alone in a request that is right otherwise.

use aggregates::account::Role;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::owner::Owner;
use super::report::{Expected, Report, refused};
use super::request::{Body, Request};
use super::route::{Document, Route, routes};
use crate::images;
use crate::support::app::TestApp;
use crate::support::client::Client;
use crate::webhooks::receiver::Receiver;

const MIB: usize = 1 << 20;

/// What is wrong for a parameter of this name. Nothing is wrong for a text.
fn wrong_values(route: &Route, name: &str) -> &'static [&'static str] {
    match name {
        "limit" => &["0", "101", "many", "-1"],
        "offset" => &["-1", "far"],
        "cursor" => &["%25", "AAAA", "e30x"],
        "sort" => &["sideways"],
        "from" | "to" if route.path.contains("/proof/") => &["0", "-1", "first"],
        "from" | "to" | "as_of" => &["yesterday", "2026-13-01"],
        "tz" => &["Mars/Olympus"],
        "period" => &["century"],
        "min_price" | "max_price" => &["-1", "NaN", "cheap"],
        "min_rating" | "rating" => &["6", "-1", "good"],
        "year_from" | "year_to" => &["soon"],
        "in_stock" | "facets" | "atomic" | "is_active" => &["maybe"],
        "seller_id" | "user_id" | "product_id" | "artist_id" | "event_id" => &["not-an-id"],
        "status" => &["eaten"],
        "role" => &["king"],
        "format" => &["8_track"],
        "show" => &["nothing"],
        "leaf_index" | "size" => &["-1", "all"],
        "stream" => &["order"],
        "q" | "category" | "genre" | "label" | "country" | "user" | "seller" | "account" => &[],
        other => panic!("what is wrong for {other:?}, a parameter of {route:?}?"),
    }
}

pub async fn walk(app: &TestApp, receiver: &Receiver) -> Report {
    let mut report = Report::default();
    let owner = Owner::new(app, receiver, Some(Role::Admin)).await;
    let document = Document::read();
    for route in routes() {
        let request = owner.request(&route).await;
        let asked = (&route, &request);
        check_path(&mut report, &owner.user, asked, &document).await;
        check_query(&mut report, &owner.user, asked, &document).await;
        check_target(&mut report, app, asked).await;
        check_body(&mut report, &owner.user, asked, &document).await;
    }
    report
}

/// 422 where it has to be an id, and nothing there where any text is a name.
async fn check_path(
    report: &mut Report,
    admin: &Client,
    (route, request): (&Route, &Request),
    document: &Document,
) {
    let parameters = document.parameters(route, "path");
    assert_eq!(parameters.len(), route.parameters(), "{route:?} is documented");
    for (place, (name, schema)) in parameters.iter().enumerate() {
        for value in ["not-an-id", "%00", "%F0%9F%A6%86", &"9".repeat(10_000)] {
            let mut request = request.clone();
            value.clone_into(&mut request.values[place]);
            let is_id = schema["format"] == "uuid";
            let expected =
                if is_id { refused(422, "validation_failed") } else { Expected(404, None) };
            let asked = report.ask("malformed path", admin, (route, &request), &expected).await;
            if let Some(found) = asked.filter(|_| is_id) {
                check_named(report, (route, &request), &found.body, name);
            }
        }
    }
}

async fn check_query(
    report: &mut Report,
    admin: &Client,
    (route, request): (&Route, &Request),
    document: &Document,
) {
    for (name, _) in document.parameters(route, "query") {
        for value in wrong_values(route, &name) {
            let others = request.query.split('&').filter(|pair| !pair.starts_with(&name));
            let query: Vec<&str> = others.filter(|pair| !pair.is_empty()).collect();
            let query = [query.join("&"), format!("{name}={value}")].join("&");
            let request = Request { query, ..request.clone() };
            let expected = refused(422, "validation_failed");
            let asked = report.ask("malformed query", admin, (route, &request), &expected).await;
            if let Some(found) = asked {
                check_named(report, (route, &request), &found.body, &name);
            }
        }
    }
}

/// The problem says which parameter it is about.
fn check_named(
    report: &mut Report,
    (route, request): (&Route, &Request),
    body: &Value,
    name: &str,
) {
    if body["errors"][0]["parameter"] != name {
        report.note("malformed", route, request, &format!("{name} is not named: {body}"));
    }
}

/// A target too long for the server is refused before anything looks at it. Sent by hand, for it is
/// too long for a client as well.
async fn check_target(report: &mut Report, app: &TestApp, (route, request): (&Route, &Request)) {
    let query = format!("filler={}", "x".repeat(70_000));
    let request = Request { query, ..request.clone() };
    let host = app.base.strip_prefix("http://").unwrap();
    let head = format!("{} {} HTTP/1.1\r\nHost: {host}\r\n\r\n", route.method, request.path(route));
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    let first = String::from_utf8_lossy(&first);
    if first != "HTTP/1.1 414" {
        report.note("oversized target", route, &request, &format!("414, but {first}"));
    }
}

async fn check_body(
    report: &mut Report,
    admin: &Client,
    (route, request): (&Route, &Request),
    document: &Document,
) {
    let with = |media_type: &str, body: Vec<u8>| Request {
        body: Body::Raw(media_type.to_owned(), body),
        ..request.clone()
    };
    let Some(media_type) = document.media_type(route) else {
        if route.method == "POST" || route.method == "PUT" {
            // Whoever takes no body does not look at it.
            let (request, status) = (with("application/json", b"{\"a\": ".into()), request.status);
            let expected = Expected(status, None);
            report.ask("needless body", admin, (route, &request), &expected).await;
        }
        return;
    };
    let (malformed, refusal, oversized) = match media_type.as_str() {
        "application/json" if route.path.ends_with("/bulk") => {
            // Larger than others may be, and without a row that were too large.
            let large = [b"[", b" ".repeat(32 * MIB).as_slice()].concat();
            let malformed = with(&media_type, b"{\"a\": ".into());
            (malformed, refused(400, "malformed_body"), with(&media_type, large))
        }
        "application/json" => {
            let large = [b"\"", "x".repeat(MIB).as_bytes(), b"\""].concat();
            let malformed = with(&media_type, b"{\"a\": ".into());
            (malformed, refused(400, "malformed_json"), with(&media_type, large))
        }
        "application/x-www-form-urlencoded" => {
            let large = format!("username={}", "x".repeat(MIB)).into_bytes();
            let malformed = with(&media_type, b"username".into());
            (malformed, refused(422, "validation_failed"), with(&media_type, large))
        }
        "multipart/form-data" => {
            let large = images::form(&[vec![0; 10 * MIB + 1]]);
            let malformed = with(images::FORM, b"--x\r\nnot a form".into());
            (malformed, Expected(400, None), with(images::FORM, large))
        }
        other => panic!("{other} is not known here"),
    };
    report.ask("malformed body", admin, (route, &malformed), &refusal).await;
    let expected = refused(413, "body_too_large");
    report.ask("oversized body", &admin.reconnected(), (route, &oversized), &expected).await;
}
