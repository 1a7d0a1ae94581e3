//! `/analytics/sales`: what was sold, period by period.

use super::range::{Period, RangeQuery, RangeResource};
use super::resources::{PeriodSales, SalesFigures};
use super::table;
use crate::http::extract::{Analyst, Books, Format, Query};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use projections::sales;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How the range is cut.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// day, week (from Monday on) or month.
    #[garde(skip)]
    #[serde(default)]
    #[param(inline, default = "day")]
    pub period: Period,
}

/// What was sold in a range, and in each of its periods.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SalesReport {
    #[serde(flatten)]
    pub range: RangeResource,
    pub period: Period,
    #[schema(example = "KZT")]
    pub currency: String,
    pub totals: SalesFigures,
    /// In order, those without a sale too. The first and the last are cut off by the range.
    pub items: Vec<PeriodSales>,
}

/// Sales by day, week or month
#[utoipa::path(get, path = "/analytics/sales", tag = "analytics", security(("bearer" = [])),
    params(RangeQuery, PeriodQuery),
    responses((status = 200, description = "The figures", content(
        (SalesReport = "application/json"), (String = "text/csv")))))]
pub async fn show(
    State(state): State<AppState>,
    _: Analyst,
    Books(db): Books,
    format: Format,
    Query(range): Query<RangeQuery>,
    Query(PeriodQuery { period }): Query<PeriodQuery>,
) -> Result<Response, Problem> {
    let (whole, range, periods) = range.periods(&state, period).await?;
    let totals = sales::total(&db, &whole).await?;
    let found = sales::by_period(&db, None, periods).await?;
    let items: Vec<PeriodSales> = found.iter().map(PeriodSales::from).collect();
    let (currency, totals) = (super::currency(), SalesFigures::from(&totals));
    let report = SalesReport { range, period, currency, totals, items };
    table::rows(format, &report, &PeriodSales::NAMES, &report.items)
}
