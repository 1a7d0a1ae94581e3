//! `/analytics/dashboard`: everything at a glance.

use super::customers::CustomerFigures;
use super::kept;
use super::range::{RangeQuery, RangeResource};
use super::resources::{FunnelResource, MemberSales, ProductSales, SalesFigures};
use super::table;
use crate::http::extract::{Analyst, Books, Format, Query};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use projections::sales::{self, ProductFilter, Range};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

/// How many of the best of each kind.
const BEST: u32 = 10;

/// Everything at a glance.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Dashboard {
    #[serde(flatten)]
    pub range: RangeResource,
    #[schema(example = "KZT")]
    pub currency: String,
    pub sales: SalesFigures,
    /// Of the time just before, which is as long.
    pub previous: SalesFigures,
    /// Of the orders placed in the range.
    pub funnel: FunnelResource,
    pub users: CustomerFigures,
    /// The best of all time.
    pub top_products: Vec<ProductSales>,
    pub categories: Vec<MemberSales>,
    pub sellers: Vec<MemberSales>,
    pub payment_methods: Vec<MemberSales>,
    pub delivery_methods: Vec<MemberSales>,
    /// What each promotion took off, and what was sold with it.
    pub promotions: Vec<MemberSales>,
}

/// The dashboard of analysts
///
/// As CSV a line for each figure, with its place in the JSON.
#[utoipa::path(get, path = "/analytics/dashboard", tag = "analytics", security(("bearer" = [])),
    params(RangeQuery),
    responses((status = 200, description = "The figures", content(
        (Dashboard = "application/json"), (String = "text/csv")))))]
pub async fn show(
    State(state): State<AppState>,
    _: Analyst,
    Books(db): Books,
    format: Format,
    Query(range): Query<RangeQuery>,
) -> Result<Response, Problem> {
    let (whole, range) = range.range(&state).await?;
    let db = &db;
    let (counts, customers) =
        (sales::counts(db).await?, kept::customers(&state, db, &whole).await?);
    let best = ProductFilter { limit: BEST, ..ProductFilter::default() };
    let best = sales::products(db, &best).await?;
    let report = Dashboard {
        range,
        currency: super::currency(),
        sales: SalesFigures::from(&sales::total(db, &whole).await?),
        previous: SalesFigures::from(&sales::total(db, &whole.before()).await?),
        funnel: sales::funnel(db, &whole).await?.into(),
        users: CustomerFigures::of(&counts, &customers),
        top_products: best.into_iter().map(ProductSales::from).collect(),
        categories: best_of(&state, db, "category", &whole).await?,
        sellers: best_of(&state, db, "seller", &whole).await?,
        payment_methods: best_of(&state, db, "payment_method", &whole).await?,
        delivery_methods: best_of(&state, db, "delivery_method", &whole).await?,
        promotions: best_of(&state, db, "promotion", &whole).await?,
    };
    table::figures(format, &report)
}

async fn best_of(
    state: &AppState,
    db: &PgPool,
    kind: &'static str,
    range: &Range,
) -> Result<Vec<MemberSales>, Problem> {
    let found = kept::members(state, db, kind, range, BEST).await?;
    Ok(found.into_iter().map(|member| MemberSales::of(kind, member)).collect())
}
