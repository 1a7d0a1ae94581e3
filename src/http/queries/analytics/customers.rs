//! `/analytics/users`: who buys, how often, and for how much. Numbers only: nobody is named.

use super::kept;
use super::range::{RangeQuery, RangeResource};
use super::table;
use crate::http::docs::SignedAmount;
use crate::http::extract::{Analyst, Books, Format, Query};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use projections::sales::{self, Cohort, Counts, Customers};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// Who buys.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerReport {
    #[serde(flatten)]
    pub range: RangeResource,
    #[schema(example = "KZT")]
    pub currency: String,
    #[serde(flatten)]
    pub figures: CustomerFigures,
    /// By the month, of UTC, in which the first order was confirmed; in order.
    pub cohorts: Vec<CohortResource>,
}

/// Customers of the range, and of all time. A customer is an account with an order that was
/// confirmed and not cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CustomerFigures {
    /// Accounts now, without erased ones.
    pub total_users: i64,
    /// Those of them that are not blocked.
    pub active_users: i64,
    /// Accounts registered in the range.
    pub new_users: i64,
    /// Customers with an order in the range.
    pub buyers: i64,
    /// Those of them whose first order it was.
    pub first_time_buyers: i64,
    /// Those of them who had bought before.
    pub returning_buyers: i64,
    /// Those of them with two orders in the range or more.
    pub repeat_buyers: i64,
    /// Customers of all time.
    pub customers: i64,
    /// Those of them with two orders or more.
    pub repeat_customers: i64,
    /// Revenue of all time by customer.
    #[schema(value_type = SignedAmount)]
    pub lifetime_value: Decimal,
}

impl CustomerFigures {
    pub(super) fn of(counts: &Counts, customers: &Customers) -> Self {
        Self {
            total_users: counts.users,
            active_users: counts.active_users,
            new_users: customers.new_users,
            buyers: customers.buyers,
            first_time_buyers: customers.first_time_buyers,
            returning_buyers: customers.returning_buyers(),
            repeat_buyers: customers.repeat_buyers,
            customers: customers.customers,
            repeat_customers: customers.repeat_customers,
            lifetime_value: customers.lifetime_value(),
        }
    }
}

/// The customers who first bought in the same month.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CohortResource {
    #[schema(example = "2026-01")]
    pub cohort: String,
    pub customers: i64,
    /// Their revenue until now, by customer.
    #[schema(value_type = SignedAmount)]
    pub lifetime_value: Decimal,
    /// Those months in which any of them bought, in order.
    pub months: Vec<CohortMonth>,
}

/// What a cohort did in a month.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CohortMonth {
    #[schema(example = "2026-02")]
    pub month: String,
    /// Those of the cohort who bought.
    pub customers: i64,
    pub orders: i64,
    #[schema(value_type = SignedAmount)]
    pub revenue: Decimal,
}

fn cohorts(rows: &[Cohort]) -> Vec<CohortResource> {
    let cohorts = rows.chunk_by(|one, next| one.cohort == next.cohort);
    let cohorts = cohorts.map(|months| {
        // All of a cohort bought in its own month.
        let customers = months.iter().find(|row| row.month == row.cohort);
        let customers = customers.map_or(0, |row| row.customers);
        let revenue: Decimal = months.iter().map(|row| row.revenue).sum();
        CohortResource {
            cohort: months[0].cohort.format("%Y-%m").to_string(),
            customers,
            lifetime_value: sales::average(revenue, customers),
            months: months.iter().map(CohortMonth::from).collect(),
        }
    });
    cohorts.collect()
}

impl From<&Cohort> for CohortMonth {
    fn from(row: &Cohort) -> Self {
        Self {
            month: row.month.format("%Y-%m").to_string(),
            customers: row.customers,
            orders: row.orders,
            revenue: row.revenue,
        }
    }
}

/// Customers: new, active, repeated, by cohort
///
/// As CSV a line for each figure, with its place in the JSON.
#[utoipa::path(get, path = "/analytics/users", tag = "analytics", security(("bearer" = [])),
    params(RangeQuery),
    responses((status = 200, description = "The figures", content(
        (CustomerReport = "application/json"), (String = "text/csv")))))]
pub async fn show(
    State(state): State<AppState>,
    _: Analyst,
    Books(db): Books,
    format: Format,
    Query(range): Query<RangeQuery>,
) -> Result<Response, Problem> {
    let (whole, range) = range.range(&state).await?;
    let counts = sales::counts(&db).await?;
    let customers = kept::customers(&state, &db, &whole).await?;
    let rows = sales::cohorts(&db).await?;
    let report = CustomerReport {
        range,
        currency: super::currency(),
        figures: CustomerFigures::of(&counts, &customers),
        cohorts: cohorts(&rows),
    };
    table::figures(format, &report)
}
