//! The lines of the contract, and what the OpenAPI document says of each.

use std::collections::HashMap;

use aggregates::account::Role;
use reqwest::Method;
use serde_json::Value;

use crate::support::client::PREFIX;

const TABLE: &str = include_str!("../endpoints.tsv");

/// A line of the table.
#[derive(Debug, Clone)]
pub struct Route {
    pub method: Method,
    pub path: String,
    who: String,
}

pub fn routes() -> Vec<Route> {
    let lines = TABLE.lines().skip(1).filter(|line| !line.trim().is_empty());
    let routes: Vec<Route> = lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [_, method, path, who] = fields[..] else { panic!("{line:?}") };
            let (path, who) = (path.to_owned(), who.to_owned());
            Route { method: method.parse().unwrap(), path, who }
        })
        .collect();
    assert!(routes.len() > 130, "{} routes", routes.len());
    routes
}

/// With `{}` for each of its parameters, whatever they are called.
fn anonymous(path: &str) -> String {
    let segment = |segment: &str| if segment.starts_with('{') { "{}" } else { segment }.to_owned();
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

impl Route {
    /// Whether whoever has this role may come in; nobody has none.
    pub fn admits(&self, role: Option<Role>) -> bool {
        let Some(role) = role else { return self.is_public() };
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

    /// Whether it is of those who see what belongs to somebody else, by their role or like everybody.
    pub fn is_of_all(&self) -> bool {
        ["public", "admin", "auditor", "analyst"].contains(&self.who.as_str())
    }

    /// Whether it is of those who run the store.
    pub fn is_of_staff(&self) -> bool {
        ["staff", "seller"].contains(&self.who.as_str())
    }

    /// What it does, by whichever of its paths: `PUT /orders/{}/status`.
    pub fn operation(&self) -> String {
        let path = anonymous(self.path.trim_end_matches('/'));
        let is_page = ["/api/docs", "/api/redoc"].contains(&path.as_str());
        let below = path.strip_prefix(PREFIX).or_else(|| path.strip_prefix("/api"));
        let path = match below.filter(|_| !is_page) {
            Some(below) => below,
            None if path == "/register" => "/auth/register",
            None => &path,
        };
        format!("{} {path}", self.method)
    }

    pub fn parameters(&self) -> usize {
        self.path.matches('{').count()
    }

    /// Its path with these values for its parameters, in their order.
    pub fn filled(&self, values: &[String]) -> String {
        assert_eq!(values.len(), self.parameters(), "{self:?} with {values:?}");
        let mut path = self.path.clone();
        for value in values {
            let (open, close) = (path.find('{').unwrap(), path.find('}').unwrap());
            path.replace_range(open..=close, value);
        }
        path
    }
}

/// The OpenAPI document, by what operations do.
pub struct Document(HashMap<String, Value>);

impl Document {
    pub fn read() -> Self {
        let document = serde_json::to_value(ledgerline::http::openapi()).unwrap();
        let mut operations = HashMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let path = anonymous(path.strip_prefix(PREFIX).unwrap_or(path));
            for (method, operation) in item.as_object().unwrap() {
                operations.insert(format!("{} {path}", method.to_uppercase()), operation.clone());
            }
        }
        Self(operations)
    }

    /// Names and schemas of the parameters that stand there: in the `path`, in the `query`.
    pub fn parameters(&self, route: &Route, place: &str) -> Vec<(String, Value)> {
        let operation = self.0.get(&route.operation());
        let all = operation.and_then(|operation| operation["parameters"].as_array());
        let those = all.into_iter().flatten().filter(|parameter| parameter["in"] == place);
        those
            .map(|parameter| {
                (parameter["name"].as_str().unwrap().to_owned(), parameter["schema"].clone())
            })
            .collect()
    }

    /// The media type of its body, where it takes one.
    pub fn media_type(&self, route: &Route) -> Option<String> {
        let body = &self.0.get(&route.operation())?["requestBody"];
        Some(body["content"].as_object()?.keys().next()?.clone())
    }
}
