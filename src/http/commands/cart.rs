//! Carts: `/cart`. With a token it is the user's, without one that of a guest session.

use super::promos::cart_terms;
use crate::cart::{self, CartState, Change, guest_cart_id};
use crate::http::extract::{
    Caller, CommandContext, GUEST_COOKIE, GUEST_HEADER, GuestSession, Json, MaybeCaller, Path,
};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, finish};
use crate::http::resources::CartResource;
use crate::state::AppState;
use aggregates::{CartId, Points, Quantity};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(add, clear))
        .routes(routes!(without_promo))
        .routes(routes!(without_gift_card))
        .routes(routes!(without_points))
        .routes(routes!(add_item))
        .routes(routes!(change_item, remove_item))
        .routes(routes!(change_line, remove_line))
}

/// What to put into the cart.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct AddToCart {
    #[garde(skip)]
    product_id: Uuid,
    #[garde(range(min = 1, max = Quantity::MAX))]
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 999, default = 1)]
    quantity: u32,
}

fn one() -> u32 {
    1
}

/// The new quantity of a line.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct ChangeQuantity {
    #[garde(range(min = 1, max = Quantity::MAX))]
    #[schema(minimum = 1, maximum = 999)]
    quantity: u32,
}

/// Put a product into the cart
#[utoipa::path(post, path = "/cart", tag = "cart", security((), ("bearer" = [])),
    request_body = AddToCart,
    responses((status = 201, description = "The cart", body = CartResource)))]
async fn add(
    State(state): State<AppState>,
    owner: Owner,
    ctx: CommandContext,
    Json(body): Json<AddToCart>,
) -> Result<Response, Problem> {
    let quantity = quantity(body.quantity)?;
    let wanted = Change::Add { product_id: body.product_id.into(), quantity };
    change(&state, owner, &ctx, wanted, |cart| {
        Reply::created("/api/v1/cart", &CartResource::from(cart)).version(cart.version)
    })
    .await
}

/// Put a product into the cart
///
/// The same as `POST /cart`.
#[utoipa::path(post, path = "/cart/items", tag = "cart", security((), ("bearer" = [])),
    request_body = AddToCart,
    responses((status = 201, description = "The cart", body = CartResource)))]
async fn add_item(
    state: State<AppState>,
    owner: Owner,
    ctx: CommandContext,
    body: Json<AddToCart>,
) -> Result<Response, Problem> {
    add(state, owner, ctx, body).await
}

/// Change the quantity of a line
#[utoipa::path(put, path = "/cart/items/{product_id}", tag = "cart",
    security((), ("bearer" = [])), request_body = ChangeQuantity,
    params(("product_id" = Uuid, Path, description = "The product of the line")),
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn change_item(
    State(state): State<AppState>,
    owner: Owner,
    ctx: CommandContext,
    Path(product_id): Path<Uuid>,
    Json(body): Json<ChangeQuantity>,
) -> Result<Response, Problem> {
    let quantity = quantity(body.quantity)?;
    let wanted = Change::SetQuantity { product_id: product_id.into(), quantity };
    change(&state, owner, &ctx, wanted, shown).await
}

/// Change the quantity of a line
///
/// A line's id is that of its product: the same as `PUT /cart/items/{product_id}`.
#[utoipa::path(put, path = "/cart/{item_id}", tag = "cart", security((), ("bearer" = [])),
    params(("item_id" = Uuid, Path, description = "The line")), request_body = ChangeQuantity,
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn change_line(
    state: State<AppState>,
    owner: Owner,
    ctx: CommandContext,
    item_id: Path<Uuid>,
    body: Json<ChangeQuantity>,
) -> Result<Response, Problem> {
    change_item(state, owner, ctx, item_id, body).await
}

/// Take a product out of the cart
#[utoipa::path(delete, path = "/cart/items/{product_id}", tag = "cart",
    security((), ("bearer" = [])),
    params(("product_id" = Uuid, Path, description = "The product of the line")),
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn remove_item(
    State(state): State<AppState>,
    owner: Owner,
    ctx: CommandContext,
    Path(product_id): Path<Uuid>,
) -> Result<Response, Problem> {
    let wanted = Change::Remove { product_id: product_id.into() };
    change(&state, owner, &ctx, wanted, shown).await
}

