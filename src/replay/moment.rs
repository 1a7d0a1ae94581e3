//! Moments of the log as people write them: a time, or a position token.

use chrono::{DateTime, Datelike, SecondsFormat, SubsecRound, Utc};
use eventlog::AsOf;

/// An RFC 3339 time, or the token of a position; `None` where it is neither.
pub fn parse_as_of(text: &str) -> Option<AsOf> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        // The log knows microseconds.
        let time = time.with_timezone(&Utc).trunc_subsecs(6);
        // Its time zone may have carried it out of what can be written.
        return (0..=9999).contains(&time.year()).then_some(AsOf::Time(time));
    }
    text.parse().ok().map(AsOf::Position)
}

/// The one form of a moment: every way to write it shows the same.
pub fn show_as_of(as_of: AsOf) -> String {
    match as_of {
        AsOf::Time(time) => time.to_rfc3339_opts(SecondsFormat::Micros, true),
        AsOf::Position(position) => position.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_one_form() {
        let shown = |text| parse_as_of(text).map(show_as_of);
        let noon = Some("2026-11-21T12:00:00.000000Z".to_owned());
        for same in ["2026-11-21T12:00:00Z", "2026-11-21T17:00:00.0000009+05:00"] {
            assert_eq!(shown(same), noon);
        }
        assert_eq!(shown("00ff-1a"), Some("ff-1a".to_owned()));
        let beyond = ["9999-12-31T23:00:00-02:00", "0000-01-01T01:00:00+02:00"];
        for neither in ["", "yesterday", "2026-11-21T12:00:00", "12"].into_iter().chain(beyond) {
            assert_eq!(shown(neither), None, "{neither:?}");
        }
    }
}
