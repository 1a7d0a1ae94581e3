//! Gift cards: `/giftcards`. Made by administrators, bought and spent by customers.

use crate::auth::email::is_email;
use crate::cart::Change;
use crate::checkout::{Checkout, OrderState, Step};
use crate::gift_cards::{CardState, GiftCards, Issue, Purchase};
use crate::http::commands::cart::change_own;
use crate::http::docs::{AmountInput, EmailSchema, PaymentMethodSchema};
use crate::http::extract::{Admin, Caller, CommandContext, Json, Path};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, Settlement, detached, finish, replay, settle};
use crate::http::resources::{CartResource, GiftCardResource, OrderResource, Recipient};
use crate::http::value::{CardFinder, is_in_the_calendar};
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::order::{Actor, PaymentMethod};
use aggregates::{GiftCard, GiftCardId, Money, OrderId};
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use eventlog::Outcome;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(redeem))
        .routes(routes!(disable))
        .routes(routes!(reissue))
}

/// A new gift card.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct NewGiftCard {
    #[garde(skip)]
    #[schema(value_type = AmountInput)]
    amount: Money,
    /// Three years from now where it is absent.
    #[garde(inner(custom(is_in_the_calendar)))]
    expires_at: Option<DateTime<Utc>>,
    /// Who is told the code by e-mail.
    #[garde(inner(custom(is_email)))]
    #[schema(value_type = Option<EmailSchema>)]
    recipient_email: Option<String>,
    /// How a customer pays for it. Default card.
    #[garde(skip)]
    #[schema(value_type = Option<PaymentMethodSchema>)]
    payment_method: Option<PaymentMethod>,
    /// What stands for the customer's card, as in `POST /payments`.
    #[garde(inner(length(chars, min = 1, max = 200)))]
    #[schema(min_length = 1, max_length = 200, example = "tok_ok")]
    card_token: Option<String>,
}

/// Which gift card pays, and how much of it.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct RedeemGiftCard {
    #[garde(length(chars, min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "7Q2M-9XK4-TA3D-0B5H")]
    code: String,
    /// The most to take from it; all it can where it is absent.
    #[garde(skip)]
    #[schema(value_type = Option<AmountInput>)]
    amount: Option<Money>,
    /// An order that is not paid yet, instead of the cart.
    #[garde(skip)]
    order_id: Option<Uuid>,
}

/// Why a gift card is stopped.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
pub struct DisableGiftCard {
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: String,
}

/// Make a gift card
///
/// An administrator gives it away; a customer pays for it. Its code is shown once. A card whose
/// payment has no outcome yet is `pending`; one that was not paid for is `withdrawn`.
#[utoipa::path(post, path = "/giftcards/create", tag = "gift cards", security(("bearer" = [])),
    request_body = NewGiftCard,
    responses((status = 201, description = "The gift card", body = GiftCardResource)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Json(body): Json<NewGiftCard>,
) -> Result<Response, Problem> {
    let limits = state.config.gift_cards;
    if body.amount > limits.largest {
        let detail = format!("a gift card has at most {}", limits.largest);
        return Err(Problem::invalid_field("/amount", detail));
    }
    let valid = TimeDelta::days(limits.valid_days.into());
    let expires_at = body.expires_at.unwrap_or_else(|| state.clock.now() + valid);
    if caller.role == Role::Admin {
        let (amount, recipient_email, by) = (body.amount, body.recipient_email, caller.id);
        let issue = Issue { amount, expires_at, recipient_email, by };
        let cards = GiftCards::of(&state);
        let outcome = cards.issue(ctx.metadata(), issue, ctx.idempotency(), made).await?;
        return told(&state, &ctx, outcome).await;
    }
    if body.amount < limits.smallest {
        let detail = format!("a gift card has at least {}", limits.smallest);
        return Err(Problem::invalid_field("/amount", detail));
    }
    let method = body.payment_method.unwrap_or(PaymentMethod::Card);
    if method == PaymentMethod::CashOnDelivery {
        let detail = "a gift card is paid for at once";
        return Err(Problem::unprocessable("payment_method_mismatch", detail));
    }
    let purchase = Purchase {
        buyer: caller.id,
        amount: body.amount,
        expires_at,
        recipient_email: body.recipient_email,
        method,
        card_token: body.card_token,
    };
    // The provider is asked in between: a client that hangs up must not cut that in half.
    detached(async move {
        let cards = GiftCards::of(&state);
        let outcome = cards.buy(ctx.metadata(), purchase, ctx.idempotency(), made).await?;
        told(&state, &ctx, outcome).await
    })
    .await
}

/// Pay with a gift card
///
/// Notes it in the cart, or pays of an order that is not paid yet.
#[utoipa::path(post, path = "/giftcards/redeem", tag = "gift cards", security(("bearer" = [])),
    request_body = RedeemGiftCard,
    responses((status = 200, description = "The cart or the order", body = RedeemedWith)))]
