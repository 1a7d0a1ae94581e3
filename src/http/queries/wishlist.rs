//! Wishlists: `/wishlist`. Always the caller's own, at the prices of now.

use crate::http::extract::{Caller, Path, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::versioned;
use crate::http::resources::WishlistItem;
use crate::state::AppState;
use aggregates::wishlist;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use projections::wishlists;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// List the wishlist
///
/// What was added last comes first, with what became of its price and whether it can be ordered.
#[utoipa::path(get, path = "/wishlist", tag = "community", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, description = "A page of items", body = List<WishlistItem>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<WishlistItem>>, Problem> {
    let after = page.after()?;
    let (offset, limit) = (page.offset(), page.limit());
    let found = wishlists::list(&state.read_pool, caller.id, after.as_ref(), offset, limit).await?;
    let items = found.items.into_iter().map(WishlistItem::from).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}

/// Get an item of the wishlist
#[utoipa::path(get, path = "/wishlist/items/{product_id}", tag = "community",
    security(("bearer" = [])),
    params(("product_id" = Uuid, Path, description = "The product")),
    responses((status = 200, description = "The item", body = WishlistItem)))]
async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(product_id): Path<Uuid>,
) -> Result<Response, Problem> {
    let product_id = product_id.into();
    let found = wishlists::item(&state.read_pool, caller.id, product_id).await?;
    let item = found.ok_or(wishlist::Error::NoSuchItem { product_id })?;
    // Prices and stock change without the wishlist: its version is no tag for what is shown.
    Ok(versioned(&HeaderMap::new(), item.version, &WishlistItem::from(item)))
}
