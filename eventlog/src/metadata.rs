//! Who caused an event, and why.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Stored with every event. `actor` is an account's id or the name of a process; `causation_id` is
/// the event that a process reacted to, or the request itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    pub actor: String,
    /// The whole business transaction: all requests and reactions that belong together.
    pub correlation_id: Uuid,
    pub causation_id: Uuid,
    /// One command: all events of one append by it carry the same.
    pub request_id: Uuid,
    /// The command's name, for instance `POST /api/v1/orders`.
    pub command: String,
    /// The version of this record's form.
    #[serde(default = "schema_version")]
    pub schema: u32,
}

fn schema_version() -> u32 {
    1
}

impl Metadata {
    pub fn new(actor: impl Into<String>, request_id: Uuid, command: impl Into<String>) -> Self {
        Self {
            actor: actor.into(),
            correlation_id: request_id,
            causation_id: request_id,
            request_id,
            command: command.into(),
            schema: schema_version(),
        }
    }

    /// The same, as the effect of an event.
    pub fn caused_by(mut self, event_id: Uuid, correlation_id: Uuid) -> Self {
        self.causation_id = event_id;
        self.correlation_id = correlation_id;
        self
    }
}
