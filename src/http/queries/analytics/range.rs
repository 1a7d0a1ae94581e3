//! The parameters that all figures have in common: from when to when, in whose days.

use crate::http::docs::{RangeEdge, TimeZoneSchema};
use crate::http::problem::{FieldError, Problem};
use crate::state::AppState;
use chrono::{DateTime, NaiveDate, Utc};
use garde::Validate;
use projections::sales::{Edge, Grain, Range, RangeError, Request, TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which time is wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RangeQuery {
    /// The first day, or a time, taken down to the quarter of an hour. 30 days before `to` where it
    /// is missing.
    #[garde(length(max = 40))]
    #[param(value_type = Option<RangeEdge>, example = "2026-01-01")]
    from: Option<String>,
    /// The day, or the time, behind the last one. The end of today where it is missing.
    #[garde(length(max = 40))]
    #[param(value_type = Option<RangeEdge>, example = "2026-02-01")]
    to: Option<String>,
    /// The time zone of days, by its name.
    #[garde(length(max = 64))]
    #[param(value_type = Option<TimeZoneSchema>, example = "Asia/Almaty", default = "UTC")]
    tz: Option<String>,
}

/// What periods a range is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    #[default]
    Day,
    /// From Monday on.
    Week,
    Month,
}

impl From<Period> for Grain {
    fn from(period: Period) -> Self {
        match period {
            Period::Day => Self::Day,
            Period::Week => Self::Week,
            Period::Month => Self::Month,
        }
    }
}

/// The time that was taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RangeResource {
    pub from: DateTime<Utc>,
    /// The first moment behind it.
    pub to: DateTime<Utc>,
    #[schema(example = "Asia/Almaty")]
    pub tz: String,
}

/// The time that was taken, where it is bounded.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a `RangeResource` that may be absent")]
pub struct RangeOfReport {
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    tz: Option<String>,
}

impl RangeQuery {
    /// Whether any end of it is given.
    pub fn is_bounded(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    fn request(&self, period: Period, now: DateTime<Utc>) -> Result<Request, Problem> {
        let mut errors = Vec::new();
        let mut edge = |name: &str, text: Option<&String>| -> Option<Edge> {
            match text?.parse() {
                Ok(edge) => Some(edge),
                Err(error) => {
                    errors.push(FieldError::parameter(name, format!("{error}")));
                    None
                }
            }
        };
        let (from, to) = (edge("from", self.from.as_ref()), edge("to", self.to.as_ref()));
        let tz = match self.tz.as_deref().unwrap_or("UTC").parse::<TimeZone>() {
            Ok(tz) => tz,
            Err(error) => {
                errors.push(FieldError::parameter("tz", error.to_string()));
                TimeZone::default()
            }
        };
        if errors.is_empty() {
            Ok(Request { from, to, tz, period: period.into(), now })
        } else {
            Err(Problem::invalid(errors))
        }
    }

    /// The range that is asked for.
    pub async fn range(&self, state: &AppState) -> Result<(Range, RangeResource), Problem> {
        let request = self.request(Period::Day, state.clock.now())?;
        let range = request.range(&state.read_pool).await?;
        let resource = RangeResource::of(&range, &request);
        Ok((range, resource))
    }

    /// The range, cut into periods.
    pub async fn periods(
        &self,
        state: &AppState,
        period: Period,
    ) -> Result<(Range, RangeResource, Vec<(NaiveDate, Range)>), Problem> {
        let request = self.request(period, state.clock.now())?;
        let (range, periods) = request.periods(&state.read_pool).await?;
        let resource = RangeResource::of(&range, &request);
        Ok((range, resource, periods))
    }
}

impl RangeResource {
    fn of(range: &Range, request: &Request) -> Self {
        Self { from: range.from, to: range.to, tz: request.tz.to_string() }
    }
}

impl From<RangeError> for Problem {
    fn from(error: RangeError) -> Self {
        let parameter = match error {
            RangeError::TimeZone(_) => "tz",
            RangeError::Backwards => "from",
            RangeError::TooManyPeriods => "period",
            RangeError::Database(error) => return error.into(),
        };
        Self::invalid(vec![FieldError::parameter(parameter, error.to_string())])
    }
}
