//! A webhook, and what it was told. A secret is shown where it was just drawn, and never again.

use crate::http::docs::DeliveryStatusSchema;
use crate::webhooks::WebhookState;
use crate::webhooks::deliveries::{Attempt, Row as DeliveryRow, Status as DeliveryStatus};
use aggregates::webhook::{DisableReason, Topic};
use aggregates::{Webhook, WebhookId};
use chrono::{DateTime, Utc};
use projections::webhooks::Row;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where its owner wants to be told of what happens.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookResource {
    pub id: Uuid,
    /// The owner: a seller, or an administrator.
    pub user_id: Uuid,
    #[schema(example = "https://shop.example/hooks")]
    pub url: String,
    /// The event types that it is told of; `*` is all that its owner may see.
    #[schema(value_type = Vec<String>, example = json!(["order.confirmed", "stock.changed"]))]
    pub events: Vec<Topic>,
    pub description: Option<String>,
    /// Whether it is told of what happens.
    pub is_enabled: bool,
    /// `by_hand`, `gone` (it answered 410) or `failing` (nothing got through for three days).
    #[schema(value_type = Option<String>, example = "failing")]
    pub disabled_reason: Option<DisableReason>,
    pub disabled_at: Option<DateTime<Utc>>,
    /// What signs, the current one first.
    pub secrets: Vec<WebhookSecret>,
    /// The secret, where it was just made; base64 follows `whsec_`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A secret that signs. What it is was shown when it was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookSecret {
    pub id: Uuid,
    /// Until when it signs beside the one that replaced it; `null` for the current one.
    pub expires_at: Option<DateTime<Utc>>,
}

impl WebhookResource {
    /// `None` where there is no webhook (any more).
    pub fn of(
        id: WebhookId,
        webhook: &Webhook,
        version: i64,
        secret: Option<String>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let details = webhook.details()?;
        let disabled = match webhook {
            Webhook::Disabled { reason, at, .. } => Some((*reason, *at)),
            Webhook::Nonexistent | Webhook::Enabled(_) | Webhook::Removed => None,
        };
        let current = WebhookSecret { id: details.secret_id.uuid(), expires_at: None };
        let old = details.old_secrets.iter().filter(|old| old.until > now);
        let old = old.map(|old| WebhookSecret { id: old.id.uuid(), expires_at: Some(old.until) });
        Some(Self {
            id: id.uuid(),
            user_id: details.owner.uuid(),
            url: details.endpoint.url.as_str().to_owned(),
            events: details.endpoint.topics.iter().copied().collect(),
            description: details.endpoint.description.as_ref().map(|d| d.as_str().to_owned()),
            is_enabled: disabled.is_none(),
            disabled_reason: disabled.map(|(reason, _)| reason),
            disabled_at: disabled.map(|(_, at)| at),
            secrets: std::iter::once(current).chain(old).collect(),
            secret,
            version,
            created_at: details.created_at,
            updated_at: details.updated_at,
        })
    }

    /// After a step; the secret is shown where the step drew it.
    pub fn after(state: &WebhookState) -> Option<Self> {
        Self::of(state.id, &state.webhook, state.version, state.secret.clone(), state.now)
    }

    /// The same without the secret: what may be stored.
    pub fn without_secret(state: &WebhookState) -> Option<Self> {
        Self::of(state.id, &state.webhook, state.version, None, state.now)
    }

    pub fn from_row(row: &Row, now: DateTime<Utc>) -> Option<Self> {
        Self::of(row.id, &row.state, row.version, None, now)
    }
}

/// Something that a webhook is told, and how far that has come.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct DeliveryResource {
    /// The `webhook-id` of the message, the same in every attempt.
    pub id: Uuid,
    /// What it is about.
    pub event_id: Uuid,
    #[schema(example = "order.confirmed")]
    pub event_type: String,
    #[schema(value_type = DeliveryStatusSchema)]
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub attempts: i32,
    /// The status of the last answer; `null` where there was none.
    pub response_status: Option<u16>,
    /// How long the last attempt took.
    pub duration_ms: Option<u64>,
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The last attempts, the latest last.
    pub log: Vec<AttemptResource>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// One attempt to deliver.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct AttemptResource {
    pub at: DateTime<Utc>,
    /// `null` where there was no answer.
    pub response_status: Option<u16>,
    pub duration_ms: u64,
    /// Why it was no success.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub response: Option<String>,
}

impl From<Attempt> for AttemptResource {
    fn from(attempt: Attempt) -> Self {
        let Attempt { at, response_status, duration_ms, error, response } = attempt;
        Self { at, response_status, duration_ms, error, response }
    }
}

impl From<DeliveryRow> for DeliveryResource {
    fn from(row: DeliveryRow) -> Self {
        let last = row.log.last();
        Self {
            id: row.id,
            event_id: row.event_id,
            event_type: row.event_type,
            status: row.status,
            attempts: row.attempts,
            response_status: last.and_then(|attempt| attempt.response_status),
            duration_ms: last.map(|attempt| attempt.duration_ms),
            next_attempt_at: row.next_attempt_at,
            log: row.log.into_iter().map(AttemptResource::from).collect(),
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}
