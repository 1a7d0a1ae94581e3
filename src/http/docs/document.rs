//! What the OpenAPI document says beside the routes: the security scheme, the failures and the
//! headers that all operations have in common, so that no handler has to list them.

use super::nullable;
use super::schemas as shown;
use crate::http::problem::{self, ProblemBody};
use serde_json::Value;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Content, ContentBuilder, Ref, RefOr, Required, ResponseBuilder};
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
            is the version that `If-Match` takes. No text may have the character U+0000.",
    ),
    components(schemas(
        ProblemBody,
        problem::FieldError,
        // Those of parameters are only referred to.
        shown::Amount,
        shown::AlbumSort,
        shown::ArtistSort,
        shown::AsOfSchema,
        shown::DeliveryStatusSchema,
        shown::LeastRating,
        shown::ProductSort,
        shown::RangeEdge,
        shown::ReviewSort,
        shown::TimeZoneSchema,
        crate::images::Size,
    )),
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

/// Paths whose query, or whose caller, may name what does not exist. Where a path or a body names
/// something is seen from its parameters.
const MAY_MISS: [&str; 5] = [
    "/api/v1/auth/me",
    "/api/v1/auth/me/export",
    "/api/v1/audit/proof/consistency",
    "/api/v1/audit/proof/inclusion",
    "/api/v1/audit/verify",
];

/// Queries that answer 304 where the client has the version that it would be shown.
const KNOWN_BY_TAG: [&str; 14] = [
    "/api/v1/albums",
    "/api/v1/albums/{id}",
    "/api/v1/artists",
    "/api/v1/artists/{id}",
    "/api/v1/auth/me",
    "/api/v1/categories",
    "/api/v1/images/{name}",
    "/api/v1/orders/{id}",
    "/api/v1/payments/{id}",
    "/api/v1/products",
    "/api/v1/products/{id}",
    "/api/v1/products/{id}/price-history",
    "/api/v1/reviews/{id}",
    "/api/v1/webhooks/{id}",
];

/// Adds to every operation its id, its failures, and the headers it takes.
pub fn complete(openapi: &mut utoipa::openapi::OpenApi) {
    let components = openapi.components.get_or_insert_with(Components::new);
    for (_, name, description) in FAILURES {
        let response = ResponseBuilder::new()
            .description(description)
            .content(problem::MEDIA_TYPE, a_problem())
            .build();
        components.responses.insert(name.to_owned(), RefOr::T(response));
    }
    nullable::rewrite(components);
    for (path, item) in &mut openapi.paths.paths {
        for (method, operation) in operations(item) {
            // The names of handlers repeat, an id must not.
            operation.operation_id = Some(operation_id(method, path));
            let may_miss = path.contains('{')
                || MAY_MISS.contains(&path.as_str())
                || body_names_something(operation, components);
            add_failures(path, method != "get", may_miss, operation);
            allow_empty_values(operation);
            if method == "get" && KNOWN_BY_TAG.contains(&path.as_str()) {
                add_not_modified(operation);
            }
            if method != "get" && !WITHOUT_KEY.contains(&path.as_str()) {
                add_headers(method, operation);
            }
        }
    }
}

fn a_problem() -> Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build()
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

/// Whether the body has an id or a code of something: a member `product_id`, `code`, and so on.
fn body_names_something(operation: &Operation, components: &Components) -> bool {
    let contents = operation.request_body.iter().flat_map(|body| body.content.values());
    let schemas = contents.filter_map(|content| content.schema.as_ref());
    schemas
        .filter_map(|schema| serde_json::to_value(schema).ok())
        .any(|schema| names_something(&schema, components))
}

fn names_something(schema: &Value, components: &Components) -> bool {
    let referred = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    let referred = referred
        .and_then(|name| components.schemas.get(name))
        .and_then(|schema| serde_json::to_value(schema).ok());
    let mut members = schema["properties"].as_object().into_iter().flatten();
    members.any(|(name, member)| {
        name.ends_with("_id") || name.ends_with("code") || names_something(member, components)
    }) || names_something_below(schema, components)
        || referred.is_some_and(|schema| names_something(&schema, components))
}

fn names_something_below(schema: &Value, components: &Components) -> bool {
    let choices = ["oneOf", "anyOf", "allOf"].into_iter();
    let mut parts = choices.filter_map(|choice| schema[choice].as_array()).flatten();
    parts.any(|part| names_something(part, components))
        || schema.get("items").is_some_and(|item| names_something(item, components))
}

fn add_failures(path: &str, changes: bool, may_miss: bool, operation: &mut Operation) {
    let in_api = path.starts_with("/api/");
    let has_body = operation.request_body.is_some();
    let takes_tokens = operation.security.as_ref().is_some_and(|needed| !needed.is_empty());
    for (status, name, _) in FAILURES {
        let applies = match status {
            "403" => takes_tokens,
            "404" => may_miss,
            "400" | "409" | "412" => changes,
            "413" | "415" => has_body,
            "500" => true,
            // A bad token, too, is refused everywhere, also where none is needed.
            _ => in_api,
        };
        let responses = &mut operation.responses.responses;
        if applies {
            let named = || RefOr::Ref(Ref::from_response_name(name));
            responses.entry(status.to_owned()).or_insert_with(named);
        }
        // What an operation describes in its own words is a problem document, too.
        if let Some(RefOr::T(response)) = responses.get_mut(status)
            && response.content.is_empty()
        {
            response.content.insert(problem::MEDIA_TYPE.to_owned(), a_problem());
        }
    }
}

