//! Every route of the contract (`endpoints.tsv`) exists, and opens for whom it says and nobody else;
//! whatever is sent to it, the answer is never a 5xx.

use crate::support::app::{TestApp, any_id};
use crate::support::client::{Answer, Client};
use aggregates::account::Role;
use reqwest::Method;
use serde_json::json;

const TABLE: &str = include_str!("endpoints.tsv");
const ROLES: [Role; 5] = [Role::Customer, Role::Seller, Role::Admin, Role::Auditor, Role::Analyst];

/// A line of the table.
#[derive(Debug, Clone)]
struct Route {
    method: Method,
    path: String,
    who: String,
}

fn routes() -> Vec<Route> {
    let lines = TABLE.lines().skip(1).filter(|line| !line.trim().is_empty());
    let routes: Vec<Route> = lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [_, method, path, who] = fields[..] else { panic!("{line:?}") };
            let (path, who) = (path.to_owned(), who.to_owned());
            Route { method: method.parse().unwrap(), path, who }
        })
        .collect();
    assert!(routes.len() > 100, "{} routes", routes.len());
    routes
}

impl Route {
    /// With ids and codes of nothing that exists.
    fn path(&self) -> String {
        let mut path = self.path.clone();
        while let (Some(open), Some(close)) = (path.find('{'), path.find('}')) {
            let name = &path[open + 1..close];
            let value = match name {
                "code" if self.path.contains("promos") => "NOSUCH".to_owned(),
                "code" => "0000-0000-0000-0990".to_owned(),
                "type" => "order".to_owned(),
                _ => any_id().to_string(),
            };
            path.replace_range(open..=close, &value);
        }
        path
    }

    /// Whether whoever has this role may come in.
    fn admits(&self, role: Role) -> bool {
        match self.who.as_str() {
            "public" | "guest" | "user" => true,
            "staff" | "seller" => matches!(role, Role::Seller | Role::Admin),
            "admin" => role == Role::Admin,
            "auditor" => matches!(role, Role::Auditor | Role::Admin),
            "analyst" => matches!(role, Role::Analyst | Role::Admin),
            other => panic!("who is {other:?}?"),
        }
    }

    fn is_public(&self) -> bool {
        // One of the source systems had carts for users only; here a guest has one too.
        ["public", "guest"].contains(&self.who.as_str()) || self.path.contains("/cart")
    }

    fn takes_a_body(&self) -> bool {
        [Method::POST, Method::PUT, Method::PATCH].contains(&self.method)
    }

    async fn call(&self, client: &Client) -> Answer {
        let call = client.call(self.method.clone(), &self.path());
        if self.takes_a_body() { call.json(&json!({})).await } else { call.await }
    }
}

/// The route is there, and nothing broke.
fn check(route: &Route, answer: &Answer, what: &str) {
    let status = answer.status;
    assert!(status < 500, "{what}: {route:?} answers {status} {}", answer.text);
    assert_ne!(status, 405, "{what}: {route:?} does not take its method");
    assert_ne!(answer.body["code"], "route_not_found", "{what}: {route:?} is not there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_opens_for_whom_the_contract_says_and_nobody_else() {
    let app = TestApp::start().await;
    let guest = app.guest();
    for route in routes() {
        let answer = route.call(&guest).await;
        check(&route, &answer, "a stranger");
        if !route.is_public() {
            assert_eq!(answer.status, 401, "a stranger: {route:?} answers {}", answer.text);
        } else if !route.path.contains("/auth/login") && !route.path.ends_with("/token") {
            assert!(![401, 403].contains(&answer.status), "{route:?} answers {}", answer.text);
        }
    }
    for role in ROLES {
        let user = app.user(role).await;
        // What ends the token of this user comes last.
        let (last, first): (Vec<_>, Vec<_>) = routes().into_iter().partition(|route| {
            route.path.ends_with("/auth/logout")
                || (route.method == Method::DELETE && route.path.ends_with("/auth/me"))
        });
        for route in first.into_iter().chain(last.into_iter().take(1)) {
            let answer = route.call(&user).await;
            check(&route, &answer, &role.to_string());
            if !route.admits(role) {
                assert_eq!(answer.status, 403, "{role}: {route:?} answers {}", answer.text);
            } else if answer.status == 403 {
                // Not the role, but the account or the thing: no promise of the table is broken.
                assert_ne!(answer.body["code"], "role_not_allowed", "{role}: {route:?}");
            }
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_malformed_or_oversized_is_refused_by_every_route() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let huge = json!({ "code": "x".repeat(2 << 20) }).to_string();
    for route in routes().into_iter().filter(Route::takes_a_body) {
        for (what, body) in [("malformed", "{\"a\": "), ("oversized", huge.as_str())] {
            let client = if what == "oversized" { admin.reconnected() } else { admin.clone() };
            let call = client.call(route.method.clone(), &route.path());
            // Who sends too much may be hung up on before it is all there.
            let sent = call.raw("application/json", body.to_owned()).attempt().await;
            let Some(answer) = sent else {
                assert_eq!(what, "oversized", "{route:?} hangs up");
                continue;
            };
            check(&route, &answer, what);
            // Some take no body at all, and do not look at it.
            let bodiless =
                ["/auth/logout", "/reissue", "/disable", "/block", "/unblock", "/cancel"];
            if !bodiless.iter().any(|end| route.path.ends_with(end)) {
                assert!(
                    (400..500).contains(&answer.status),
                    "{what}: {route:?} answers {} {}",
                    answer.status,
                    answer.text
                );
            }
        }
    }
    for route in routes() {
        if !route.path.contains('{') {
            continue;
        }
        let path = route.path.replace("{type}", "order");
        let open = path.find('{').unwrap();
        let path = format!("{}%00%FF..%2F", &path[..open]);
        let answer = admin.call(route.method.clone(), &path).await;
        assert!(answer.status < 500, "{route:?} answers {} to {path}", answer.status);
    }
    app.finish().await;
}
