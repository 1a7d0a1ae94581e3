//! Promotions: `/promos`. Made by administrators, tried and used by customers.

use crate::cart::{self, CartError, Terms as CartTerms};
use crate::http::commands::cart::change_own;
use crate::http::docs::{Amount, AmountInput, CategoriesSchema, PromoCodeSchema};
use crate::http::extract::{Admin, Caller, CommandContext, Json, Path};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, finish};
use crate::http::resources::{CartResource, PromoResource};
use crate::http::value::{is_in_the_calendar, promo_code};
use crate::promotions::{self, Change, PromotionState, Request};
use crate::state::AppState;
use aggregates::promotion::{self, Kind, Terms};
use aggregates::{Money, UserId};
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use eventlog::UnitError;
use garde::Validate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(verify))
        .routes(routes!(apply))
        .routes(routes!(update, withdraw))
}

/// How the discount is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromoKind {
    Percent,
    Fixed,
}

/// The conditions of a promotion.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct PromoTerms {
    #[garde(skip)]
    kind: PromoKind,
    /// More than 0 and at most 100 percent, or an amount of money.
    #[garde(skip)]
    #[schema(value_type = AmountInput)]
    value: Decimal,
    /// The least sum of the goods.
    #[garde(skip)]
    #[schema(value_type = Option<AmountInput>)]
    min_subtotal: Option<Money>,
    /// The most that it takes off.
    #[garde(skip)]
    #[schema(value_type = Option<AmountInput>)]
    max_discount: Option<Money>,
    /// Only for goods of these categories.
    #[garde(inner(length(max = 100), inner(length(chars, min = 1, max = 64))))]
    #[schema(value_type = Option<CategoriesSchema>)]
    categories: Option<Vec<String>>,
    #[garde(inner(custom(is_in_the_calendar)))]
    starts_at: Option<DateTime<Utc>>,
    #[garde(inner(custom(is_in_the_calendar)))]
    ends_at: Option<DateTime<Utc>>,
    /// Uses in total.
    #[garde(inner(range(min = 1)))]
    #[schema(minimum = 1, maximum = 4_294_967_295_u64)]
    usage_limit: Option<u32>,
    /// Uses by one customer.
    #[garde(inner(range(min = 1)))]
    #[schema(minimum = 1, maximum = 4_294_967_295_u64)]
    usage_limit_per_user: Option<u32>,
    /// Whether points can be used together with it. Default true.
    #[garde(skip)]
    #[serde(default = "yes")]
    #[schema(default = true)]
    stackable: bool,
}

fn yes() -> bool {
    true
}

impl PromoTerms {
    fn terms(self) -> Result<Terms, Problem> {
        let kind = match self.kind {
            PromoKind::Percent => Kind::Percent(self.value.normalize()),
            PromoKind::Fixed => Kind::Fixed(
                Money::new(self.value)
                    .map_err(|error| Problem::invalid_field("/value", error.to_string()))?,
            ),
        };
        Ok(Terms {
            kind,
            min_subtotal: self.min_subtotal,
            max_discount: self.max_discount,
            categories: self.categories,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            usage_limit: self.usage_limit,
            usage_limit_per_user: self.usage_limit_per_user,
            stackable: self.stackable,
        })
    }
}

/// A new promotion.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct NewPromo {
    /// Letters, digits, `-` and `_`; case does not matter.
    #[garde(custom(a_code))]
    #[schema(value_type = PromoCodeSchema)]
    code: String,
    #[garde(dive)]
    #[serde(flatten)]
    terms: PromoTerms,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde passes the context by reference")]
fn a_code(code: &str, (): &()) -> garde::Result {
    match code.parse::<aggregates::PromoCode>() {
        Ok(_) => Ok(()),
        Err(error) => Err(garde::Error::new(error)),
    }
}

/// A promotion's code.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct PromoCodeBody {
    #[garde(length(chars, min = 1, max = 64))]
    #[schema(value_type = PromoCodeSchema)]
    code: String,
}

/// What a promotion would do to the cart.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PromoCheck {
    pub code: String,
    pub valid: bool,
    /// What it would take off the cart now.
    #[schema(value_type = Amount)]
    pub discount: Money,
    /// Why it would not: the code of the problem that using it would be.
    pub reason: Option<String>,
    pub detail: Option<String>,
}

/// Create a promotion
#[utoipa::path(post, path = "/promos/create", tag = "promotions", security(("bearer" = [])),
    request_body = NewPromo,
    responses((status = 201, description = "The promotion", body = PromoResource)))]