/// A parameter of a query without a value is as good as none, see the extractor.
fn allow_empty_values(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let in_query = matches!(parameter.parameter_in, ParameterIn::Query);
        if in_query && matches!(parameter.required, Required::False) {
            // A member of the specification that the builder does not know.
            parameter.extensions = Some(Extensions::from_iter([("allowEmptyValue", true)]));
        }
    }
}

fn add_not_modified(operation: &mut Operation) {
    let known = "The `ETag` of what the client has; several with commas, or `*` for any.";
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(header("If-None-Match", known, ObjectBuilder::new()));
    let response = ResponseBuilder::new().description("The client has it already");
    operation.responses.responses.insert("304".to_owned(), RefOr::T(response.build()));
}

fn add_headers(method: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let key = "Records the first answer under this key, at most 255 characters, and replays it.";
    let a_key = ObjectBuilder::new().pattern(Some(r"^[ \t]*[!-~]([ -~]{0,253}[!-~])?[ \t]*$"));
    parameters.push(header("Idempotency-Key", key, a_key));
    let prefer = "`respond-async`: answer without waiting for the read models.";
    parameters.push(header("Prefer", prefer, ObjectBuilder::new()));
    if method != "post" {
        let version = "The `ETag` of the version that may be changed; several with commas, or `*`.";
        let tags = r#"^(\*|(W/)?"[0-9a-f-]*"(, ?(W/)?"[0-9a-f-]*")*)$"#;
        parameters.push(header("If-Match", version, ObjectBuilder::new().pattern(Some(tags))));
    }
}

fn header(name: &str, description: &str, text: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .required(Required::False)
        .schema(Some(text.schema_type(Type::String)))
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

    /// Every operation, with its path and method.
    fn each_operation(document: &Value, mut check: impl FnMut(&str, &str, &Value)) {
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                check(path, method, operation);
            }
        }
    }

    #[test]
    fn whatever_can_be_refused_is_documented_to_be() {
        let document = document();
        each_operation(&document, |path, method, operation| {
            let responses = operation["responses"].as_object().unwrap();
            let says = |status: &str| responses.contains_key(status);
            let called = format!("{method} {path}");
            if path.starts_with("/api/") {
                // A bad token is refused everywhere, and bad values are, too.
                assert!(says("401") && says("422"), "{called}");
            }
            if operation["requestBody"].is_object() {
                assert!(says("400") && says("413") && says("415") && says("422"), "{called}");
            }
            if path.contains('{') {
                assert!(says("404"), "{called}");
            }
            for (status, response) in
                responses.iter().filter(|(status, _)| status.as_str() >= "400")
            {
                let content = response["content"].as_object();
                let is_described = content.is_some_and(|content| !content.is_empty());
                assert!(response["$ref"].is_string() || is_described, "{called} {status}");
            }
        });
        let gone = ["post_orders", "post_payments", "post_promos_apply", "post_wishlist_items"];
        each_operation(&document, |_, _, operation| {
            if gone.iter().any(|id| operation["operationId"] == *id) {
                assert!(operation["responses"]["404"].is_object(), "{operation}");
            }
        });
    }

    #[test]
    fn whoever_may_say_what_they_have_may_be_told_that_it_is_all() {
        let document = document();
        for path in super::KNOWN_BY_TAG {
            assert!(document["paths"][path]["get"]["responses"]["304"].is_object(), "{path}");
        }
    }

    #[test]
    fn a_text_that_may_be_null_keeps_its_format() {
        let document = document();
        let order = &document["components"]["schemas"]["PostReview"]["properties"]["order_id"];
        let choice = serde_json::json!([{"type": "null"}, {"type": "string", "format": "uuid"}]);
        assert_eq!(order["oneOf"], choice, "{order}");
        assert!(order["description"].is_string());
    }

    #[test]
    fn every_amount_of_money_is_described_as_one() {
        let document = document();
        let amounts = ["price", "amount", "subtotal", "discount", "delivery_cost", "amount_due"];
        let mut seen = 0;
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let parts =
                std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten());
            for (field, member) in parts.filter_map(|part| part["properties"].as_object()).flatten()
            {
                if amounts.contains(&field.as_str()) {
                    assert!(member.to_string().contains("Amount"), "{name}.{field}: {member}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 20, "{seen}");
        each_operation(&document, |path, _, operation| {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
                let component = match name {
                    "min_price" | "max_price" => "Amount",
                    "cursor" => "Cursor",
                    "sort" => "Sort",
                    "tz" => "TimeZone",
                    _ => continue,
                };
                assert!(schema.to_string().contains(component), "{path} {name}: {schema}");
            }
        });
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
