//! Wishlists: `/wishlist`. Always the caller's own.

use crate::http::extract::{Caller, CommandContext, Json, Path};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, finish};
use crate::http::resources::WishlistItem;
use crate::state::AppState;
use crate::wishlists::{self, Request, Wished};
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(add)).routes(routes!(remove))
}

/// What to put on the wishlist.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct AddToWishlist {
    #[garde(skip)]
    product_id: Uuid,
}

/// Put a product on the wishlist
///
/// At most 500. One that is there already stays as it is.
#[utoipa::path(post, path = "/wishlist/items", tag = "community", security(("bearer" = [])),
    request_body = AddToWishlist,
    responses((status = 201, description = "The item", body = WishlistItem),
              (status = 200, description = "It was there already", body = WishlistItem)))]
async fn add(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Json(body): Json<AddToWishlist>,
) -> Result<Response, Problem> {
    let answer = |wished: &Wished| {
        let item = WishlistItem::from(wished);
        let reply = if wished.is_new {
            Reply::created(format!("/api/v1/wishlist/items/{}", item.product_id), &item)
        } else {
            Reply::ok(&item)
        };
        reply.version(wished.version)
    };
    let request = request(&state, &ctx, &caller);
    let outcome = wishlists::add(&state.log, request, body.product_id.into(), answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Take a product off the wishlist
#[utoipa::path(delete, path = "/wishlist/items/{product_id}", tag = "community",
    security(("bearer" = [])),
    params(("product_id" = Uuid, Path, description = "The product")),
    responses((status = 204, description = "It is off the list")))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Path(product_id): Path<Uuid>,
) -> Result<Response, Problem> {
    let answer = |version: i64| Reply::no_content().version(version);
    let request = request(&state, &ctx, &caller);
    let outcome = wishlists::remove(&state.log, request, product_id.into(), answer).await?;
    finish(&state, &ctx, outcome).await
}

fn request(state: &AppState, ctx: &CommandContext, caller: &Caller) -> Request {
    Request {
        metadata: ctx.metadata(),
        user_id: caller.id,
        at: state.clock.now(),
        expected: ctx.expected(),
        key: ctx.idempotency(),
    }
}
