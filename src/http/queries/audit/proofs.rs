//! Proofs: `/audit/proof`. What they prove is checked by whoever asks; nothing here is to be believed.

use crate::audit;
use crate::audit::proof::{ConsistencyProof, Included, InclusionProof};
use crate::http::extract::{Auditor, Query};
use crate::http::problem::{FieldError, Problem};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use eventlog::tree::{Leaf, Prover, leaf_of_event};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(inclusion)).routes(routes!(consistency))
}

/// Which event is to be proved. Give either `event_id` or `leaf_index`.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InclusionQuery {
    /// The event.
    #[garde(skip)]
    event_id: Option<Uuid>,
    /// Its place in the feed, from 0.
    #[garde(skip)]
    #[param(maximum = 9_223_372_036_854_775_807_u64)]
    leaf_index: Option<u64>,
    /// Of how many events the tree is. Default: that of the newest checkpoint.
    #[garde(range(min = 1))]
    #[param(minimum = 1, maximum = 9_223_372_036_854_775_807_u64)]
    size: Option<u64>,
}

/// Between which trees.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyQuery {
    /// The size of the older tree: of the checkpoint that you have kept.
    #[garde(range(min = 1))]
    #[param(minimum = 1, maximum = 9_223_372_036_854_775_807_u64)]
    from: u64,
    /// The size of the newer tree. Default: that of the newest checkpoint.
    #[garde(range(min = 1))]
    #[param(minimum = 1, maximum = 9_223_372_036_854_775_807_u64)]
    to: Option<u64>,
}

/// Prove that an event is in the log
///
/// The hashes of a Merkle inclusion proof (RFC 9162, section 2.1.3), in hexadecimal.
#[utoipa::path(get, path = "/audit/proof/inclusion", tag = "audit", security(("bearer" = [])),
    params(InclusionQuery),
    responses((status = 200, description = "The proof", body = InclusionProof)))]
async fn inclusion(
    State(state): State<AppState>,
    _: Auditor,
    Query(query): Query<InclusionQuery>,
) -> Result<Json<InclusionProof>, Problem> {
    let mut prover = Prover::new(&state.read_pool).await?;
    let leaf = leaf(&state, &prover, &query).await?;
    let (size, note) = signed(&state, query.size).await?;
    let hashes = prover.inclusion(leaf.index, size).await?;
    let head = prover.head(size).await?;
    let leaf = Included {
        event_id: leaf.event_id,
        index: leaf.index,
        event_hash: &leaf.hash,
        hashes: &hashes,
    };
    Ok(Json(InclusionProof::new(leaf, &head, note)))
}

/// Prove that the log only grew
///
/// The hashes of a Merkle consistency proof (RFC 9162, section 2.1.4), in hexadecimal: the events under
/// the older tree head are still the first ones under the newer.
#[utoipa::path(get, path = "/audit/proof/consistency", tag = "audit", security(("bearer" = [])),
    params(ConsistencyQuery),
    responses((status = 200, description = "The proof", body = ConsistencyProof)))]
async fn consistency(
    State(state): State<AppState>,
    _: Auditor,
    Query(query): Query<ConsistencyQuery>,
) -> Result<Json<ConsistencyProof>, Problem> {
    let (to, note) = signed(&state, query.to).await?;
    let mut prover = Prover::new(&state.read_pool).await?;
    let hashes = prover.consistency(query.from, to).await?;
    let (from, to) = (prover.head(query.from).await?, prover.head(to).await?);
    Ok(Json(ConsistencyProof::new(&from, &to, &hashes, note)))
}

async fn leaf(state: &AppState, prover: &Prover, query: &InclusionQuery) -> Result<Leaf, Problem> {
    match (query.event_id, query.leaf_index) {
        (Some(id), None) => {
            let found = leaf_of_event(&state.read_pool, id).await?;
            found.ok_or_else(|| {
                let detail = "there is no such event, or it is so new that it is not sealed yet";
                Problem::not_found("event_not_sealed", detail)
            })
        }
        (None, Some(index)) => Ok(prover.leaf(index).await?),
        _ => {
            let detail = "give either event_id or leaf_index";
            Err(Problem::invalid(vec![FieldError::parameter("event_id", detail)]))
        }
    }
}

/// The size, by default that of the newest checkpoint, and the checkpoint of this size.
async fn signed(state: &AppState, size: Option<u64>) -> Result<(u64, Option<String>), Problem> {
    let Some(size) = size else {
        let newest = audit::latest(&state.read_pool).await?;
        return newest.map(|signed| (signed.head.size, Some(signed.note))).ok_or_else(|| {
            Problem::not_found("nothing_signed", "no tree head was signed yet; try again soon")
        });
    };
    // The largest one of at most this size.
    let below = i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1);
    let found = audit::page(&state.read_pool, Some(below), 0, 1).await?.pop();
    let of_size = found.filter(|signed| signed.head.size == size);
    Ok((size, of_size.map(|signed| signed.note)))
}
