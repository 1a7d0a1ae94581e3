//! Carts: `/cart`. With a token it is the user's, without one that of a guest session.

use crate::cart::{Applied, Terms, guest_cart_id};
use crate::http::extract::{GuestSession, MaybeCaller};
use crate::http::problem::Problem;
use crate::http::reply::versioned;
use crate::http::resources::CartResource;
use crate::state::AppState;
use aggregates::{Cart, CartId, UserId};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sqlx::PgPool;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Get the cart
///
/// At the prices of now. A guest without a session sees an empty cart.
#[utoipa::path(get, path = "/cart", tag = "cart", security((), ("bearer" = [])),
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn show(
    State(state): State<AppState>,
    MaybeCaller(caller): MaybeCaller,
    GuestSession(session): GuestSession,
) -> Result<Response, Problem> {
    let id: CartId = match (caller, session) {
        (Some(caller), _) => caller.id.uuid().into(),
        (None, Some(session)) => guest_cart_id(session),
        (None, None) => CartId::default(),
    };
    let view = projections::carts::cart(&state.read_pool, id).await?;
    let cart = match view {
        Some(view) => {
            let applied = applied(&state.read_pool, &view.cart, id).await?;
            let programme = Arc::clone(&state.config.loyalty);
            let terms = Terms { programme, now: state.clock.now() };
            CartResource::from_view(view, &applied, &terms)
        }
        None => CartResource::empty(id),
    };
    // Prices and stock change without the cart: its version is no tag for what is shown.
    let mut response = versioned(&HeaderMap::new(), cart.version, &cart);
    response.headers_mut().insert(
        axum::http::header::CACHE_CONTROL,
        axum::http::HeaderValue::from_static("no-store"),
    );
    Ok(response)
}

/// What the cart's means of payment are now.
async fn applied(db: &PgPool, cart: &Cart, id: CartId) -> Result<Applied, sqlx::Error> {
    let mut applied = Applied::default();
    if let Some(card) = &cart.gift_card {
        let row = projections::gift_cards::gift_card(db, card.gift_card_id).await?;
        applied.gift_card = row.map(|row| row.state).unwrap_or_default();
    }
    if let Some(code) = &cart.promo_code {
        let row = projections::promotions::promotion(db, code).await?;
        applied.promotion = row.map(|row| row.state).unwrap_or_default();
    }
    if !cart.points.is_zero() {
        let row = projections::loyalty::account(db, UserId::new(id.uuid())).await?;
        applied.account = row.map(|row| row.state).unwrap_or_default();
    }
    Ok(applied)
}
