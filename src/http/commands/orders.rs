//! Orders: `/orders`.

mod status;

use crate::checkout::{Checkout, Goods, OrderState, PlaceOrder, Refund, Step};
use crate::http::docs::{AmountInput, DeliveryMethodSchema, PaymentMethodSchema, PromoCodeSchema};
use crate::http::extract::{Caller, CommandContext, Json, Path, Staff};
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::{Reply, detached, finish};
use crate::http::resources::{OrderResource, Recipient};
use crate::http::value::{CardFinder, filled, points, promo_code};
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::order::{Actor, DeliveryMethod, PaymentMethod};
use aggregates::{Money, OrderId, Points, ProductId, Quantity};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::Duration;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(place))
        .routes(routes!(status::update))
        .routes(routes!(status::set_status))
        .routes(routes!(cancel))
        .routes(routes!(refund))
}

/// A new order, from the caller's cart or from `items`.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct PlaceOrderBody {
    #[garde(skip)]
    #[schema(value_type = DeliveryMethodSchema)]
    delivery_method: DeliveryMethod,
    #[garde(length(chars, min = 1, max = 500), custom(filled))]
    #[schema(min_length = 1, max_length = 500, pattern = r"\S")]
    delivery_address: String,
    #[garde(length(chars, min = 3, max = 32), custom(filled))]
    #[schema(min_length = 3, max_length = 32, pattern = r"\S", example = "+7 700 000 00 00")]
    phone: String,
    #[garde(skip)]
    #[schema(value_type = PaymentMethodSchema)]
    payment_method: PaymentMethod,
    /// Instead of the cart's promotion.
    #[garde(skip)]
    #[schema(value_type = Option<PromoCodeSchema>)]
    promo_code: Option<String>,
    /// Instead of the cart's gift card; it pays all it can.
    #[garde(length(chars, max = 64))]
    #[schema(max_length = 64, example = "7Q2M-9XK4-TA3D-0B5H")]
    gift_card_code: Option<String>,
    /// Instead of the cart's points; at most half of the goods, after the discount.
    #[garde(range(max = Points::MAX.get()))]
    #[schema(maximum = 999_999_999_999_u64)]
    points: Option<u64>,
    /// Instead of the cart.
    #[garde(custom(one_to_200), dive)]
    #[schema(min_items = 1, max_items = 200)]
    items: Option<Vec<OrderLine>>,
}

/// A product and how many units of it.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct OrderLine {
    #[garde(skip)]
    product_id: Uuid,
    #[garde(range(min = 1, max = Quantity::MAX))]
    #[schema(minimum = 1, maximum = 999)]
    quantity: u32,
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that garde calls"
)]
fn one_to_200(lines: &Option<Vec<OrderLine>>, _: &()) -> garde::Result {
    match lines {
        Some(lines) if lines.is_empty() || lines.len() > 200 => {
            Err(garde::Error::new("1 to 200 lines are needed"))
        }
        _ => Ok(()),
    }
}

/// What to give back: everything that is left where neither `lines` nor `amount` is given.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct RefundBody {
    #[garde(custom(one_to_200), dive)]
    #[schema(min_items = 1, max_items = 200)]
    lines: Option<Vec<OrderLine>>,
    /// Without `lines`: that much money. With them: at most what they cost.
    #[garde(skip)]
    #[schema(value_type = Option<AmountInput>)]
    amount: Option<Money>,
    #[garde(length(chars, min = 1, max = 500), custom(filled))]
    #[schema(min_length = 1, max_length = 500, pattern = r"\S")]
    reason: String,
}

/// Place an order
///
/// From the caller's cart, which is empty afterwards, or from `items`. The goods are held until the
/// order is paid, for 15 minutes by default. An order that is paid in cash is confirmed at once.
#[utoipa::path(post, path = "/orders", tag = "orders", security(("bearer" = [])),
    request_body = PlaceOrderBody,
    responses((status = 201, description = "The order", body = OrderResource),
              (status = 200, description = "The same order, replayed", body = OrderResource)))]
async fn place(
    State(state): State<AppState>,
    caller: Caller,
    finder: CardFinder,
    ctx: CommandContext,
    Json(body): Json<PlaceOrderBody>,
) -> Result<Response, Problem> {
    ctx.require_key_if_strict()?;
    let goods = match body.items {
        None => Goods::Cart(caller.id.uuid().into()),
        Some(items) => Goods::Items(lines(&items, "/items")?),
    };
    let gift_card = match &body.gift_card_code {
        Some(code) => Some(finder.applied(&state, code, None).await?),
        None => None,
    };
    let orders = &state.config.orders;
    let recipient = Recipient {
        delivery_address: Some(body.delivery_address.clone()),
        phone: Some(body.phone.clone()),
    };
    let request = PlaceOrder {
        user_id: caller.id,
        goods,
        delivery_method: body.delivery_method,
        delivery_cost: orders.delivery.get(body.delivery_method).price,
        delivery_address: body.delivery_address,
        phone: body.phone,
        payment_method: body.payment_method,
        promo_code: body.promo_code.as_deref().map(promo_code).transpose()?,
        gift_card,
        points: body.points.map(points).transpose()?,
        hold: Duration::minutes(orders.hold_minutes.into()),
    };
    let answer = move |order: &OrderState| {
        Reply::created(
            format!("/api/v1/orders/{}", order.id),
            &OrderResource::after(order, recipient.clone()),
        )
        .version(order.version)
        .replayed_as(StatusCode::OK)
    };
    let outcome =
        Checkout::of(&state).place(ctx.metadata(), request, ctx.idempotency(), answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Cancel an order
///
/// By its buyer, before it is shipped. The goods go back into stock, the money to the buyer.
#[utoipa::path(put, path = "/orders/{id}/cancel", tag = "orders", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The order")),
    responses((status = 200, description = "The order", body = OrderResource)))]
