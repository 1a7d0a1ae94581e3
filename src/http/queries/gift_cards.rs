//! Gift cards: `/giftcards`. Whoever knows a code sees its balance; never shows a code.

use crate::http::docs::{Amount, CardEntryKind, GiftCardStatusSchema, SignedAmount};
use crate::http::extract::{Books, Caller, Path, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::resources::masked;
use crate::http::value::CardFinder;
use crate::state::AppState;
use aggregates::gift_card::Status;
use aggregates::{Money, OrderId};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use projections::gift_card_entries::{self, Entry, Kind};
use projections::gift_cards;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(history)).routes(routes!(balance))
}

/// What is on a gift card.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CardBalance {
    /// All but the last four symbols hidden.
    #[schema(example = "****-****-****-0B5H")]
    pub code: String,
    #[schema(value_type = Amount)]
    pub initial_amount: Money,
    /// What can be spent.
    #[schema(value_type = Amount)]
    pub balance: Money,
    /// What orders that are not settled have set aside.
    #[schema(value_type = Amount)]
    pub held: Money,
    #[schema(example = "KZT")]
    pub currency: String,
    /// pending, active, disabled, expired, used or withdrawn.
    #[schema(value_type = GiftCardStatusSchema)]
    pub status: Status,
    pub expires_at: DateTime<Utc>,
}

/// Get the balance of a gift card
///
/// For whoever knows its code. Guessing is slowed down: wrong codes count against the caller.
#[utoipa::path(get, path = "/giftcards/{code}/balance", tag = "gift cards",
    params(("code" = String, Path, description = "The code", example = "7Q2M-9XK4-TA3D-0B5H")),
    responses((status = 200, description = "What is on it", body = CardBalance)))]
async fn balance(
    State(state): State<AppState>,
    cards: CardFinder,
    Path(code): Path<String>,
) -> Result<Json<CardBalance>, Problem> {
    let (id, _) = cards.find(&state, &code).await?;
    let not_found = || Problem::not_found("gift_card_not_found", "there is no such gift card");
    let row = gift_cards::gift_card(&state.read_pool, id).await?.ok_or_else(not_found)?;
    let status = row.state.status(state.clock.now()).ok_or_else(not_found)?;
    let card = row.state.details().ok_or_else(not_found)?;
    Ok(Json(CardBalance {
        code: masked(&card.hint),
        initial_amount: card.initial_amount,
        balance: card.available,
        held: card.held(),
        currency: card.currency.to_string(),
        status,
        expires_at: card.expires_at,
    }))
}

/// What moved the balance of a gift card.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CardEntry {
    pub at: DateTime<Utc>,
    /// The card's present code, all but the last four symbols hidden.
    #[schema(example = "****-****-****-0B5H")]
    pub code: String,
    pub gift_card_id: Uuid,
    /// issued, held, captured, voided, credited_back or expired.
    #[schema(value_type = CardEntryKind)]
    pub kind: Kind,
    /// Positive where it is in the holder's favour.
    #[schema(value_type = SignedAmount)]
    pub amount: Decimal,
    /// Where it is an order of the caller's.
    pub order_id: Option<Uuid>,
}

impl From<Entry> for CardEntry {
    fn from(Entry { entry, hint, own_order }: Entry) -> Self {
        let amount = entry.amount.decimal();
        Self {
            at: entry.at,
            code: masked(&hint),
            gift_card_id: entry.card_id.uuid(),
            kind: entry.kind,
            amount: if entry.kind.is_gain() { amount } else { -amount },
            order_id: entry.order_id.filter(|_| own_order).map(OrderId::uuid),
        }
    }
}

/// List what moved my gift cards
///
/// The cards that the caller bought, and what the caller's orders were paid with any card; the
/// latest first.
#[utoipa::path(get, path = "/giftcards/history", tag = "gift cards", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, description = "A page of movements", body = List<CardEntry>)))]
async fn history(
    caller: Caller,
    Books(db): Books,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<CardEntry>>, Problem> {
    let after = page.after()?;
    let found =
        gift_card_entries::history(&db, caller.id, after.as_ref(), page.offset(), page.limit())
            .await?;
    let items = found.items.into_iter().map(CardEntry::from).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}
