//! What an event changed: the members of the state that differ before and after it.

use serde::Serialize;
use serde_json::{Map, Value};

/// One member of a state that became another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The path of the member, for instance `details.lines[0].quantity`; `phase` is the variant of a
    /// state that has phases.
    pub field: String,
    /// `null` where it was not there.
    pub from: Value,
    /// `null` where it is gone.
    pub to: Value,
}

/// A state as JSON.
pub(super) fn value(state: &impl Serialize) -> Value {
    // Aggregates serialise into snapshots; one that cannot shows as nothing.
    serde_json::to_value(state).unwrap_or_default()
}

/// Every member that differs.
pub(super) fn between(before: &impl Serialize, after: &impl Serialize) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(String::new(), &by_phase(value(before)), &by_phase(value(after)), &mut changes);
    changes
}

/// The variant of an enum as a member beside its own: `{"Placed": {…}}` as `{"phase": "Placed", …}`.
fn by_phase(state: Value) -> Value {
    let phase = |name: String, members: Map<String, Value>| {
        let phase = std::iter::once(("phase".to_owned(), Value::String(name)));
        Value::Object(phase.chain(members).collect())
    };
    match state {
        Value::String(name) => phase(name, Map::new()),
        Value::Object(members) if members.len() == 1 => {
            match members.into_iter().next() {
                Some((name, Value::Object(inner))) if name.starts_with(char::is_uppercase) => {
                    phase(name, inner)
                }
                // Of a struct with one member.
                other => Value::Object(other.into_iter().collect()),
            }
        }
        other => other,
    }
}

fn compare(path: String, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(_) | Value::Null, Value::Object(_)) | (Value::Object(_), Value::Null) => {
            let none = Map::new();
            let (old, new) = (before.as_object(), after.as_object());
            let (old, new) = (old.unwrap_or(&none), new.unwrap_or(&none));
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            for name in new.keys().chain(gone) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let (old, new) = (old.get(name), new.get(name));
                let (old, new) = (old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null));
                compare(path, old, new, changes);
            }
        }
        (Value::Array(_) | Value::Null, Value::Array(_)) | (Value::Array(_), Value::Null) => {
            let (old, new) = (before.as_array(), after.as_array());
            let (old, new) =
                (old.map_or(&[][..], Vec::as_slice), new.map_or(&[][..], Vec::as_slice));
            for index in 0..old.len().max(new.len()) {
                let (old, new) = (old.get(index), new.get(index));
                let (old, new) = (old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null));
                compare(format!("{path}[{index}]"), old, new, changes);
            }
        }
        _ => changes.push(Change { field: path, from: before.clone(), to: after.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(before: &Value, after: &Value) -> Vec<String> {
        let changes = between(before, after);
        changes.iter().map(|c| format!("{}: {} -> {}", c.field, c.from, c.to)).collect()
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let before = json!({ "on_hand": 5, "holds": { "a": 1 }, "same": [1, 2] });
        let after = json!({ "on_hand": 4, "holds": { "b": 2 }, "same": [1, 2] });
        let expected = ["on_hand: 5 -> 4", "holds.b: null -> 2", "holds.a: 1 -> null"];
        assert_eq!(said(&before, &after), expected);
        assert!(said(&before, &before).is_empty());
    }

    #[test]
    fn a_phase_is_a_member() {
        let placed = json!({ "Placed": { "status": "pending", "lines": [{ "q": 1 }] } });
        let expected = [
            r#"phase: "Nonexistent" -> "Placed""#,
            r#"status: null -> "pending""#,
            "lines[0].q: null -> 1",
        ];
        assert_eq!(said(&json!("Nonexistent"), &placed), expected);
        assert_eq!(said(&json!({ "only": 1 }), &json!({ "only": 2 })), ["only: 1 -> 2"]);
    }
}
