//! Texts that PostgreSQL cannot store: those with the character U+0000. Refused at the edge, so that
//! neither a statement nor a read model ever meets one.

use super::pointer::push;
use crate::http::problem::FieldError;
use serde_json::Value;

const DETAIL: &str = "the character U+0000 is not allowed";

/// Whether a JSON text has the character in a string: `\u0000`, which only a backslash before it
/// makes a text of its own. A bare one is no JSON.
pub(crate) fn json_has_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        rest = &rest[at + 1..];
        if rest.starts_with(b"u0000") {
            return true;
        }
        // What is escaped escapes nothing.
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

/// Where in a JSON text the character is; `None` where it is nowhere, or the text is no JSON.
pub(super) fn nul_in_json(json: &[u8]) -> Option<FieldError> {
    if !json_has_nul(json) {
        return None;
    }
    let value: Value = serde_json::from_slice(json).ok()?;
    let pointer = find(&value, String::new())?;
    Some(FieldError::at(pointer, DETAIL))
}

/// The pointer of the first text with the character. For a name within an object: of the object.
fn find(value: &Value, pointer: String) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then_some(pointer),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| find(item, format!("{pointer}/{index}"))),
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            if name.contains('\0') {
                return Some(pointer.clone());
            }
            let mut pointer = pointer.clone();
            push(&mut pointer, name);
            find(member, pointer)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The field of a form, or the parameter of a query string, that has the character.
pub(super) fn nul_in_form(form: &[u8]) -> Option<String> {
    let has_nul = |text: &[u8]| text.contains(&0) || text.windows(3).any(|part| part == b"%00");
    let pair = form.split(|byte| *byte == b'&').find(|pair| has_nul(pair))?;
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    Some(String::from_utf8_lossy(name).into_owned())
}

/// The error for a parameter.
pub(super) fn nul_parameter(name: String) -> FieldError {
    FieldError::parameter(name, DETAIL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_character_is_found_where_it_is_and_nowhere_else() {
        let found = |json: &str| nul_in_json(json.as_bytes()).map(|error| error.pointer.unwrap());
        assert_eq!(found(r#"{"a": ["x", "y\u0000"]}"#).as_deref(), Some("/a/1"));
        assert_eq!(found(r#"{"a": {"b\u0000": 1}}"#).as_deref(), Some("/a"));
        assert_eq!(found(r#"{"a": "\\\u0000"}"#).as_deref(), Some("/a"));
        for innocent in [r#"{"a": "\\u0000"}"#, r#"{"a": "\u00001"#, r#"{"a": "0000"}"#, "\\"] {
            assert_eq!(found(innocent), None, "{innocent}");
        }
    }

    #[test]
    fn a_form_names_the_field() {
        assert_eq!(nul_in_form(b"a=1&b=%00&c=2").as_deref(), Some("b"));
        assert_eq!(nul_in_form(b"a=1&b=x\0").as_deref(), Some("b"));
        assert_eq!(nul_in_form(b"a=%2500&b=100%25"), None);
    }
}
