//! The next status of an order, or of what one seller sends of it: `/orders/{id}/status`.

use super::{actor, end, give_back, shown, step};
use crate::checkout::{Checkout, Move, Refund};
use crate::http::docs::OrderStatusSchema;
use crate::http::extract::{CommandContext, Json, Path, Staff};
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::finish;
use crate::http::resources::OrderResource;
use crate::state::AppState;
use aggregates::OrderId;
use aggregates::order::Status;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The next status.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct SetStatus {
    /// processing, shipped, delivered, cancelled or refunded.
    #[garde(skip)]
    #[schema(value_type = OrderStatusSchema)]
    status: Status,
    /// Whose part of the order moves to processing, shipped or delivered. Sellers only move their
    /// own, with or without it; an administrator moves the whole order without it.
    #[garde(skip)]
    seller_id: Option<Uuid>,
    /// The carrier's number of a shipment: letters, digits, spaces and `-_./`. Drawn where it is
    /// missing.
    #[garde(length(chars, min = 1, max = 64), custom(carriers_number))]
    #[schema(min_length = 1, max_length = 64, example = "RR123456785KZ")]
    tracking_number: Option<String>,
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that garde calls"
)]
fn carriers_number(number: &Option<String>, _: &()) -> garde::Result {
    let Some(number) = number else { return Ok(()) };
    let may_be = |c: char| c.is_ascii_alphanumeric() || " -_./".contains(c);
    if number.chars().all(may_be) && !number.trim().is_empty() {
        Ok(())
    } else {
        Err(garde::Error::new("only letters, digits, spaces and -_./ are allowed"))
    }
}

impl SetStatus {
    /// What cannot be done for a part, or has no number, does not ask for it.
    fn check(&self) -> Result<(), Problem> {
        let is_step =
            matches!(self.status, Status::Processing | Status::Shipped | Status::Delivered);
        let mut errors = Vec::new();
        if self.seller_id.is_some() && !is_step {
            let rule = "only processing, shipped and delivered are steps of a single seller's part";
            errors.push(FieldError::at("/seller_id", rule));
        }
        if self.tracking_number.is_some() && self.status != Status::Shipped {
            errors.push(FieldError::at("/tracking_number", "only what is shipped has a number"));
        }
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }
}

/// Move an order to its next status
///
/// A seller moves what they sell of it, an administrator the whole or the part of `seller_id`. The
/// status of an order of several sellers is that of the part that is behind all others. `shipped`
/// assigns the tracking number.
#[utoipa::path(put, path = "/orders/{id}/status", tag = "orders", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The order")), request_body = SetStatus,
    responses((status = 200, description = "The order", body = OrderResource)))]
pub async fn set_status(
    State(state): State<AppState>,
    staff: Staff,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
    Json(body): Json<SetStatus>,
) -> Result<Response, Problem> {
    body.check()?;
    let (id, by) = (OrderId::new(id), actor(&staff));
    match body.status {
        Status::Cancelled => end(state, ctx, id, by).await,
        Status::Refunded => {
            let reason = "refunded by the seller".to_owned();
            give_back(state, ctx, id, by, Refund { lines: None, amount: None, reason }).await
        }
        Status::Pending
        | Status::Confirmed
        | Status::Processing
        | Status::Shipped
        | Status::Delivered => {
            let answer = shown(&state, &ctx, id).await?;
            let wanted = Move {
                to: body.status,
                seller_id: body.seller_id.map(Into::into),
                tracking_number: body.tracking_number,
            };
            let outcome = Checkout::of(&state).advance(step(&ctx, id, by), wanted, answer).await?;
            finish(&state, &ctx, outcome).await
        }
    }
}

/// Move an order to its next status
///
/// The same as `PUT /orders/{id}/status`.
#[utoipa::path(patch, path = "/orders/{id}", tag = "orders", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The order")), request_body = SetStatus,
    responses((status = 200, description = "The order", body = OrderResource)))]
pub async fn update(
    state: State<AppState>,
    staff: Staff,
    ctx: CommandContext,
    id: Path<Uuid>,
    body: Json<SetStatus>,
) -> Result<Response, Problem> {
    set_status(state, staff, ctx, id, body).await
}
