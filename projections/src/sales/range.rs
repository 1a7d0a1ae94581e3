//! Which time a figure is of: days in somebody's time zone as stretches of UTC, cut into periods, and
//! each of these into the fewest sums. Asks PostgreSQL about time zones, and never guesses an offset.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use sqlx::PgPool;
use std::fmt;
use std::str::FromStr;

/// The most periods of one answer.
pub const MAX_PERIODS: i64 = 1_000;

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The beginning of the day in the time zone of the request.
    Date(NaiveDate),
    /// Taken down to the quarter of an hour.
    Time(DateTime<Utc>),
}

/// A text that is neither a date nor a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither a date (2026-01-31) nor a time (2026-01-31T00:00:00Z), of the years 2000 to 2199")]
pub struct NoEdge;

impl FromStr for Edge {
    type Err = NoEdge;

    fn from_str(text: &str) -> Result<Self, NoEdge> {
        let edge = match text.parse::<NaiveDate>() {
            Ok(date) => Self::Date(date),
            Err(_) => Self::Time(text.parse().map_err(|_| NoEdge)?),
        };
        // Before, there were offsets that are no quarters of an hour.
        if (2000..2200).contains(&edge.year()) { Ok(edge) } else { Err(NoEdge) }
    }
}

impl Edge {
    fn year(self) -> i32 {
        match self {
            Self::Date(date) => date.year(),
            Self::Time(time) => time.year(),
        }
    }

    fn date(self) -> Option<NaiveDate> {
        match self {
            Self::Date(date) => Some(date),
            Self::Time(_) => None,
        }
    }

    fn time(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Date(_) => None,
            Self::Time(time) => Some(time),
        }
    }
}

/// The name of a time zone, such as `Asia/Almaty` or `UTC`. Whether there is one of that name is
/// known once it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {0:?}: name one as Asia/Almaty or UTC")]
pub struct UnknownTimeZone(pub String);

impl TimeZone {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    /// Names only. PostgreSQL would also take offsets, with the sign the other way round.
    fn from_str(text: &str) -> Result<Self, UnknownTimeZone> {
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+".contains(&b))
        };
        let offset = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit());
        let (area, place) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let named = match place {
            None => word(area) && !offset(area),
            Some(place) => word(area) && place.split('/').all(word),
        };
        if named && text.len() <= 64 {
            Ok(Self(text.to_owned()))
        } else {
            Err(UnknownTimeZone(text.to_owned()))
        }
    }
}

/// What periods a range is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Day,
    /// From Monday on.
    Week,
    Month,
}

impl Grain {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// At least.
    const fn days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 28,
        }
    }
}

/// What is asked for: until the end of today and 30 days long where it does not say.
#[derive(Debug, Clone)]
pub struct Request {
    /// The first moment.
    pub from: Option<Edge>,
    /// The first moment behind.
    pub to: Option<Edge>,
    pub tz: TimeZone,
    pub period: Grain,
    pub now: DateTime<Utc>,
}

/// From `from` until just before `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// Why there is no such range.
#[derive(Debug, thiserror::Error)]
pub enum RangeError {
    #[error(transparent)]
    TimeZone(#[from] UnknownTimeZone),
    #[error("from must lie before to")]
    Backwards,
    #[error(
        "these are more than {MAX_PERIODS} periods: ask for longer ones, or for a shorter range"
    )]
    TooManyPeriods,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Request {
    /// The range.
    pub async fn range(&self, db: &PgPool) -> Result<Range, RangeError> {
        let row = sqlx::query!(
            r#"WITH edges AS (
                    SELECT coalesce($1, $2::date::timestamp AT TIME ZONE $5) AS lower,
                           coalesce($3, $4::date::timestamp AT TIME ZONE $5,
                               (date_trunc('day', $6::timestamptz AT TIME ZONE $5) + '1 day')
                                   AT TIME ZONE $5) AS upper)
               SELECT date_bin('15 minutes', coalesce(lower,
                          (date_trunc('day', (upper - interval '1 microsecond') AT TIME ZONE $5)
                              - interval '29 days') AT TIME ZONE $5),
                          '2000-01-01T00:00:00Z') AS "lower!",
                      date_bin('15 minutes', upper, '2000-01-01T00:00:00Z') AS "upper!"
                 FROM edges"#,
            self.from.and_then(Edge::time),
            self.from.and_then(Edge::date),
            self.to.and_then(Edge::time),
            self.to.and_then(Edge::date),
            self.tz.as_str(),
            self.now
        )
        .fetch_one(db)
        .await
        .map_err(|error| self.failed(error))?;
        if row.lower >= row.upper {
            return Err(RangeError::Backwards);
        }
        Ok(Range { from: row.lower, to: row.upper })
    }

    /// The range and its periods, each with the day in the time zone that it begins with. The first
    /// and the last are cut off by the ends of the range.
    pub async fn periods(
        &self,
        db: &PgPool,
    ) -> Result<(Range, Vec<(NaiveDate, Range)>), RangeError> {
        let range = self.range(db).await?;
        if (range.to - range.from).num_days() > MAX_PERIODS * self.period.days() {
            return Err(RangeError::TooManyPeriods);
        }
        let rows = sqlx::query!(
            r#"SELECT p::date AS "day!", greatest(p AT TIME ZONE $4, $1) AS "lower!",
                      least((p + ('1 ' || $3)::interval) AT TIME ZONE $4, $2) AS "upper!"
                 FROM generate_series(date_trunc($3, $1::timestamptz AT TIME ZONE $4),
                      ($2::timestamptz - interval '1 microsecond') AT TIME ZONE $4,
                      ('1 ' || $3)::interval) p
                ORDER BY p"#,
            range.from,
            range.to,
            self.period.as_str(),
            self.tz.as_str()
        )
        .fetch_all(db)
        .await
        .map_err(|error| self.failed(error))?;
        let periods = rows.into_iter().filter(|row| row.lower < row.upper);
        let periods = periods.map(|row| (row.day, Range { from: row.lower, to: row.upper }));
        Ok((range, periods.collect()))
    }

    fn failed(&self, error: sqlx::Error) -> RangeError {
        let code = error.as_database_error().and_then(|error| error.code().map(String::from));
        if code.as_deref() == Some("22023") {
            return UnknownTimeZone(self.tz.to_string()).into();
        }
        error.into()
    }
}

