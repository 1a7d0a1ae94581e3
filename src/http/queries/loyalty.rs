//! Loyalty accounts: `/loyalty`. Everybody sees their own.

use crate::http::docs::{Amount, PointsEntryKind};
use crate::http::extract::{Books, Caller, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::state::AppState;
use aggregates::loyalty_account::{Programme, Tier};
use aggregates::{LoyaltyAccount, Money, OrderId, Points};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use projections::loyalty;
use projections::loyalty_entries::{self, Entry, Kind};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Moments at which points expire, shown at most.
const MOMENTS: usize = 100;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(status)).routes(routes!(history)).routes(routes!(tiers))
}

/// Points and tier of a customer. One point takes 1.00 off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LoyaltyStatus {
    #[schema(value_type = String, example = "silver")]
    pub tier: Tier,
    /// What can be spent now.
    #[schema(value_type = u64, example = 250)]
    pub points: Points,
    /// Of orders that are not delivered yet.
    #[schema(value_type = u64, example = 40)]
    pub pending_points: Points,
    /// Set aside by orders that are not settled yet.
    #[schema(value_type = u64, example = 0)]
    pub held_points: Points,
    /// Of refunded orders, spent before the refund: the next points repay them.
    #[schema(value_type = u64, example = 0)]
    pub owed: Points,
    /// What counts towards the tier: goods of the last 365 days.
    #[schema(value_type = Amount)]
    pub spend: Money,
    /// Until when the tier is kept though the spend is too little for it.
    pub grace_until: Option<DateTime<Utc>>,
    /// The points that can be spent, by when they expire, the next first.
    pub expiring: Vec<Expiring>,
    /// `null` in the highest tier.
    pub next_tier: Option<NextTier>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Expiring {
    #[schema(value_type = u64, example = 40)]
    pub points: Points,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NextTier {
    #[schema(value_type = String, example = "gold")]
    pub name: Tier,
    #[schema(value_type = Amount)]
    pub spend_needed: Money,
}

impl LoyaltyStatus {
    fn of(account: &LoyaltyAccount, programme: &Programme, now: DateTime<Utc>) -> Self {
        let spend = account.spend(now);
        Self {
            tier: account.tier.clone(),
            points: account.spendable(now),
            pending_points: account.pending(),
            held_points: account.held(),
            owed: account.owed,
            spend,
            grace_until: account.grace_until,
            expiring: expiring(account, now),
            next_tier: programme.next_after(&account.tier).map(|next| NextTier {
                name: next.name.clone(),
                spend_needed: next.from_spend.checked_sub(spend).unwrap_or_default(),
            }),
        }
    }
}

/// Lots of the same moment count together.
fn expiring(account: &LoyaltyAccount, now: DateTime<Utc>) -> Vec<Expiring> {
    let mut moments: Vec<Expiring> = Vec::new();
    for lot in account.lots.iter().filter(|lot| lot.expires_at > now) {
        match moments.last_mut() {
            Some(last) if last.at == lot.expires_at => {
                last.points = last.points.saturating_add(lot.points);
            }
            _ => moments.push(Expiring { points: lot.points, at: lot.expires_at }),
        }
    }
    moments.truncate(MOMENTS);
    moments
}

/// Get my points and tier
#[utoipa::path(get, path = "/loyalty/status", tag = "loyalty", security(("bearer" = [])),
    responses((status = 200, description = "The account", body = LoyaltyStatus)))]
async fn status(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<LoyaltyStatus>, Problem> {
    let row = loyalty::account(&state.read_pool, caller.id).await?;
    let account = row.map(|row| row.state).unwrap_or_default();
    Ok(Json(LoyaltyStatus::of(&account, &state.config.loyalty, state.clock.now())))
}

/// What moved points.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LoyaltyEntry {
    pub at: DateTime<Utc>,
    /// earned, activated, held, spent, released, restored, reversed or expired.
    #[schema(value_type = PointsEntryKind)]
    pub kind: Kind,
    /// What it is about: positive where it is in the customer's favour.
    #[schema(example = 40)]
    pub points: i64,
    /// What it changed of the points that can be spent.
    #[schema(example = 40)]
    pub change: i64,
    /// The points that could be spent after it.
    #[schema(example = 290)]
    pub balance: i64,
    pub order_id: Option<Uuid>,
}

impl From<Entry> for LoyaltyEntry {
    fn from(Entry { entry, balance }: Entry) -> Self {
        Self {
            at: entry.at,
            kind: entry.kind,
            points: entry.points,
            change: entry.change,
            balance,
            order_id: entry.order_id.map(OrderId::uuid),
        }
    }
}

/// List what moved my points
///
/// The latest first.
#[utoipa::path(get, path = "/loyalty/history", tag = "loyalty", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, description = "A page of movements", body = List<LoyaltyEntry>)))]
async fn history(
    caller: Caller,
    Books(db): Books,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<LoyaltyEntry>>, Problem> {
    let after = page.after()?;
    let found =
        loyalty_entries::history(&db, caller.id, after.as_ref(), page.offset(), page.limit())
            .await?;
    let items = found.items.into_iter().map(LoyaltyEntry::from).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}

/// The rules of the loyalty programme that are in force.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tiers {
    /// The version of the rules.
    #[schema(example = 1)]
    pub programme: u32,
    /// The lowest first.
    pub items: Vec<TierResource>,
    /// How long a tier is kept that the spend no longer reaches, in days.
    #[schema(example = 30)]
    pub grace_days: u32,
    /// How long points can be spent, in days.
    #[schema(example = 365)]
    pub lifetime_days: u32,
    /// The largest part of the goods that points may pay, in percent.
    #[schema(example = 50)]
    pub largest_share_percent: u32,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Tier)]
pub struct TierResource {
    #[schema(value_type = String, example = "silver")]
    pub name: Tier,
    /// The least spend of the last 365 days.
    #[schema(value_type = Amount)]
    pub from_spend: Money,
    /// Points for each 100.00 of spend.
    #[schema(example = 3)]
    pub percent: u32,
}

/// List the tiers
///
/// With the rules of the programme.
#[utoipa::path(get, path = "/loyalty/tiers", tag = "loyalty",
    responses((status = 200, description = "The tiers and the rules", body = Tiers)))]
async fn tiers(State(state): State<AppState>) -> Json<Tiers> {
    let programme = &state.config.loyalty;
    let tier = |rule: &aggregates::loyalty_account::TierRule| TierResource {
        name: rule.name.clone(),
        from_spend: rule.from_spend,
        percent: rule.percent,
    };
    Json(Tiers {
        programme: programme.version,
        items: programme.tiers.iter().map(tier).collect(),
        grace_days: programme.grace_days,
        lifetime_days: programme.lifetime_days,
        largest_share_percent: programme.largest_share_percent,
    })
}
