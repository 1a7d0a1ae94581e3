//! Figures for analysts: `/analytics`, each as JSON or, with `Accept: text/csv`, as CSV. All of them are
//! read from sums that the projections `sales` and `ledger` keep; see there for what counts, and when.

mod customers;
mod dashboard;
mod kept;
mod liabilities;
mod products;
mod range;
mod resources;
mod sales;
pub(super) mod table;

pub use kept::KeptFigures;

pub(super) use range::{Period, RangeQuery, RangeResource};
pub(super) use resources::{FunnelResource, PeriodSales, ProductSales, SalesFigures};
pub(super) use sales::PeriodQuery;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What all amounts are in.
pub(super) fn currency() -> String {
    aggregates::Currency::default().to_string()
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sales::show))
        .routes(routes!(products::show))
        .routes(routes!(products::genres))
        .routes(routes!(customers::show))
        .routes(routes!(dashboard::show))
        .routes(routes!(liabilities::show))
}