async fn create(
    State(state): State<AppState>,
    admin: Admin,
    ctx: CommandContext,
    Json(body): Json<NewPromo>,
) -> Result<Response, Problem> {
    let wanted = Change::Create(body.terms.terms()?);
    let location = format!("/api/v1/promos/{}", promo_code(&body.code)?);
    let answer = move |promo: &PromotionState| {
        Reply::created(location.clone(), &shown(promo)).version(promo.version)
    };
    change(&state, &ctx, admin.id, &body.code, wanted, answer).await
}

/// Change a promotion
///
/// All of its conditions: what is absent is no condition any more.
#[utoipa::path(put, path = "/promos/{code}", tag = "promotions", security(("bearer" = [])),
    params(("code" = String, Path, description = "The promotion")), request_body = PromoTerms,
    responses((status = 200, description = "The promotion", body = PromoResource)))]
async fn update(
    State(state): State<AppState>,
    admin: Admin,
    ctx: CommandContext,
    Path(code): Path<String>,
    Json(body): Json<PromoTerms>,
) -> Result<Response, Problem> {
    let wanted = Change::Change(body.terms()?);
    change(&state, &ctx, admin.id, &code, wanted, ok).await
}

/// End a promotion
///
/// For good: its code is not free again, and orders keep it.
#[utoipa::path(delete, path = "/promos/{code}", tag = "promotions", security(("bearer" = [])),
    params(("code" = String, Path, description = "The promotion")),
    responses((status = 204, description = "It has ended")))]
async fn withdraw(
    State(state): State<AppState>,
    admin: Admin,
    ctx: CommandContext,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let answer = |_: &PromotionState| Reply::no_content();
    change(&state, &ctx, admin.id, &code, Change::Withdraw, answer).await
}

/// Try a promotion on the cart
///
/// Changes nothing: says what it would take off now, or why it would not.
#[utoipa::path(post, path = "/promos/verify", tag = "promotions", security(("bearer" = [])),
    request_body = PromoCodeBody,
    responses((status = 200, description = "What it would do", body = PromoCheck)))]
async fn verify(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Json(body): Json<PromoCodeBody>,
) -> Result<axum::Json<PromoCheck>, Problem> {
    let code = promo_code(&body.code)?;
    let (cart_id, terms) = (caller.id.uuid().into(), cart_terms(&state));
    let tried = cart::try_promo(&state.log, ctx.metadata(), cart_id, code.clone(), terms).await;
    let code = code.to_string();
    match tried {
        Ok(discount) => {
            Ok(axum::Json(PromoCheck { code, valid: true, discount, reason: None, detail: None }))
        }
        Err(UnitError::Rejected(CartError::Promotion(promotion::Error::NotFound))) => {
            Err(promotion::Error::NotFound.into())
        }
        Err(UnitError::Rejected(refusal)) => {
            let detail = Some(refusal.to_string());
            let reason = Some(Problem::from(refusal).code().to_owned());
            let discount = Money::ZERO;
            Ok(axum::Json(PromoCheck { code, valid: false, discount, reason, detail }))
        }
        Err(error) => Err(error.into()),
    }
}

/// Use a promotion
///
/// Notes it in the cart, instead of another one. The order counts the use.
#[utoipa::path(post, path = "/promos/apply", tag = "promotions", security(("bearer" = [])),
    request_body = PromoCodeBody,
    responses((status = 200, description = "The cart", body = CartResource)))]
async fn apply(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Json(body): Json<PromoCodeBody>,
) -> Result<Response, Problem> {
    let code = promo_code(&body.code)?;
    change_own(&state, caller, &ctx, cart::Change::Promo(Some(code))).await
}

/// The rules and the moment for a change of a cart.
pub(super) fn cart_terms(state: &AppState) -> CartTerms {
    CartTerms { programme: Arc::clone(&state.config.loyalty), now: state.clock.now() }
}

async fn change(
    state: &AppState,
    ctx: &CommandContext,
    by: UserId,
    code: &str,
    wanted: Change,
    answer: impl Fn(&PromotionState) -> Reply + Send + 'static,
) -> Result<Response, Problem> {
    let request = Request {
        metadata: ctx.metadata(),
        code: promo_code(code)?,
        by,
        at: state.clock.now(),
        expected: ctx.expected(),
        key: ctx.idempotency(),
    };
    let outcome = promotions::change(&state.log, request, wanted, answer).await?;
    finish(state, ctx, outcome).await
}

fn ok(promo: &PromotionState) -> Reply {
    Reply::ok(&shown(promo)).version(promo.version)
}

fn shown(promo: &PromotionState) -> Option<PromoResource> {
    PromoResource::of(&promo.code, &promo.promotion, promo.version, promo.now)
}
