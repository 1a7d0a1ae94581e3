//! Payments: `/payments`.

use super::orders::visible;
use crate::auth::Caller;
use crate::http::extract::Path;
use crate::http::pagination::List;
use crate::http::problem::Problem;
use crate::http::reply::versioned;
use crate::http::resources::PaymentResource;
use crate::state::AppState;
use aggregates::OrderId;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use projections::payments;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(by_order))
}

/// Get a payment
#[utoipa::path(get, path = "/payments/{id}", tag = "payments", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The payment")),
    responses((status = 200, description = "The payment", body = PaymentResource)))]
async fn show(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let found = payments::payment(&state.read_pool, id.into()).await?;
    let row = found.filter(|row| caller.owns(row.user_id)).ok_or_else(not_found)?;
    let payment = PaymentResource::of(row.id, &row.state, row.version).ok_or_else(not_found)?;
    Ok(versioned(&headers, row.version, &payment))
}

/// List the payments of an order
///
/// The latest first: a payment that failed may be followed by another one.
#[utoipa::path(get, path = "/payments/order/{order_id}", tag = "payments",
    security(("bearer" = [])), params(("order_id" = Uuid, Path, description = "The order")),
    responses((status = 200, description = "All payments", body = List<PaymentResource>)))]
async fn by_order(
    State(state): State<AppState>,
    caller: Caller,
    Path(order_id): Path<Uuid>,
) -> Result<Json<List<PaymentResource>>, Problem> {
    let order_id = OrderId::new(order_id);
    let order = visible(&state, order_id, &caller).await?;
    if !caller.owns(order.order.user_id) {
        return Err(not_found());
    }
    let rows = payments::by_order(&state.read_pool, order_id).await?;
    let items = rows
        .iter()
        .filter_map(|row| PaymentResource::of(row.id, &row.state, row.version))
        .collect();
    Ok(Json(List::new(items, None::<&()>)))
}

fn not_found() -> Problem {
    Problem::not_found("payment_not_found", "there is no such payment")
}
