//! Payments: `/payments`.

use crate::checkout::{Checkout, Payer, PaymentState};
use crate::http::docs::PaymentMethodSchema;
use crate::http::extract::{Caller, CommandContext, Json};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, detached, finish};
use crate::http::resources::PaymentResource;
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::order::{Actor, PaymentMethod};
use aggregates::{Order, OrderId};
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(pay))
}

/// How an order is paid.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct PayBody {
    #[garde(skip)]
    order_id: Uuid,
    #[garde(skip)]
    #[schema(value_type = PaymentMethodSchema)]
    payment_method: PaymentMethod,
    /// What stands for the card. The demo provider knows `tok_ok`, `tok_declined`, `tok_timeout` and
    /// `tok_slow`.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "tok_ok")]
    card_token: Option<String>,
}

/// Pay for an order
///
/// The payment may come back `failed` (the order can be paid again), or `processing` where the
/// provider does not say what became of it: that is found out without anybody's help.
#[utoipa::path(post, path = "/payments", tag = "payments", security(("bearer" = [])),
    request_body = PayBody,
    responses((status = 201, description = "The payment", body = PaymentResource)))]
async fn pay(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Json(body): Json<PayBody>,
) -> Result<Response, Problem> {
    ctx.require_key_if_strict()?;
    let order_id = OrderId::new(body.order_id);
    check_payer(&state, order_id, &caller).await?;
    let by = match caller.role {
        Role::Admin => Actor::Admin,
        Role::Customer | Role::Seller | Role::Auditor | Role::Analyst => Actor::Customer(caller.id),
    };
    let payer = Payer { by, method: body.payment_method, card_token: body.card_token };
    // The provider is asked in between: a client that hangs up must not cut that in half.
    detached(async move {
        let answer = |payment: &PaymentState| {
            Reply::created(
                format!("/api/v1/payments/{}", payment.id),
                &PaymentResource::of(payment.id, &payment.payment, payment.version),
            )
            .version(payment.version)
        };
        let outcome = Checkout::of(&state)
            .pay(ctx.metadata(), order_id, payer, ctx.idempotency(), answer)
            .await?;
        finish(&state, &ctx, outcome).await
    })
    .await
}

/// To those whom an order does not concern it does not exist.
async fn check_payer(state: &AppState, id: OrderId, caller: &Caller) -> Result<(), Problem> {
    let (order, _) = state.log.peek::<Order>(&id.to_string()).await?;
    match order.details() {
        Some(details) if caller.owns(details.user_id) => Ok(()),
        _ => Err(Problem::not_found("order_not_found", "there is no such order")),
    }
}
