//! One event of a story: when, who, why, what changed, and the balances after it.

use super::changes::{self, Change};
use super::{Replayable, balances};
use chrono::{DateTime, SecondsFormat, Utc};
use eventlog::{Metadata, Recorded};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;
use uuid::Uuid;

/// What one event did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub sequence: i64,
    pub at: DateTime<Utc>,
    pub event_type: String,
    pub event_id: Uuid,
    /// The token of its place in the feed.
    pub position: String,
    /// An account's id, or the name of a process.
    pub who: Option<String>,
    pub why: Why,
    pub changed: Vec<Change>,
    /// After the event.
    pub balances: Map<String, Value>,
}

/// What made it happen; what the event does not say is absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    pub command: Option<String>,
    /// As the event gives it.
    pub reason: Option<String>,
    pub request_id: Option<Uuid>,
    /// The event that a process reacted to.
    pub caused_by: Option<Uuid>,
}

impl Step {
    pub(super) fn between<A: Replayable>(before: &A, event: &Recorded, after: &A) -> Self {
        // Events of other programs may have other metadata: then less is known.
        let metadata = serde_json::from_str::<Metadata>(&event.metadata).ok();
        let caused_by = metadata.as_ref().and_then(|metadata| {
            (metadata.causation_id != metadata.request_id).then_some(metadata.causation_id)
        });
        let why = Why {
            command: metadata.as_ref().map(|metadata| metadata.command.clone()),
            reason: reason(event),
            request_id: metadata.as_ref().map(|metadata| metadata.request_id),
            caused_by,
        };
        Self {
            sequence: event.sequence,
            at: event.recorded_at,
            event_type: event.event_type.clone(),
            event_id: event.event_id,
            position: event.position.to_string(),
            who: metadata.map(|metadata| metadata.actor),
            why,
            changed: changes::between(before, after),
            balances: balances::named(after),
        }
    }
}

/// The member `reason` of the event, where it has one.
fn reason(event: &Recorded) -> Option<String> {
    let payload: Value = serde_json::from_str(&event.payload).ok()?;
    match payload.get(&event.event_type)?.get("reason")? {
        Value::Null => None,
        Value::String(reason) => Some(reason.clone()),
        other => Some(other.to_string()),
    }
}

/// A paragraph for people.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        writeln!(f, "{:>5}  {at}  {}", self.sequence, self.event_type)?;
        writeln!(f, "       who      {}", self.who.as_deref().unwrap_or("unknown"))?;
        write!(f, "       why      {}", self.why.command.as_deref().unwrap_or("unknown"))?;
        if let Some(reason) = &self.why.reason {
            write!(f, ": {}", printable(reason))?;
        }
        if let Some(cause) = self.why.caused_by {
            write!(f, " (because of event {cause})")?;
        }
        writeln!(f)?;
        for (index, change) in self.changed.iter().enumerate() {
            let title = if index == 0 { "changed" } else { "" };
            let Change { field, from, to } = change;
            match from {
                Value::Null => writeln!(f, "       {title:<8} {field}: {}", plain(to))?,
                _ => writeln!(f, "       {title:<8} {field}: {} -> {}", plain(from), plain(to))?,
            }
        }
        writeln!(f, "       after    {}", in_one_line(&self.balances))
    }
}

/// `name value, name value`.
pub fn in_one_line(balances: &Map<String, Value>) -> String {
    let balances = balances.iter().map(|(name, value)| format!("{name} {}", plain(value)));
    balances.collect::<Vec<_>>().join(", ")
}

/// A value without the quotes of JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => printable(text),
        other => printable(&other.to_string()),
    }
}

/// Control characters are shown as escapes: a text from an event cannot write to a terminal what it
/// likes.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_text_from_an_event_cannot_drive_the_terminal() {
        assert_eq!(printable("блюз \u{1b}[2J\u{9b}0m"), "блюз \\u{1b}[2J\\u{9b}0m");
    }
}