async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let id = OrderId::new(id);
    let by = match caller.role {
        Role::Admin => Actor::Admin,
        Role::Customer | Role::Seller | Role::Auditor | Role::Analyst => {
            hide_from_strangers(&state, id, &caller).await?;
            Actor::Customer(caller.id)
        }
    };
    end(state, ctx, id, by).await
}

/// Refund an order, whole or in part
///
/// After the delivery, or of a cancelled order that was paid. The goods go back into stock.
#[utoipa::path(post, path = "/orders/{id}/refund", tag = "orders", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The order")), request_body = RefundBody,
    responses((status = 200, description = "The order", body = OrderResource)))]
async fn refund(
    State(state): State<AppState>,
    staff: Staff,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
    Json(body): Json<RefundBody>,
) -> Result<Response, Problem> {
    let wanted = body.lines.as_deref().map(|wanted| lines(wanted, "/lines")).transpose()?;
    let refund = Refund { lines: wanted, amount: body.amount, reason: body.reason };
    give_back(state, ctx, OrderId::new(id), actor(&staff), refund).await
}

async fn end(
    state: AppState,
    ctx: CommandContext,
    id: OrderId,
    by: Actor,
) -> Result<Response, Problem> {
    let answer = shown(&state, &ctx, id).await?;
    let outcome = Checkout::of(&state).cancel(step(&ctx, id, by), answer).await?;
    finish(&state, &ctx, outcome).await
}

async fn give_back(
    state: AppState,
    ctx: CommandContext,
    id: OrderId,
    by: Actor,
    refund: Refund,
) -> Result<Response, Problem> {
    let answer = shown(&state, &ctx, id).await?;
    detached(async move {
        let wanted = step(&ctx, id, by);
        let outcome = Checkout::of(&state).refund(wanted, refund, answer).await?;
        finish(&state, &ctx, outcome).await
    })
    .await
}

fn step(ctx: &CommandContext, order_id: OrderId, by: Actor) -> Step {
    let (expected, key) = (ctx.expected(), ctx.idempotency());
    Step { metadata: ctx.metadata(), order_id, by, expected, key }
}

/// The answer that shows the order, with what is left of its personal data. Under anybody's key but
/// the buyer's it is recorded without: an erasure would not reach it there.
async fn shown(
    state: &AppState,
    ctx: &CommandContext,
    id: OrderId,
) -> Result<impl Fn(&OrderState) -> Reply + Send + 'static, Problem> {
    let view = projections::orders::order(&state.pool, id).await?;
    let recipient =
        view.map(|view| Recipient { delivery_address: view.delivery_address, phone: view.phone });
    let recipient = recipient.unwrap_or_default();
    let caller = ctx.caller;
    Ok(move |order: &OrderState| {
        let seen = |recipient| {
            let whole = OrderResource::after(order, recipient)?;
            Some(match &caller {
                Some(caller) => whole.seen_by(caller),
                None => whole,
            })
        };
        let reply = Reply::ok(&seen(recipient.clone()));
        let buyer = order.order.details().map(|details| details.user_id);
        let reply = if buyer == caller.map(|caller| caller.id) {
            reply
        } else {
            reply.recorded_as(&seen(Recipient::default()))
        };
        reply.version(order.version)
    })
}

/// To those whom an order does not concern it does not exist.
async fn hide_from_strangers(
    state: &AppState,
    id: OrderId,
    caller: &Caller,
) -> Result<(), Problem> {
    let (order, _) = state.log.peek::<aggregates::Order>(&id.to_string()).await?;
    match order.details() {
        Some(details) if details.user_id == caller.id => Ok(()),
        _ => Err(Problem::not_found("order_not_found", "there is no such order")),
    }
}

fn actor(staff: &Staff) -> Actor {
    match staff.role {
        Role::Admin => Actor::Admin,
        Role::Customer | Role::Seller | Role::Auditor | Role::Analyst => Actor::Seller(staff.id),
    }
}

fn lines(items: &[OrderLine], pointer: &str) -> Result<Vec<(ProductId, Quantity)>, Problem> {
    let line = |(index, item): (usize, &OrderLine)| {
        let quantity = Quantity::try_from(item.quantity).map_err(|error| {
            let at = format!("{pointer}/{index}/quantity");
            Problem::invalid(vec![FieldError::at(at, error.to_string())])
        })?;
        Ok((item.product_id.into(), quantity))
    };
    items.iter().enumerate().map(line).collect()
}
