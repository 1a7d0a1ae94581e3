//! The state of a stream as of any moment, rebuilt from the log: `/audit/orders` and the like.
//!
//! A question about a moment is only answered once nothing can be added to its past any more, so
//! that the same question always has the same answer, to the byte.

use crate::http::docs::AsOfSchema;
use crate::http::extract::{Auditor, Path, Query};
use crate::http::problem::{FieldError, Problem};
use crate::http::value::CardFinder;
use crate::replay::{self, ReplayError, parse_as_of, show_as_of};
use crate::state::AppState;
use aggregates::{Decider, GiftCard, LoyaltyAccount, Order, StockItem};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use eventlog::history::{Settled, settled};
use eventlog::{AsOf, feed};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// How long a question waits for appends that are under way.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(order))
        .routes(routes!(stock))
        .routes(routes!(gift_card))
        .routes(routes!(loyalty))
}

/// Which moment is asked about.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// An RFC 3339 time or a position (`Ledgerline-Position`, or `position` of an event), what
    /// happened then included. Without it, what the log shows now.
    #[garde(length(max = 100))]
    #[param(value_type = Option<AsOfSchema>, example = "2026-11-21T10:00:00Z")]
    as_of: Option<String>,
}

/// A state as the log told it at a moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct StateResource {
    #[serde(rename = "type")]
    #[schema(example = "order")]
    pub aggregate_type: String,
    pub id: String,
    /// The moment that is answered for: asking with it again gives the same bytes.
    #[schema(example = "2026-11-21T10:00:00.000000Z")]
    pub as_of: String,
    /// The sequence of the last event by then.
    pub version: i64,
    /// The place of that event in the feed.
    #[schema(example = "2f5-3a")]
    pub position: String,
    /// When that event was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
    /// The numbers that people ask about, by name.
    #[schema(value_type = Object, example = json!({"on_hand": 5, "reserved": 2, "available": 3}))]
    pub balances: Map<String, Value>,
    /// All that the aggregate knows.
    #[schema(value_type = Object)]
    pub state: Value,
}

/// Get an order as of any moment
#[utoipa::path(get, path = "/audit/orders/{id}", tag = "audit", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The order"), AsOfQuery),
    responses((status = 200, description = "Its state then", body = StateResource)))]
async fn order(
    State(state): State<AppState>,
    _auditor: Auditor,
    Path(id): Path<Uuid>,
    Query(query): Query<AsOfQuery>,
) -> Result<Json<StateResource>, Problem> {
    state_as_of(&state, <Order as Decider>::TYPE, &id.to_string(), &query).await
}

/// Get the stock of a product as of any moment
#[utoipa::path(get, path = "/audit/stock/{product_id}", tag = "audit", security(("bearer" = [])),
    params(("product_id" = Uuid, Path, description = "The product"), AsOfQuery),
    responses((status = 200, description = "Its state then", body = StateResource)))]
async fn stock(
    State(state): State<AppState>,
    _auditor: Auditor,
    Path(product_id): Path<Uuid>,
    Query(query): Query<AsOfQuery>,
) -> Result<Json<StateResource>, Problem> {
    state_as_of(&state, <StockItem as Decider>::TYPE, &product_id.to_string(), &query).await
}

/// Get a gift card as of any moment
#[utoipa::path(get, path = "/audit/giftcards/{code}", tag = "audit", security(("bearer" = [])),
    params(("code" = String, Path, description = "The present code of the card, or its id"),
           AsOfQuery),
    responses((status = 200, description = "Its state then", body = StateResource)))]
async fn gift_card(
    State(state): State<AppState>,
    _auditor: Auditor,
    finder: CardFinder,
    Path(code): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Json<StateResource>, Problem> {
    let id = finder.named(&state, &code).await?;
    state_as_of(&state, <GiftCard as Decider>::TYPE, &id.to_string(), &query).await
}

/// Get the points of a customer as of any moment
#[utoipa::path(get, path = "/audit/loyalty/{user_id}", tag = "audit", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The customer"), AsOfQuery),
    responses((status = 200, description = "Its state then", body = StateResource)))]
async fn loyalty(
    State(state): State<AppState>,
    _auditor: Auditor,
    Path(user_id): Path<Uuid>,
    Query(query): Query<AsOfQuery>,
) -> Result<Json<StateResource>, Problem> {
    state_as_of(&state, <LoyaltyAccount as Decider>::TYPE, &user_id.to_string(), &query).await
}

/// The answer for any stream. Reads the primary: a replica may not have come so far.
pub(super) async fn state_as_of(
    state: &AppState,
    aggregate_type: &str,
    id: &str,
    query: &AsOfQuery,
) -> Result<Json<StateResource>, Problem> {
    let as_of = moment(state, query).await?;
    let stream = (aggregate_type, id);
    let told = replay::tell(&state.pool, state.log.codec(), stream, Some(as_of), None).await?;
    if told.version == 0 {
        return Err(Problem::not_found("stream_not_found", "there was no such thing then"));
    }
    Ok(Json(StateResource {
        aggregate_type: aggregate_type.to_owned(),
        id: id.to_owned(),
        as_of: show_as_of(as_of),
        version: told.version,
        position: told.position.to_string(),
        recorded_at: told.recorded_at,
        balances: told.balances,
        state: told.state,
    }))
}

/// The moment that is asked about, once it is settled. What the feed shows is settled already.
pub(super) async fn moment(state: &AppState, query: &AsOfQuery) -> Result<AsOf, Problem> {
    let Some(text) = query.as_of.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(AsOf::Position(feed::head(&state.pool).await?));
    };
    let refused = |detail: &str, code: &'static str| {
        Err(Problem::invalid(vec![FieldError::parameter("as_of", detail).code(code)]))
    };
    let Some(as_of) = parse_as_of(text) else {
        return refused("neither an RFC 3339 time nor a position", "invalid");
    };
    match settled(&state.pool, as_of, state.clock.now(), PATIENCE).await? {
        Settled::Yes => Ok(as_of),
        Settled::NotYet => refused("that moment has not come yet", "in_the_future"),
        Settled::Stalled => Err(Problem::overloaded(
            "something that may have begun by then has not ended yet; try again",
        )),
    }
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Unavailable(error) => error.into(),
            ReplayError::UnknownType(_) | ReplayError::Unreadable { .. } => Self::internal(&error),
        }
    }
}
