//! What the OpenAPI document says beside the routes: the security scheme, the failures and the
//! headers that all operations have in common, so that no handler has to list them.

use crate::http::problem::{self, ProblemBody};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{Modify, OpenApi};

/// The frame of the document.
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
#[derive(Debug)]
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

/// Status, name and meaning of every failure.
const FAILURES: [(&str, &str, &str); 12] = [
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

/// Paths that give tokens away: their answers are never recorded, and they take no key.
const WITHOUT_KEY: [&str; 4] =
    ["/api/v1/auth/login", "/api/v1/token", "/api/v1/auth/refresh", "/api/v1/auth/logout"];

/// Adds to every operation its id, its failures, and the headers it takes.
pub fn complete(openapi: &mut utoipa::openapi::OpenApi) {
    let components = openapi.components.get_or_insert_with(Components::new);
    for (_, name, description) in FAILURES {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new()
            .description(description)
            .content(problem::MEDIA_TYPE, content)
            .build();
        components.responses.insert(name.to_owned(), RefOr::T(response));
    }
    for (path, item) in &mut openapi.paths.paths {
        for (method, operation) in operations(item) {
            // The names of handlers repeat, an id must not.
            operation.operation_id = Some(operation_id(method, path));
            add_failures(path, method != "get", operation);
            if method != "get" && !WITHOUT_KEY.contains(&path.as_str()) {
                add_headers(method, operation);
            }
        }
    }
}

/// The operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    [("get", get), ("post", post), ("put", put), ("patch", patch), ("delete", delete)]
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// For instance `put_admin_users_id_block`.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.strip_prefix(crate::http::PREFIX).unwrap_or(path);
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| format!("{id}_{word}"))
}

fn add_failures(path: &str, changes: bool, operation: &mut Operation) {
    let in_api = path.starts_with("/api/");
    let has_body = operation.request_body.is_some();
    let takes_tokens = operation.security.as_ref().is_some_and(|needed| !needed.is_empty());
    for (status, name, _) in FAILURES {
        let applies = match status {
            "401" | "403" => takes_tokens,
            "404" => path.contains('{'),
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

fn add_headers(method: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let key = "Records the first answer under this key, at most 255 characters, and replays it.";
    parameters.push(header("Idempotency-Key", key));
    let prefer = "`respond-async`: answer without waiting for the read models.";
    parameters.push(header("Prefer", prefer));
    if method != "post" {
        parameters.push(header("If-Match", "The `ETag` of the version that may be changed."));
    }
}

fn header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .required(Required::False)
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use std::collections::HashSet;

    fn document() -> Value {
        serde_json::to_value(crate::http::openapi()).unwrap()
    }

    /// Every `$ref` below a value.
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_document_names_the_scheme_and_the_problem() {
        let document = document();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
        let schema = &document["components"]["schemas"]["Problem"];
        assert!(schema["properties"]["trace_id"].is_object(), "{schema}");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_operation_has_an_id_of_its_own_a_summary_and_its_failures() {
        let document = document();
        let mut ids = HashSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id}");
                assert!(operation["summary"].is_string(), "{method} {path}");
                assert!(operation["responses"]["500"].is_object(), "{method} {path}");
            }
        }
        assert!(ids.contains("put_admin_users_id_block"));
    }
}
