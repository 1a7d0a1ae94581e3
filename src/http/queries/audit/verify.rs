//! Verifying: `/audit/verify`. Bounded: a whole long log is for `ledgerline verify`.

use crate::http::extract::{Auditor, Query};
use crate::http::problem::{FieldError, Problem};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use eventlog::tree::{Head, Prover};
use eventlog::verify::{self, VerifyError};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(verify))
}

/// What is to be verified.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VerifyQuery {
    /// Only this stream, as `type/id`. Default: the whole log.
    #[garde(length(chars, max = 300))]
    #[param(
        max_length = 300,
        pattern = "/",
        example = "order/0197b4a0-0000-7000-8000-000000000000"
    )]
    stream: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerifyReport {
    /// Whether every hash, every link and every tree head is right.
    intact: bool,
    /// The first place that is not right, and what is wrong there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "stock_item/b event 3: its contents do not match its hash")]
    failure: Option<String>,
    /// How many events were verified.
    events: u64,
    /// Those of them that are under the tree head. Younger ones are sealed within seconds.
    sealed: u64,
    /// How many events the tree head covers.
    tree_size: u64,
    /// Its root, in hexadecimal.
    root: String,
}

impl VerifyReport {
    fn new(head: &Head, events: u64, sealed: u64) -> Self {
        let (tree_size, root) = (head.size, hex::encode(head.root));
        Self { intact: true, failure: None, events, sealed, tree_size, root }
    }

    /// The outcome; a log that cannot be read says nothing about its history.
    fn of(head: &Head, outcome: Result<Self, VerifyError>) -> Result<Json<Self>, Problem> {
        match outcome {
            Ok(report) => Ok(Json(report)),
            Err(VerifyError::Unavailable(error)) => Err(error.into()),
            Err(VerifyError::Tree(error)) => Err(error.into()),
            Err(found) => {
                tracing::error!(failure = %found, "the log is not intact");
                let failure = Some(found.to_string());
                Ok(Json(Self { intact: false, failure, ..Self::new(head, 0, 0) }))
            }
        }
    }
}

/// Verify the log
///
/// Recomputes every hash, follows the chain of each stream, and compares the whole with the tree heads.
/// Of one stream: its chain, and that each of its events is under the newest tree head.
#[utoipa::path(get, path = "/audit/verify", tag = "audit", security(("bearer" = [])),
    params(VerifyQuery),
    responses((status = 200, description = "What was found", body = VerifyReport)))]
async fn verify(
    State(state): State<AppState>,
    _: Auditor,
    Query(query): Query<VerifyQuery>,
) -> Result<Json<VerifyReport>, Problem> {
    if let Some(name) = &query.stream {
        let stream = name.split_once('/').ok_or_else(|| {
            let detail = "a stream is named as type/id";
            Problem::invalid(vec![FieldError::parameter("stream", detail)])
        })?;
        return one(&state, stream).await;
    }
    let mut prover = Prover::new(&state.read_pool).await?;
    bounded(&state, prover.sealed())?;
    let head = prover.head(prover.sealed()).await?;
    VerifyReport::of(&head, whole(&state, &head).await)
}

async fn whole(state: &AppState, head: &Head) -> Result<VerifyReport, VerifyError> {
    // The chains first: they name the event, where the tree may only know about where it is.
    let chains = verify::chains(&state.read_pool, None, |_| {}).await?;
    let tree = verify::tree_against(&state.read_pool, &[*head], |_| {}).await?;
    Ok(VerifyReport::new(head, chains.events, tree.events.min(chains.events)))
}

async fn one(state: &AppState, stream: (&str, &str)) -> Result<Json<VerifyReport>, Problem> {
    let events = verify::length(&state.read_pool, stream).await?;
    if events == 0 {
        return Err(Problem::not_found("stream_not_found", "there is no such stream"));
    }
    bounded(state, events)?;
    let mut prover = Prover::new(&state.read_pool).await?;
    let head = prover.head(prover.sealed()).await?;
    let outcome = verify::stream(&state.read_pool, stream, &mut prover).await;
    let outcome = outcome.map(|report| VerifyReport::new(&head, report.events, report.sealed));
    VerifyReport::of(&head, outcome)
}

fn bounded(state: &AppState, events: u64) -> Result<(), Problem> {
    let limit = state.config.audit.verify_limit_events;
    if events <= limit {
        return Ok(());
    }
    let detail = "too many events for one request; run `ledgerline verify`";
    Err(Problem::unprocessable("log_too_long", detail).with("events", events).with("limit", limit))
}
