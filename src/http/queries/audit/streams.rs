//! The events of one stream as they are stored: `/audit/streams`.

use crate::http::extract::{Auditor, Path, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, SecondsFormat, Utc};
use eventlog::Recorded;
use eventlog::history::{self, Stretch};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(events))
}

/// An event as the log stores it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventResource {
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub event_type: String,
    pub event_version: String,
    pub event_id: Uuid,
    /// Its place in the feed, as a token: `as_of` takes it.
    #[schema(example = "2f5-3a")]
    pub position: String,
    #[serde(serialize_with = "with_microseconds")]
    pub recorded_at: DateTime<Utc>,
    /// Hexadecimal SHA-256; all zeros for the first event of a stream.
    pub prev_hash: String,
    /// Hexadecimal SHA-256 over the previous hash and all that is shown here but the position.
    pub hash: String,
    /// As stored, byte for byte.
    #[schema(value_type = Object)]
    pub payload: Box<RawValue>,
    /// Who and why, as stored, byte for byte.
    #[schema(value_type = Object)]
    pub metadata: Box<RawValue>,
}

/// The hash covers microseconds, so all six digits are shown.
fn with_microseconds<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

impl TryFrom<Recorded> for EventResource {
    type Error = Problem;

    fn try_from(event: Recorded) -> Result<Self, Problem> {
        let json = |text| RawValue::from_string(text).map_err(|error| Problem::internal(&error));
        Ok(Self {
            aggregate_type: event.aggregate_type,
            aggregate_id: event.aggregate_id,
            sequence: event.sequence,
            event_type: event.event_type,
            event_version: event.event_version,
            event_id: event.event_id,
            position: event.position.to_string(),
            recorded_at: event.recorded_at,
            prev_hash: hex::encode(event.prev_hash),
            hash: hex::encode(event.hash),
            payload: json(event.payload)?,
            metadata: json(event.metadata)?,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    sequence: i64,
}

/// List the events of a stream
///
/// In their order, as they are stored, with hashes and metadata.
#[utoipa::path(get, path = "/audit/streams/{aggregate_type}/{id}", tag = "audit",
    security(("bearer" = [])),
    params(("aggregate_type" = String, Path, description = "What it is", example = "order"),
           ("id" = String, Path, description = "Its id"), PageQuery),
    responses((status = 200, description = "A page of events", body = List<EventResource>)))]
async fn events(
    State(state): State<AppState>,
    _auditor: Auditor,
    Path((aggregate_type, id)): Path<(String, String)>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<EventResource>>, Problem> {
    // No stream has such a name, and the database takes no such text.
    if aggregate_type.contains('\0') || id.contains('\0') {
        return Err(not_found());
    }
    let first = page.after::<Cursor>()?.map_or(0, |cursor| cursor.sequence);
    let after = first.saturating_add(i64::from(page.offset()));
    let (stream, limit) = ((aggregate_type.as_str(), id.as_str()), page.limit() as usize);
    // One more than is shown tells whether there is a next page.
    let wanted = i64::from(page.limit()) + 1;
    let mut found =
        history::page(&state.read_pool, stream, after, &Stretch::default(), wanted).await?;
    if found.is_empty() && after == 0 {
        return Err(not_found());
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    let next = last.map(|event| Cursor { sequence: event.sequence });
    let items = found.into_iter().map(EventResource::try_from).collect::<Result<_, _>>()?;
    Ok(Json(List::new(items, next.as_ref())))
}

fn not_found() -> Problem {
    Problem::not_found("stream_not_found", "there is no such stream")
}
