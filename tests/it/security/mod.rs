//! The OWASP API Security Top 10 of 2023, one file for each line of it. Each says what other tests
//! check already and does the rest; none repeats them. An attack must be refused, and must have
//! changed nothing.

mod api01_object_level_authorisation;
mod api02_authentication;
mod api03_object_properties;
mod api04_resource_consumption;
mod api05_function_level_authorisation;
mod api06_business_flows;
mod api07_server_side_requests;
mod api08_misconfiguration;
mod api09_inventory;
mod api10_unsafe_consumption;

use crate::support::app::any_id;
use reqwest::Method;
use serde_json::Value;

/// The document that clients get.
fn document() -> Value {
    serde_json::to_value(ledgerline::http::openapi()).unwrap()
}

/// Every path of the document with ids of nothing that exists, and what it says of the path.
fn paths() -> Vec<(String, Value)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 60, "{} paths", paths.len());
    paths.iter().map(|(path, item)| (filled(path), item.clone())).collect()
}

fn filled(path: &str) -> String {
    let segment = |segment: &str| match segment {
        "{aggregate_type}" => "order".to_owned(),
        "{code}" => "NOSUCH".to_owned(),
        parameter if parameter.starts_with('{') => any_id().to_string(),
        literal => literal.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// The methods that the document declares for a path.
fn methods(item: &Value) -> Vec<Method> {
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE]
        .into_iter()
        .filter(|method| item[method.as_str().to_lowercase()].is_object())
        .collect()
}

/// The items of a list.
fn items(body: &Value) -> &Vec<Value> {
    body["items"].as_array().unwrap_or_else(|| panic!("there are no items: {body}"))
}
