//! From an event to its command, to what came with it, to what caused it and to what it caused:
//! `/audit/trace`.

use super::streams::EventResource;
use crate::http::extract::{Auditor, Path};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use eventlog::{Metadata, Recorded, trace};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The most siblings, and the most effects, that are shown.
const MOST: i64 = 200;
/// The longest chain of causes that is followed. Processes react to what they did a few times at
/// most.
const LONGEST_CHAIN: usize = 32;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// A command, as the metadata of its events tell it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CommandResource {
    /// An account's id, or the name of a process.
    pub actor: String,
    #[schema(example = "PUT /api/v1/orders/{id}/cancel")]
    pub command: String,
    pub request_id: Uuid,
    /// Shared by all that belongs together.
    pub correlation_id: Uuid,
}

impl From<&Metadata> for CommandResource {
    fn from(metadata: &Metadata) -> Self {
        Self {
            actor: metadata.actor.clone(),
            command: metadata.command.clone(),
            request_id: metadata.request_id,
            correlation_id: metadata.correlation_id,
        }
    }
}

/// An event and all around it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TraceResource {
    pub event: EventResource,
    /// What appended it; `null` where its metadata are not ours.
    pub command: Option<CommandResource>,
    /// The other events of the same command: stored together with it, or not at all.
    pub siblings: Vec<EventResource>,
    /// The event that a process reacted to, then the cause of that one, and so on. Empty where the
    /// event was caused by its own command.
    pub causes: Vec<EventResource>,
    /// The command at the beginning of the chain: that of the last cause, or of the event itself.
    pub origin: Option<CommandResource>,
    /// What processes appended because of it.
    pub effects: Vec<EventResource>,
    /// Whether there are more siblings or effects than are shown.
    pub truncated: bool,
}

/// Trace an event
///
/// At most 200 siblings and 200 effects are shown.
#[utoipa::path(get, path = "/audit/trace/{event_id}", tag = "audit", security(("bearer" = [])),
    params(("event_id" = Uuid, Path, description = "The event")),
    responses((status = 200, description = "The event and all around it", body = TraceResource)))]
async fn show(
    State(state): State<AppState>,
    _auditor: Auditor,
    Path(event_id): Path<Uuid>,
) -> Result<Json<TraceResource>, Problem> {
    let pool = &state.read_pool;
    let event = trace::event(pool, event_id).await?.ok_or_else(not_found)?;
    let metadata = metadata_of(&event);
    let siblings = match &metadata {
        Some(metadata) => trace::siblings(pool, &event, metadata.request_id, MOST + 1).await?,
        None => Vec::new(),
    };
    let effects = trace::effects(pool, event_id, MOST + 1).await?;
    let causes = causes(pool, metadata.as_ref()).await?;
    let origin = causes.last().map_or_else(|| metadata.clone(), metadata_of);
    let shown = usize::try_from(MOST).unwrap_or(usize::MAX);
    Ok(Json(TraceResource {
        command: metadata.as_ref().map(CommandResource::from),
        origin: origin.as_ref().map(CommandResource::from),
        truncated: siblings.len() > shown || effects.len() > shown,
        siblings: resources(siblings.into_iter().take(shown))?,
        causes: resources(causes)?,
        effects: resources(effects.into_iter().take(shown))?,
        event: event.try_into()?,
    }))
}

/// From cause to cause, the nearest first.
async fn causes(pool: &PgPool, of: Option<&Metadata>) -> Result<Vec<Recorded>, sqlx::Error> {
    let (mut causes, mut metadata) = (Vec::new(), of.cloned());
    while let Some(effect) =
        metadata.filter(|metadata| metadata.causation_id != metadata.request_id)
        && causes.len() < LONGEST_CHAIN
    {
        // What causes an event need not be one.
        let Some(cause) = trace::event(pool, effect.causation_id).await? else { break };
        metadata = metadata_of(&cause);
        causes.push(cause);
    }
    Ok(causes)
}

/// Events of other programs may have other metadata.
fn metadata_of(event: &Recorded) -> Option<Metadata> {
    serde_json::from_str(&event.metadata).ok()
}

fn resources(events: impl IntoIterator<Item = Recorded>) -> Result<Vec<EventResource>, Problem> {
    events.into_iter().map(EventResource::try_from).collect()
}

fn not_found() -> Problem {
    Problem::not_found("event_not_found", "there is no such event")
}
