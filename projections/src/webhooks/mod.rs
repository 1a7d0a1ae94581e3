//! Webhooks that were not removed. The fold is the aggregate's own: no rule is repeated here. Holds no
//! secret, and nothing of what was delivered.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Page, count, enabled, list, webhook};

use crate::{ApplyError, Envelope, Projection};
use aggregates::webhook::Event;
use aggregates::{Decider, Fact, UserId, Webhook, WebhookId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Webhooks;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: WebhookId,
    pub owner: UserId,
    pub is_enabled: bool,
    /// The position in the log at which it was registered or enabled last: it is told of what
    /// comes behind it.
    pub since: i64,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub state: Webhook,
}

impl Projection for Webhooks {
    const NAME: &'static str = "webhooks";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "webhooks";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["webhook"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Webhook(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let begins = matches!(fact, Event::Registered { .. } | Event::Enabled { .. });
        let known = row.as_ref().map(|row| row.since).filter(|_| !begins);
        let since = known.unwrap_or(event.position.global_position);
        let state = row.map_or_else(Webhook::default, |row| row.state).evolve(fact);
        let details = match &state {
            Webhook::Nonexistent => return Err(ApplyError::NotCreated("the webhook")),
            Webhook::Removed => return Ok(None),
            Webhook::Enabled(details) | Webhook::Disabled { details, .. } => details,
        };
        Ok(Some(Row {
            id: WebhookId::new(*key),
            owner: details.owner,
            is_enabled: state.enabled().is_some(),
            since,
            version: event.sequence,
            created_at: details.created_at,
            updated_at: details.updated_at,
            state,
        }))
    }
}
