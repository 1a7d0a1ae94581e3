//! Webhooks and what they were told: `/webhooks`. Sellers see theirs, administrators all; nobody sees a
//! secret.

use crate::auth::Caller;
use crate::http::commands::visible_webhooks;
use crate::http::docs::DeliveryStatusSchema;
use crate::http::extract::{Path, Query, Staff};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::versioned;
use crate::http::resources::{DeliveryResource, WebhookResource};
use crate::state::AppState;
use crate::webhooks::deliveries::{self, Cursor, Status};
use aggregates::{WebhookId, webhook};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use garde::Validate;
use projections::webhooks::{self, Row};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(delivered))
}

/// Which deliveries are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
pub struct DeliveriesQuery {
    /// pending, delivered, failed or cancelled.
    #[garde(skip)]
    #[param(value_type = Option<DeliveryStatusSchema>, example = "failed")]
    status: Option<Status>,
}

/// List my webhooks
///
/// The oldest first. An administrator sees all.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, description = "A page of webhooks", body = List<WebhookResource>)))]
async fn list(
    State(state): State<AppState>,
    caller: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<WebhookResource>>, Problem> {
    let (owner, after) = (visible_webhooks(&caller), page.after()?);
    let (offset, limit) = (page.offset(), page.limit());
    let found = webhooks::list(&state.read_pool, owner, after.as_ref(), offset, limit).await?;
    let now = state.clock.now();
    let items = found.items.iter().filter_map(|row| WebhookResource::from_row(row, now)).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}

/// Get a webhook
#[utoipa::path(get, path = "/webhooks/{id}", tag = "webhooks", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The webhook")),
    responses((status = 200, description = "The webhook", body = WebhookResource)))]
async fn show(
    State(state): State<AppState>,
    caller: Staff,
    headers: HeaderMap,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let row = visible(&state, &caller, id).await?;
    let webhook = WebhookResource::from_row(&row, state.clock.now());
    let webhook = webhook.ok_or(webhook::Error::NotFound)?;
    // An old secret ends by itself, without another version.
    let known = if webhook.secrets.len() == 1 { headers } else { HeaderMap::new() };
    Ok(versioned(&known, webhook.version, &webhook))
}

/// List what a webhook was told
///
/// The newest first, for 30 days, with the attempts.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The webhook"), DeliveriesQuery, PageQuery),
    responses((status = 200, description = "A page of deliveries", body = List<DeliveryResource>)))]
async fn delivered(
    State(state): State<AppState>,
    caller: Staff,
    Path(id): Path<WebhookId>,
    Query(query): Query<DeliveriesQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<DeliveryResource>>, Problem> {
    visible(&state, &caller, id).await?;
    let (after, limit) = (page.after::<Cursor>()?, page.limit());
    let (pool, offset) = (&state.read_pool, page.offset());
    let found = deliveries::list(pool, id, query.status, after.as_ref(), offset, limit).await?;
    let items = found.items.into_iter().map(DeliveryResource::from).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}

/// The webhook, to those whom it concerns; to others it does not exist.
async fn visible(state: &AppState, caller: &Caller, id: WebhookId) -> Result<Row, Problem> {
    let row = webhooks::webhook(&state.read_pool, id).await?;
    let concerned = row.filter(|row| caller.owns(row.owner));
    Ok(concerned.ok_or(webhook::Error::NotFound)?)
}
