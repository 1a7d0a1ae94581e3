//! The own account and all that is stored of its owner.

use crate::auth::{SessionView, personal};
use crate::http::extract::Caller;
use crate::http::problem::Problem;
use crate::http::reply::versioned;
use crate::http::resources::{
    GiftCardResource, OrderResource, PaymentResource, ReviewResource, WishlistItem,
};
use crate::http::user::OwnUser;
use crate::state::AppState;
use aggregates::{Cart, LoyaltyAccount, Wishlist};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use projections::accounts::{AccountView, account};
use projections::{orders, reviews, wishlists};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Orders read at once for an export.
const PAGE: u32 = 100;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(me)).routes(routes!(export))
}

/// The own account
#[utoipa::path(get, path = "/auth/me", tag = "accounts", security(("bearer" = [])),
    responses((status = OK, description = "The account", body = OwnUser)))]
async fn me(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = own_account(&state, caller).await?;
    let version = view.account.version;
    Ok(versioned(&headers, version, &OwnUser::from(view)))
}

/// Everything that is stored of a person.
#[derive(Serialize, ToSchema)]
struct Export {
    exported_at: DateTime<Utc>,
    user: OwnUser,
    /// By key, for instance `email`.
    personal_data: BTreeMap<String, String>,
    sessions: Vec<SessionView>,
    orders: Vec<OrderResource>,
    payments: Vec<PaymentResource>,
    /// The gift cards that the caller bought, without their codes.
    gift_cards: Vec<GiftCardResource>,
    /// The whole loyalty account: lots, holds, earnings, tier.
    #[schema(value_type = Option<Object>)]
    loyalty: Option<LoyaltyAccount>,
    /// What is in the cart, and what it is to be paid with.
    #[schema(value_type = Option<Object>)]
    cart: Option<Cart>,
    /// What the caller wrote about products, published or not.
    reviews: Vec<ReviewResource>,
    wishlist: Vec<WishlistItem>,
}

/// Everything that is stored of the caller
#[utoipa::path(get, path = "/auth/me/export", tag = "accounts", security(("bearer" = [])),
    responses((status = OK, description = "Personal data, logins and orders", body = Export)))]
async fn export(State(state): State<AppState>, caller: Caller) -> Result<Json<Export>, Problem> {
    let now = state.clock.now();
    Ok(Json(Export {
        exported_at: now,
        user: own_account(&state, caller).await?.into(),
        personal_data: personal::all(&state.read_pool, caller.id).await?,
        sessions: state.sessions.list(caller.id, now).await?,
        orders: own_orders(&state, caller).await?,
        payments: own_payments(&state, caller).await?,
        gift_cards: own_gift_cards(&state, caller, now).await?,
        loyalty: projections::loyalty::account(&state.read_pool, caller.id)
            .await?
            .map(|row| row.state),
        cart: projections::carts::cart(&state.read_pool, caller.id.uuid().into())
            .await?
            .map(|view| view.cart),
        reviews: own_reviews(&state, caller).await?,
        wishlist: own_wishlist(&state, caller).await?,
    }))
}

async fn own_account(state: &AppState, caller: Caller) -> Result<AccountView, Problem> {
    account(&state.read_pool, caller.id)
        .await?
        .filter(|view| !view.account.is_erased)
        .ok_or_else(|| Problem::not_found("user_not_found", "there is no such account (yet)"))
}

async fn own_payments(state: &AppState, caller: Caller) -> Result<Vec<PaymentResource>, Problem> {
    let rows = projections::payments::by_user(&state.read_pool, caller.id).await?;
    let shown =
        |row: projections::payments::Row| PaymentResource::of(row.id, &row.state, row.version);
    Ok(rows.into_iter().filter_map(shown).collect())
}

async fn own_gift_cards(
    state: &AppState,
    caller: Caller,
    now: DateTime<Utc>,
) -> Result<Vec<GiftCardResource>, Problem> {
    let rows = projections::gift_cards::bought_by(&state.read_pool, caller.id).await?;
    let shown = |row: projections::gift_cards::Row| {
        GiftCardResource::of(row.id, &row.state, row.version, None, now)
    };
    Ok(rows.into_iter().filter_map(shown).collect())
}

async fn own_orders(state: &AppState, caller: Caller) -> Result<Vec<OrderResource>, Problem> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let filter = orders::Filter {
            user_id: Some(caller.id),
            limit: PAGE,
            after: after.take(),
            ..orders::Filter::default()
        };
        let page = orders::list(&state.read_pool, &filter).await?;
        all.extend(page.items.into_iter().filter_map(OrderResource::from_view));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

async fn own_reviews(state: &AppState, caller: Caller) -> Result<Vec<ReviewResource>, Problem> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let filter = reviews::Filter {
            user_id: Some(caller.id),
            limit: PAGE,
            after: after.take(),
            ..reviews::Filter::default()
        };
        let page = reviews::list(&state.read_pool, &filter).await?;
        all.extend(page.items.into_iter().filter_map(ReviewResource::from_view));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

async fn own_wishlist(state: &AppState, caller: Caller) -> Result<Vec<WishlistItem>, Problem> {
    // The limit of a wishlist is the limit of the page.
    let all = u32::try_from(Wishlist::MAX_ITEMS).unwrap_or(u32::MAX);
    let page = wishlists::list(&state.read_pool, caller.id, None, 0, all).await?;
    Ok(page.items.into_iter().map(WishlistItem::from).collect())
}
