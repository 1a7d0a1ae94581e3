//! Where in a request something is wrong: JSON pointers (RFC 6901) from the paths that serde and
//! garde report.

use crate::http::problem::FieldError;
use serde_path_to_error::{Path, Segment};
use std::fmt::Write;

/// Appends one reference token, escaped.
pub(super) fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
}

/// The pointer of a path that serde reports.
fn of_serde(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            // Writing to a string cannot fail.
            Segment::Seq { index } => drop(write!(pointer, "/{index}")),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// What serde says about a value of the wrong shape.
pub(super) fn shape_error(path: &Path, message: &str) -> FieldError {
    let mut pointer = of_serde(path);
    // The position within the text is of no use beside the pointer.
    let detail = message.split(" at line ").next().unwrap_or(message);
    // serde reports a missing or unknown field at the object that it belongs to.
    for (prefix, code) in [("missing field `", "missing"), ("unknown field `", "unknown")] {
        let field = detail.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
        if let Some(field) = field {
            // An unknown field is part of the path already.
            if !pointer.ends_with(&format!("/{field}")) {
                push(&mut pointer, field);
            }
            return FieldError::at(pointer, detail).code(code);
        }
    }
    FieldError::at(pointer, detail)
}

/// What garde says about values that break a rule.
pub(super) fn rule_errors(report: &garde::Report) -> Vec<FieldError> {
    let errors = report.iter();
    errors
        .map(|(path, error)| FieldError::at(of_garde(&path.to_string()), error.message()))
        .collect()
}

/// The pointer of a path as garde writes it, `items[0].quantity`.
fn of_garde(path: &str) -> String {
    let mut pointer = String::new();
    for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
        push(&mut pointer, part.trim_end_matches(']'));
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its shape matters")]
        items: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its shape matters")]
        quantity: u32,
    }

    fn error(json: &str) -> FieldError {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, Outer>(&mut deserializer).unwrap_err();
        shape_error(error.path(), &error.inner().to_string())
    }

    #[test]
    fn a_value_of_the_wrong_type_is_pointed_at() {
        let error = error(r#"{"items": [{"quantity": 1}, {"quantity": "x"}]}"#);
        assert_eq!(error.pointer.as_deref(), Some("/items/1/quantity"));
        assert_eq!(error.code, "invalid");
        assert!(!error.detail.contains("line"), "{}", error.detail);
    }

    #[test]
    fn a_missing_and_an_unknown_field_are_pointed_at() {
        let missing = error(r#"{"items": [{}]}"#);
        assert_eq!(missing.pointer.as_deref(), Some("/items/0/quantity"));
        assert_eq!(missing.code, "missing");
        let unknown = error(r#"{"items": [{"quantity": 1, "price": 2}]}"#);
        assert_eq!(unknown.pointer.as_deref(), Some("/items/0/price"));
        assert_eq!(unknown.code, "unknown");
    }

    #[test]
    fn rules_are_pointed_at_and_tokens_are_escaped() {
        assert_eq!(of_garde("items[0].quantity"), "/items/0/quantity");
        assert_eq!(of_garde(""), "");
        assert_eq!(of_garde("attributes[a/b~c]"), "/attributes/a~1b~0c");
    }
}
