//! Holds every answer that a test gets against the OpenAPI document: its status, its media type and
//! its body have to be what the document says of the operation.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use ledgerline::http;
use matchit::Router;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Answer;

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

struct Contract {
    document: Value,
    /// From the path of a request to the path in the document.
    paths: Router<String>,
    /// By where they are in the document.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// Panics where the document says otherwise. Says nothing of what is no operation, or none of a process
/// that does not serve it.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &Answer) {
    if let Err(difference) = CONTRACT.check(method, path, answer) {
        panic!("{method} {path} does not answer as documented: {difference}: {}", answer.text);
    }
}

impl Contract {
    fn read() -> Self {
        let document = serde_json::to_value(http::openapi()).unwrap();
        let mut paths = Router::new();
        for path in document["paths"].as_object().unwrap().keys() {
            paths.insert(path.clone(), path.clone()).unwrap();
        }
        Self { document, paths, validators: Mutex::default() }
    }

    fn check(&self, method: &Method, path: &str, answer: &Answer) -> Result<(), String> {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let Ok(documented) = self.paths.at(path) else { return Ok(()) };
        let operation = &self.document["paths"][documented.value];
        let operation = &operation[method.as_str().to_ascii_lowercase()];
        let is_elsewhere = answer.status == 405 || answer.body["code"] == "route_not_found";
        if operation.is_null() || is_elsewhere {
            return Ok(());
        }
        let (status, media_type) = (answer.status.to_string(), answer.header("content-type"));
        let response = match &operation["responses"][&status] {
            Value::Null => return Err(format!("no status {status}")),
            response => self.resolved(response),
        };
        let media_type = media_type.split(';').next().unwrap_or_default();
        let documented = response["content"].as_object().filter(|content| !content.is_empty());
        let content = match documented {
            None if answer.text.is_empty() => return Ok(()),
            None => return Err(format!("a body with {status}")),
            Some(content) => content.get(media_type),
        };
        let Some(content) = content else { return Err(format!("{media_type} with {status}")) };
        if !media_type.ends_with("json") {
            return Ok(());
        }
        let place = format!("{method} {} {status} {media_type}", operation["operationId"]);
        let schema = self.validator(place, &content["schema"]);
        schema.validate(&answer.body).map_err(|error| format!("{} {error}", error.instance_path()))
    }

    /// What a reference refers to.
    fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => self.document.pointer(pointer).unwrap(),
            None => value,
        }
    }

    fn validator(&self, place: String, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let made = validators.entry(place).or_insert_with(|| {
            // Next to the components, to which it refers.
            let whole = json!({ "components": self.document["components"], "allOf": [schema] });
            let options = jsonschema::options().should_validate_formats(true);
            Arc::new(options.build(&whole).unwrap())
        });
        Arc::clone(made)
    }
}

#[test]
fn an_answer_that_is_not_documented_is_found() {
    let contract = Contract::read();
    let answer = |status, media_type: &str, body: Value| {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("content-type", media_type.parse().unwrap());
        Answer::new(status, headers, body.to_string())
    };
    let check = |path, answer| contract.check(&Method::GET, path, &answer);
    let path = "/api/v1/categories?x=1";
    let good = json!({ "items": [{ "name": "Lamps", "count": 1 }] });
    check(path, answer(200, "application/json", good.clone())).unwrap();
    check("/elsewhere", answer(418, "text/html", json!({}))).unwrap();
    let json = "application/json";
    for (wrong, difference) in [
        (answer(201, json, good.clone()), "no status 201"),
        (answer(200, "text/html", good), "text/html with 200"),
        (answer(200, json, json!({ "items": {} })), "/items"),
        (answer(200, json, json!({ "items": [{ "name": "Lamps" }] })), "/items/0"),
        (answer(429, json, json!({})), "application/json with 429"),
    ] {
        let found = check(path, wrong).unwrap_err();
        assert!(found.starts_with(difference), "{found}");
    }
}
