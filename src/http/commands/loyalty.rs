//! Loyalty points: `/loyalty`.

use crate::cart::Change;
use crate::http::commands::cart::change_own;
use crate::http::extract::{Caller, CommandContext, Json};
use crate::http::problem::Problem;
use crate::http::resources::CartResource;
use crate::http::value::points;
use crate::state::AppState;
use aggregates::Points;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(redeem))
}

/// How many points.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct RedeemPoints {
    /// Each takes 1.00 off; at most half of the goods.
    #[garde(range(min = 1, max = Points::MAX.get()))]
    #[schema(minimum = 1, maximum = 999_999_999_999_u64, example = 250)]
    points: u64,
}

/// Pay with points
///
/// Notes them in the cart, instead of another number. The order takes them.
#[utoipa::path(post, path = "/loyalty/redeem", tag = "loyalty", security(("bearer" = [])),
    request_body = RedeemPoints,
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn redeem(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Json(body): Json<RedeemPoints>,
) -> Result<Response, Problem> {
    ctx.require_key_if_strict()?;
    change_own(&state, caller, &ctx, Change::Points(points(body.points)?)).await
}