/// Sums of one grain whose buckets lie in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub grain: &'static str,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Range {
    /// As long as this one, just before it.
    pub fn before(&self) -> Self {
        Self { from: self.from - (self.to - self.from), to: self.from }
    }

    /// The sums that together are this range: whole days of UTC, and quarters of an hour before and
    /// behind them.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let day = |time: DateTime<Utc>| {
            time - TimeDelta::seconds(time.timestamp().rem_euclid(24 * 60 * 60))
        };
        let (first, last) = (day(self.from), day(self.to));
        let first = if first < self.from { first + TimeDelta::days(1) } else { first };
        let all = if first < last {
            vec![("quarter", self.from, first), ("day", first, last), ("quarter", last, self.to)]
        } else {
            vec![("quarter", self.from, self.to)]
        };
        let pieces = all.into_iter().filter(|(_, from, to)| from < to);
        pieces.map(|(grain, from, to)| Piece { grain, from, to }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> Range {
        Range { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn pieces(from: &str, to: &str) -> Vec<(&'static str, i64)> {
        let pieces = range(from, to).pieces();
        assert_eq!(pieces.first().map(|piece| piece.from), Some(from.parse().unwrap()));
        assert_eq!(pieces.last().map(|piece| piece.to), Some(to.parse().unwrap()));
        for two in pieces.windows(2) {
            assert_eq!(two[0].to, two[1].from);
        }
        pieces.iter().map(|piece| (piece.grain, (piece.to - piece.from).num_minutes())).collect()
    }

    #[test]
    fn a_range_is_whole_days_and_the_quarters_around_them() {
        let days = pieces("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z");
        assert_eq!(days, [("day", 30 * 24 * 60)]);
        let almaty = pieces("2025-12-31T19:00:00Z", "2026-01-02T19:00:00Z");
        assert_eq!(almaty, [("quarter", 300), ("day", 24 * 60), ("quarter", 19 * 60)]);
        let short = pieces("2026-01-01T18:15:00Z", "2026-01-02T18:15:00Z");
        assert_eq!(short, [("quarter", 24 * 60)]);
        let shorter = pieces("2026-01-01T10:15:00Z", "2026-01-01T10:30:00Z");
        assert_eq!(shorter, [("quarter", 15)]);
    }

    #[test]
    fn edges_are_dates_or_times_of_our_days() {
        assert!(matches!("2026-01-31".parse(), Ok(Edge::Date(_))));
        assert!(matches!("2026-01-31T10:00:00+05:00".parse(), Ok(Edge::Time(_))));
        for wrong in ["", "yesterday", "2026-02-30", "1999-12-31", "2200-01-01", "2026-01-31T10"] {
            assert_eq!(wrong.parse::<Edge>(), Err(NoEdge), "{wrong}");
        }
    }

    #[test]
    fn time_zones_have_names_and_are_no_offsets() {
        for name in ["UTC", "Asia/Almaty", "America/Argentina/Buenos_Aires", "Etc/GMT-5"] {
            assert!(name.parse::<TimeZone>().is_ok(), "{name}");
        }
        for wrong in ["", "+05:00", "UTC+5", "XYZ5:07", "Asia/", "Asia/Almaty'", "<A>5", "5"] {
            assert!(wrong.parse::<TimeZone>().is_err(), "{wrong}");
        }
    }
}
