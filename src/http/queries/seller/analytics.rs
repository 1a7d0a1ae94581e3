//! What the seller sold: `/seller/analytics`.

use crate::http::extract::{Books, Format, Query, Seller};
use crate::http::problem::Problem;
use crate::http::queries::analytics::{
    Period, PeriodQuery, PeriodSales, ProductSales, RangeQuery, RangeResource, SalesFigures,
    currency, table,
};
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use projections::sales::{self, ProductFilter};
use serde::Serialize;
use utoipa::ToSchema;

/// How many of the best products.
const BEST: u32 = 10;

/// What the seller sold in a range. Refunds and returned units are what came back of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SellerReport {
    #[serde(flatten)]
    pub range: RangeResource,
    pub period: Period,
    #[schema(example = "KZT")]
    pub currency: String,
    pub totals: SalesFigures,
    /// The best of the range first.
    pub top_products: Vec<ProductSales>,
    /// In order, those without a sale too. The first and the last are cut off by the range.
    pub items: Vec<PeriodSales>,
}

/// What the caller sold
///
/// By day, week or month; of orders of several sellers only the own lines count. As CSV the periods.
#[utoipa::path(get, path = "/seller/analytics", tag = "seller", security(("bearer" = [])),
    params(RangeQuery, PeriodQuery),
    responses((status = 200, description = "The figures", content(
        (SellerReport = "application/json"), (String = "text/csv")))))]
pub async fn show(
    State(state): State<AppState>,
    seller: Seller,
    Books(db): Books,
    format: Format,
    Query(range): Query<RangeQuery>,
    Query(PeriodQuery { period }): Query<PeriodQuery>,
) -> Result<Response, Problem> {
    let (whole, range, periods) = range.periods(&state, period).await?;
    let db = &db;
    let totals = sales::total_of_seller(db, seller.id, &whole).await?;
    let found = sales::by_period(db, Some(seller.id), periods).await?;
    let best = ProductFilter { range: Some(whole), seller_id: Some(seller.id), limit: BEST };
    let best = sales::products(db, &best).await?;
    let report = SellerReport {
        range,
        period,
        currency: currency(),
        totals: SalesFigures::from(&totals),
        top_products: best.into_iter().map(ProductSales::from).collect(),
        items: found.iter().map(PeriodSales::from).collect(),
    };
    table::rows(format, &report, &PeriodSales::NAMES, &report.items)
}
