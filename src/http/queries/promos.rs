//! Promotions that everybody may use: `/promos`.

use crate::http::docs::Amount;
use crate::http::extract::Query;
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::resources::PromoResource;
use crate::state::AppState;
use aggregates::Money;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use projections::promotions;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(active))
}

/// A promotion as everybody sees it: how often it was used is the store's own affair.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ActivePromo {
    #[schema(example = "SUMMER25")]
    pub code: String,
    /// `percent` or `fixed`.
    #[schema(example = "percent")]
    pub kind: &'static str,
    /// Percent, or an amount of money.
    #[schema(value_type = Amount)]
    pub value: Decimal,
    #[schema(value_type = Option<Amount>)]
    pub min_subtotal: Option<Money>,
    #[schema(value_type = Option<Amount>)]
    pub max_discount: Option<Money>,
    pub categories: Option<Vec<String>>,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub usage_limit_per_user: Option<u32>,
    /// Whether points can be used together with it.
    pub stackable: bool,
}

impl From<PromoResource> for ActivePromo {
    fn from(promo: PromoResource) -> Self {
        Self {
            code: promo.code,
            kind: promo.kind,
            value: promo.value,
            min_subtotal: promo.min_subtotal,
            max_discount: promo.max_discount,
            categories: promo.categories,
            starts_at: promo.starts_at,
            ends_at: promo.ends_at,
            usage_limit_per_user: promo.usage_limit_per_user,
            stackable: promo.stackable,
        }
    }
}

/// List the promotions that can be used now
///
/// The newest first, without those that are used up.
#[utoipa::path(get, path = "/promos/active", tag = "promotions", params(PageQuery),
    responses((status = 200, description = "A page of promotions", body = List<ActivePromo>)))]
async fn active(
    State(state): State<AppState>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<ActivePromo>>, Problem> {
    let (now, after) = (state.clock.now(), page.after()?);
    let (offset, limit) = (page.offset(), page.limit());
    let found = promotions::active(&state.read_pool, now, after.as_ref(), offset, limit).await?;
    let items = found
        .items
        .iter()
        .filter_map(|row| PromoResource::of(&row.code, &row.state, row.version, now))
        .map(ActivePromo::from)
        .collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}