/// Take a product out of the cart
///
/// The same as `DELETE /cart/items/{product_id}`.
#[utoipa::path(delete, path = "/cart/{item_id}", tag = "cart", security((), ("bearer" = [])),
    params(("item_id" = Uuid, Path, description = "The line")),
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn remove_line(
    state: State<AppState>,
    owner: Owner,
    ctx: CommandContext,
    item_id: Path<Uuid>,
) -> Result<Response, Problem> {
    remove_item(state, owner, ctx, item_id).await
}

/// Take the promotion out of the cart
#[utoipa::path(delete, path = "/cart/promo", tag = "cart", security(("bearer" = [])),
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn without_promo(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
) -> Result<Response, Problem> {
    change_own(&state, caller, &ctx, Change::Promo(None)).await
}

/// Take the gift card out of the cart
#[utoipa::path(delete, path = "/cart/giftcard", tag = "cart", security(("bearer" = [])),
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn without_gift_card(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
) -> Result<Response, Problem> {
    change_own(&state, caller, &ctx, Change::GiftCard(None)).await
}

/// Take the points out of the cart
#[utoipa::path(delete, path = "/cart/points", tag = "cart", security(("bearer" = [])),
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn without_points(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
) -> Result<Response, Problem> {
    change_own(&state, caller, &ctx, Change::Points(Points::ZERO)).await
}

/// Changes the caller's own cart.
pub(super) async fn change_own(
    state: &AppState,
    caller: Caller,
    ctx: &CommandContext,
    wanted: Change,
) -> Result<Response, Problem> {
    let owner = Owner { cart_id: caller.id.uuid().into(), begins: None };
    change(state, owner, ctx, wanted, shown).await
}

/// Empty the cart
#[utoipa::path(delete, path = "/cart", tag = "cart", security((), ("bearer" = [])),
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn clear(
    State(state): State<AppState>,
    owner: Owner,
    ctx: CommandContext,
) -> Result<Response, Problem> {
    change(&state, owner, &ctx, Change::Clear, shown).await
}

async fn change(
    state: &AppState,
    owner: Owner,
    ctx: &CommandContext,
    wanted: Change,
    answer: impl Fn(&CartState) -> Reply + Clone + Send + 'static,
) -> Result<Response, Problem> {
    let request = cart::Request {
        metadata: ctx.metadata(),
        cart_id: owner.cart_id,
        terms: cart_terms(state),
        expected: ctx.expected(),
        key: ctx.idempotency(),
    };
    let outcome = cart::change(&state.log, request, wanted, answer).await?;
    let mut response = finish(state, ctx, outcome).await?;
    owner.begin_session(&mut response);
    Ok(response)
}

fn shown(cart: &CartState) -> Reply {
    Reply::ok(&CartResource::from(cart)).version(cart.version)
}

fn quantity(units: u32) -> Result<Quantity, Problem> {
    Quantity::try_from(units)
        .map_err(|error| Problem::invalid_field("/quantity", error.to_string()))
}

/// Whose cart it is.
#[derive(Debug)]
struct Owner {
    cart_id: CartId,
    /// A guest session that begins with this request.
    begins: Option<Uuid>,
}

impl axum::extract::FromRequestParts<AppState> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &AppState,
    ) -> Result<Self, Problem> {
        let MaybeCaller(caller) = MaybeCaller::from_request_parts(parts, state).await?;
        if let Some(caller) = caller {
            return Ok(Self { cart_id: caller.id.uuid().into(), begins: None });
        }
        let GuestSession(session) = GuestSession::from_request_parts(parts, state).await?;
        let begins = session.is_none().then(|| Uuid::from_bytes(state.entropy.bytes()));
        let session = session.or(begins).unwrap_or_default();
        Ok(Self { cart_id: guest_cart_id(session), begins })
    }
}

impl Owner {
    /// Gives the client the id of a session that began with this request.
    fn begin_session(&self, response: &mut Response) {
        let Some(session) = self.begins else { return };
        let cookie =
            format!("{GUEST_COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000");
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        if let Ok(session) = HeaderValue::try_from(session.to_string()) {
            response.headers_mut().insert(GUEST_HEADER, session);
        }
    }
}
