//! `/analytics/products` and `/analytics/genres`: what of the catalogue is sold.

use super::kept;
use super::range::{RangeOfReport, RangeQuery, RangeResource};
use super::resources::{MemberSales, ProductSales};
use super::table;
use crate::http::extract::{Analyst, Books, Format, Query};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use projections::sales::ProductFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The most categories, and the most genres, of a report.
const MOST: u32 = 1_000;

/// Which products are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BestQuery {
    /// How many products.
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// Only those of this seller.
    #[garde(skip)]
    seller_id: Option<Uuid>,
}

/// The products with the highest revenue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductReport {
    /// Absent for all time.
    #[serde(flatten)]
    #[schema(value_type = RangeOfReport)]
    pub range: Option<RangeResource>,
    #[schema(example = "KZT")]
    pub currency: String,
    /// The best first.
    pub items: Vec<ProductSales>,
}

/// The products that sold best
///
/// Of all time, unless `from` or `to` is given.
#[utoipa::path(get, path = "/analytics/products", tag = "analytics", security(("bearer" = [])),
    params(RangeQuery, BestQuery),
    responses((status = 200, description = "The figures", content(
        (ProductReport = "application/json"), (String = "text/csv")))))]
pub async fn show(
    State(state): State<AppState>,
    _: Analyst,
    Books(db): Books,
    format: Format,
    Query(range): Query<RangeQuery>,
    Query(best): Query<BestQuery>,
) -> Result<Response, Problem> {
    let (whole, shown) = range.range(&state).await?;
    let (whole, range) = if range.is_bounded() { (Some(whole), Some(shown)) } else { (None, None) };
    let filter = ProductFilter {
        range: whole,
        seller_id: best.seller_id.map(Into::into),
        limit: best.limit.unwrap_or(20),
    };
    let found = kept::products(&state, &db, &filter).await?;
    let items: Vec<ProductSales> = found.into_iter().map(ProductSales::from).collect();
    let report = ProductReport { range, currency: super::currency(), items };
    table::rows(format, &report, &ProductSales::NAMES, &report.items)
}

/// What was sold by category and by genre.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GenreReport {
    #[serde(flatten)]
    pub range: RangeResource,
    #[schema(example = "KZT")]
    pub currency: String,
    /// The genres, then the categories, the best first. A product counts where it is now.
    pub items: Vec<MemberSales>,
}

/// Sales by genre and category
///
/// The genre is the attribute `genre` of a product; what has none is in its category only.
#[utoipa::path(get, path = "/analytics/genres", tag = "analytics", security(("bearer" = [])),
    params(RangeQuery),
    responses((status = 200, description = "The figures", content(
        (GenreReport = "application/json"), (String = "text/csv")))))]
pub async fn genres(
    State(state): State<AppState>,
    _: Analyst,
    Books(db): Books,
    format: Format,
    Query(range): Query<RangeQuery>,
) -> Result<Response, Problem> {
    let (whole, range) = range.range(&state).await?;
    let mut items = Vec::new();
    for kind in ["genre", "category"] {
        let found = kept::members(&state, &db, kind, &whole, MOST).await?;
        items.extend(found.into_iter().map(|member| MemberSales::of(kind, member)));
    }
    let report = GenreReport { range, currency: super::currency(), items };
    table::rows(format, &report, &MemberSales::NAMES, &report.items)
}
