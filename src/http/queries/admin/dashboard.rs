//! The numbers of the store: `/admin/dashboard`, `/admin/stats`.

use crate::http::docs::SignedAmount;
use crate::http::extract::{Admin, Books, Query};
use crate::http::problem::Problem;
use crate::http::queries::analytics::{
    FunnelResource, ProductSales, RangeQuery, RangeResource, SalesFigures,
};
use crate::http::resources::OrderResource;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use projections::orders;
use projections::sales::{self, Counts, ProductFilter};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// How many of the newest orders, and of the best products.
const SHOWN: u32 = 10;

/// How many of everything there are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Stats {
    /// Without erased ones.
    pub total_users: i64,
    /// Neither blocked nor erased.
    pub active_users: i64,
    /// Without archived ones.
    pub total_products: i64,
    /// Those of them that are offered for sale.
    pub active_products: i64,
    /// All that were placed, whatever became of them.
    pub total_orders: i64,
    /// Of all orders that were confirmed and not cancelled: goods less discounts and refunds.
    #[schema(value_type = SignedAmount)]
    pub total_revenue: Decimal,
}

impl From<&Counts> for Stats {
    fn from(counts: &Counts) -> Self {
        Self {
            total_users: counts.users,
            active_users: counts.active_users,
            total_products: counts.products,
            active_products: counts.active_products,
            total_orders: counts.orders,
            total_revenue: counts.sales.revenue(),
        }
    }
}

/// The store at a glance.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AdminDashboard {
    pub stats: Stats,
    #[serde(flatten)]
    pub range: RangeResource,
    pub sales: SalesFigures,
    /// Of the orders placed in the range.
    pub funnel: FunnelResource,
    /// The best of all time.
    pub top_products: Vec<ProductSales>,
    /// The newest first.
    pub recent_orders: Vec<OrderResource>,
}

/// The dashboard of administrators
#[utoipa::path(get, path = "/admin/dashboard", tag = "admin", security(("bearer" = [])),
    params(RangeQuery),
    responses((status = 200, description = "The store at a glance", body = AdminDashboard)))]
pub async fn show(
    State(state): State<AppState>,
    _: Admin,
    Books(db): Books,
    Query(range): Query<RangeQuery>,
) -> Result<Json<AdminDashboard>, Problem> {
    let (whole, range) = range.range(&state).await?;
    let db = &db;
    let best = ProductFilter { limit: SHOWN, ..ProductFilter::default() };
    let newest = orders::Filter { limit: SHOWN, ..orders::Filter::default() };
    let recent = orders::list(db, &newest).await?.items.into_iter();
    Ok(Json(AdminDashboard {
        stats: Stats::from(&sales::counts(db).await?),
        range,
        sales: SalesFigures::from(&sales::total(db, &whole).await?),
        funnel: sales::funnel(db, &whole).await?.into(),
        top_products: sales::products(db, &best).await?.into_iter().map(Into::into).collect(),
        recent_orders: recent.filter_map(OrderResource::from_view).collect(),
    }))
}

/// The numbers of the store
#[utoipa::path(get, path = "/admin/stats", tag = "admin", security(("bearer" = [])),
    responses((status = 200, description = "How many of everything there are", body = Stats)))]
pub async fn stats(_: Admin, Books(db): Books) -> Result<Json<Stats>, Problem> {
    Ok(Json(Stats::from(&sales::counts(&db).await?)))
}