async fn redeem(
    State(state): State<AppState>,
    caller: Caller,
    finder: CardFinder,
    ctx: CommandContext,
    Json(body): Json<RedeemGiftCard>,
) -> Result<Response, Problem> {
    ctx.require_key_if_strict()?;
    if body.amount.is_some_and(Money::is_zero) {
        return Err(Problem::invalid_field("/amount", "an amount is more than nothing"));
    }
    let card = finder.applied(&state, &body.code, body.amount).await?;
    let Some(order_id) = body.order_id.map(OrderId::new) else {
        return change_own(&state, caller, &ctx, Change::GiftCard(Some(card))).await;
    };
    let (order, _) = state.log.peek::<aggregates::Order>(&order_id.to_string()).await?;
    if order.details().is_none_or(|details| details.user_id != caller.id) {
        return Err(Problem::not_found("order_not_found", "there is no such order"));
    }
    let view = projections::orders::order(&state.pool, order_id).await?;
    let recipient = view
        .map(|view| Recipient { delivery_address: view.delivery_address, phone: view.phone })
        .unwrap_or_default();
    let answer = move |order: &OrderState| {
        Reply::ok(&OrderResource::after(order, recipient.clone())).version(order.version)
    };
    let step = Step {
        metadata: ctx.metadata(),
        order_id,
        by: Actor::Customer(caller.id),
        expected: ctx.expected(),
        key: ctx.idempotency(),
    };
    let outcome = Checkout::of(&state).redeem(step, card, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// The cart, or the order where one was named.
#[derive(serde::Serialize, ToSchema)]
#[expect(dead_code, reason = "only describes the answer")]
#[serde(untagged)]
enum RedeemedWith {
    Cart(CartResource),
    Order(Box<OrderResource>),
}

/// Stop a gift card
///
/// Nothing can be spent from it until it is reissued; what orders hold of it stays theirs.
#[utoipa::path(post, path = "/giftcards/{code}/disable", tag = "gift cards",
    security(("bearer" = [])), request_body = Option<DisableGiftCard>,
    params(("code" = String, Path, description = "The code of the card, or its id")),
    responses((status = 200, description = "The gift card", body = GiftCardResource)))]
async fn disable(
    State(state): State<AppState>,
    admin: Admin,
    finder: CardFinder,
    ctx: CommandContext,
    Path(code): Path<String>,
    body: Option<Json<DisableGiftCard>>,
) -> Result<Response, Problem> {
    let id = finder.named(&state, &code).await?;
    let reason = body.map(|Json(body)| body.reason).unwrap_or_default();
    let answer = |card: &CardState| Reply::ok(&GiftCardResource::after(card)).version(card.version);
    let cards = GiftCards::of(&state);
    let outcome =
        cards.disable(ctx.metadata(), id, reason, admin.id, ctx.idempotency(), answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Move a gift card's balance to a new code
///
/// The new code is shown once; the old one is worthless from then on.
#[utoipa::path(post, path = "/giftcards/{code}/reissue", tag = "gift cards",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The code of the card, or its id")),
    responses((status = 200, description = "The gift card", body = GiftCardResource)))]
async fn reissue(
    State(state): State<AppState>,
    admin: Admin,
    finder: CardFinder,
    ctx: CommandContext,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let id = finder.named(&state, &code).await?;
    let answer = |card: &CardState| {
        Reply::ok(&GiftCardResource::after(card))
            .recorded_as(&GiftCardResource::without_code(card))
            .version(card.version)
    };
    let cards = GiftCards::of(&state);
    let outcome = cards.reissue(ctx.metadata(), id, admin.id, ctx.idempotency(), answer).await?;
    told(&state, &ctx, outcome).await
}

/// The answer shows the code, the recorded one does not.
fn made(card: &CardState) -> Reply {
    Reply::created(format!("/api/v1/giftcards/{}", card.id), &GiftCardResource::after(card))
        .recorded_as(&GiftCardResource::without_code(card))
        .version(card.version)
}

/// A repeated request gets the same answer: with the code, as long as it waits to be told.
async fn told(
    state: &AppState,
    ctx: &CommandContext,
    outcome: Outcome<Reply>,
) -> Result<Response, Problem> {
    let (settlement, standing) = settle(state, ctx, outcome).await;
    let reply = match settlement {
        Settlement::Done(reply) => reply,
        Settlement::Replayed(recorded) => {
            let reply = replay(&recorded)?;
            let id = reply.body().and_then(|body| body.get("id")?.as_str()?.parse().ok());
            match id {
                Some(id) => reply.with_body(&as_it_is(state, id).await?),
                None => reply,
            }
        }
    };
    Ok(standing.respond(reply))
}

async fn as_it_is(state: &AppState, id: GiftCardId) -> Result<Option<GiftCardResource>, Problem> {
    let (card, version) = state.log.peek::<GiftCard>(&id.to_string()).await?;
    let code = GiftCards::of(state).told_again(id).await?;
    Ok(GiftCardResource::of(id, &card, version, code.as_ref(), state.clock.now()))
}
