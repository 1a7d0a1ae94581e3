//! `/analytics/liabilities`: what is owed to holders of gift cards and points, period by period. Read
//! from the double-entry journal: it is what `/audit/ledger` says.

use super::range::{Period, RangeQuery, RangeResource};
use super::sales::PeriodQuery;
use super::table;
use crate::http::docs::SignedAmount;
use crate::http::extract::{Analyst, Books, Format, Query};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use projections::ledger::{self, Liabilities};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// What was owed just before a moment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LiabilityFigures {
    /// What is left on gift cards, what orders hold of them included.
    #[schema(value_type = SignedAmount)]
    pub gift_cards: Decimal,
    /// Points that can be spent, 1.00 each, what orders hold of them included.
    #[schema(value_type = SignedAmount)]
    pub loyalty: Decimal,
    #[schema(value_type = SignedAmount)]
    pub total: Decimal,
}

impl From<&Liabilities> for LiabilityFigures {
    fn from(owed: &Liabilities) -> Self {
        Self { gift_cards: owed.gift_cards, loyalty: owed.loyalty, total: owed.total() }
    }
}

/// What was owed at the end of a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PeriodLiabilities {
    /// The day that the period begins with, in the time zone that was asked for.
    #[schema(value_type = String, format = Date, example = "2026-01-01")]
    pub period: NaiveDate,
    pub from: DateTime<Utc>,
    /// The first moment behind it.
    pub to: DateTime<Utc>,
    #[schema(value_type = SignedAmount)]
    pub gift_cards: Decimal,
    #[schema(value_type = SignedAmount)]
    pub loyalty: Decimal,
    #[schema(value_type = SignedAmount)]
    pub total: Decimal,
}

impl PeriodLiabilities {
    const NAMES: [&str; 6] = ["period", "from", "to", "gift_cards", "loyalty", "total"];
}

/// Liabilities over time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LiabilityReport {
    #[serde(flatten)]
    pub range: RangeResource,
    pub period: Period,
    #[schema(example = "KZT")]
    pub currency: String,
    /// Before the first period.
    pub opening: LiabilityFigures,
    /// At the end of the last one.
    pub closing: LiabilityFigures,
    /// In order, those without a change too. The first and the last are cut off by the range.
    pub items: Vec<PeriodLiabilities>,
}

/// What is owed in gift cards and points, by day, week or month
///
/// At the end of each period. As CSV the periods.
#[utoipa::path(get, path = "/analytics/liabilities", tag = "analytics", security(("bearer" = [])),
    params(RangeQuery, PeriodQuery),
    responses((status = 200, description = "The figures", content(
        (LiabilityReport = "application/json"), (String = "text/csv")))))]
pub async fn show(
    State(state): State<AppState>,
    _: Analyst,
    Books(db): Books,
    format: Format,
    Query(range): Query<RangeQuery>,
    Query(PeriodQuery { period }): Query<PeriodQuery>,
) -> Result<Response, Problem> {
    let (whole, range, periods) = range.periods(&state, period).await?;
    let ends = periods.iter().map(|(_, period)| period.to);
    let moments: Vec<_> = std::iter::once(whole.from).chain(ends).collect();
    let owed = ledger::liabilities(&db, &moments).await?;
    let figures = |owed: Option<&Liabilities>| owed.copied().unwrap_or_default();
    let items = periods.iter().zip(owed.iter().skip(1)).map(|((day, period), owed)| {
        let LiabilityFigures { gift_cards, loyalty, total } = owed.into();
        PeriodLiabilities {
            period: *day,
            from: period.from,
            to: period.to,
            gift_cards,
            loyalty,
            total,
        }
    });
    let report = LiabilityReport {
        range,
        period,
        currency: super::currency(),
        opening: LiabilityFigures::from(&figures(owed.first())),
        closing: LiabilityFigures::from(&figures(owed.last())),
        items: items.collect(),
    };
    table::rows(format, &report, &PeriodLiabilities::NAMES, &report.items)
}
