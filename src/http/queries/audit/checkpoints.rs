//! Signed tree heads: `/audit/checkpoints`.

use crate::audit::{self, SignedCheckpoint};
use crate::http::extract::{Auditor, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A signed tree head. Keep one outside of this system: nothing under it can change unnoticed then.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CheckpointResource {
    /// How many events it covers.
    #[schema(example = 64)]
    size: u64,
    /// The root of the tree over them, in hexadecimal.
    root: String,
    /// The signed note (C2SP tlog-checkpoint), to be kept as it is.
    note: String,
    /// The key that verifies the note. Get it in another way too, before you rely on it.
    vkey: String,
    signed_at: DateTime<Utc>,
}

impl From<SignedCheckpoint> for CheckpointResource {
    fn from(signed: SignedCheckpoint) -> Self {
        Self {
            size: signed.head.size,
            root: hex::encode(signed.head.root),
            note: signed.note,
            vkey: signed.vkey,
            signed_at: signed.signed_at,
        }
    }
}

/// List the signed tree heads
///
/// The newest first.
#[utoipa::path(get, path = "/audit/checkpoints", tag = "audit", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, description = "A page of checkpoints", body = List<CheckpointResource>)))]
async fn list(
    State(state): State<AppState>,
    _: Auditor,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<CheckpointResource>>, Problem> {
    let below = page.after::<i64>()?;
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let wanted = i64::from(page.limit()) + 1;
    let mut found = audit::page(&state.read_pool, below, i64::from(page.offset()), wanted).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.head.size);
    let items = found.into_iter().map(CheckpointResource::from).collect();
    Ok(Json(List::new(items, next.as_ref())))
}
