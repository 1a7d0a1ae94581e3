//! Tokens of positions, and moments, which are such tokens or times.

use super::must;
use crate::replay::{parse_as_of, show_as_of};
use chrono::{DateTime, Datelike, Utc};
use eventlog::{AsOf, Position};

/// What is read as a position or a moment is one that can be asked for, and has one form.
pub fn position_tokens(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Ok(position) = text.parse::<Position>() {
        assert!(position >= Position::START, "{position:?}");
        assert!(position.global_position >= 0, "{position:?}");
        let token = position.to_string();
        assert_eq!(must(token.parse::<Position>(), "a token of the server is read"), position);
        // Only capitals and leading zeros may differ.
        let short = |text: &str| {
            let parts = text.split('-').map(|part| part.trim_start_matches('0'));
            parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
        };
        assert_eq!(short(text), short(&token));
    }
    if let Some(moment) = parse_as_of(text) {
        let shown = show_as_of(moment);
        assert_eq!(parse_as_of(&shown), Some(moment), "{shown}");
        match moment {
            AsOf::Position(position) => assert_eq!(Ok(position), text.parse()),
            AsOf::Time(time) => assert!(can_be_stored(time), "{time}"),
        }
    }
}

/// PostgreSQL has no times before 4713 BC, and we no years of more digits than four.
fn can_be_stored(time: DateTime<Utc>) -> bool {
    (0..=9999).contains(&time.year())
}
