//! Orders: `/orders`. Buyers see theirs, sellers their part of those with their lines, administrators
//! all.

use super::order_events;
use crate::auth::Caller;
use crate::http::docs::OrderStatusSchema;
use crate::http::extract::{Path, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::versioned;
use crate::http::resources::OrderResource;
use crate::http::value::is_in_the_calendar;
use crate::state::AppState;
use aggregates::OrderId;
use aggregates::account::Role;
use aggregates::order::Status;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use garde::Validate;
use projections::orders::{self, Filter, OrderView};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(by_user))
        .routes(routes!(order_events::follow))
}

/// Which orders are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrdersQuery {
    /// pending, confirmed, processing, shipped, delivered, cancelled or refunded.
    #[garde(skip)]
    #[param(value_type = Option<OrderStatusSchema>)]
    status: Option<Status>,
    /// Placed at or after.
    #[garde(inner(custom(is_in_the_calendar)))]
    from: Option<DateTime<Utc>>,
    /// Placed before.
    #[garde(inner(custom(is_in_the_calendar)))]
    to: Option<DateTime<Utc>>,
}

/// List my orders
///
/// The newest first. A seller sees the orders with lines of theirs, and of them these lines; an
/// administrator sees all.
#[utoipa::path(get, path = "/orders", tag = "orders", security(("bearer" = [])),
    params(OrdersQuery, PageQuery),
    responses((status = 200, description = "A page of orders", body = List<OrderResource>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<OrdersQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<OrderResource>>, Problem> {
    let mut filter = query.filter(&page)?;
    match caller.role {
        Role::Admin => {}
        Role::Seller => filter.seller_id = Some(caller.id),
        Role::Customer | Role::Auditor | Role::Analyst => filter.user_id = Some(caller.id),
    }
    page_of(&state, &caller, &filter).await
}

/// List the orders of a user
#[utoipa::path(get, path = "/orders/user/{user_id}", tag = "orders", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The buyer"), OrdersQuery, PageQuery),
    responses((status = 200, description = "A page of orders", body = List<OrderResource>)))]
async fn by_user(
    State(state): State<AppState>,
    caller: Caller,
    Path(user_id): Path<Uuid>,
    Query(query): Query<OrdersQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<OrderResource>>, Problem> {
    if !caller.owns(user_id.into()) {
        return Err(Problem::forbidden("not_yours", "these are the orders of somebody else"));
    }
    let mut filter = query.filter(&page)?;
    filter.user_id = Some(user_id.into());
    page_of(&state, &caller, &filter).await
}

/// Get an order
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The order")),
    responses((status = 200, description = "The order", body = OrderResource)))]
async fn show(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let view = visible(&state, id.into(), &caller).await?;
    let version = view.order.version;
    let paid = view.payment_status;
    let order = OrderResource::from_view(view).ok_or_else(not_found)?.seen_by(&caller);
    // The payment moves without the order: only a settled one makes the version a tag.
    let known = if paid.is_some_and(settled) { headers } else { HeaderMap::new() };
    Ok(versioned(&known, version, &order))
}

fn settled(status: aggregates::payment::Status) -> bool {
    use aggregates::payment::Status;
    matches!(status, Status::Completed | Status::Refunded)
}

/// The order, to those whom it concerns; to others it does not exist.
pub(super) async fn visible(
    state: &AppState,
    id: OrderId,
    caller: &Caller,
) -> Result<OrderView, Problem> {
    let view = orders::order(&state.read_pool, id).await?.ok_or_else(not_found)?;
    let concerned = caller.owns(view.order.user_id)
        || (caller.role == Role::Seller && view.order.seller_ids.contains(&caller.id));
    if concerned { Ok(view) } else { Err(not_found()) }
}

fn not_found() -> Problem {
    Problem::not_found("order_not_found", "there is no such order")
}

impl OrdersQuery {
    /// Of anybody's orders: whose may be seen is the caller's to add.
    pub(super) fn filter(&self, page: &PageQuery) -> Result<Filter, Problem> {
        Ok(Filter {
            user_id: None,
            seller_id: None,
            status: self.status,
            from: self.from,
            to: self.to,
            limit: page.limit(),
            after: page.after()?,
            offset: page.offset(),
        })
    }
}

async fn page_of(
    state: &AppState,
    caller: &Caller,
    filter: &Filter,
) -> Result<Json<List<OrderResource>>, Problem> {
    let found = orders::list(&state.read_pool, filter).await?;
    let orders = found.items.into_iter().filter_map(OrderResource::from_view);
    let items = orders.map(|order| order.seen_by(caller)).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}
