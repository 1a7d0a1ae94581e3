//! Short texts that people typed, each a type of its own: an artist's name cannot be passed where a
//! title is meant. Lengths are in characters, not bytes; the space around a text does not count.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that is empty or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this has 1 to {max} characters, not {length}")]
pub struct TextError {
    pub max: usize,
    pub length: usize,
}

/// The text without the space around it, where 1 to `max` characters are left.
fn checked(text: &str, max: usize) -> Result<&str, TextError> {
    let text = text.trim();
    let length = text.chars().count();
    if (1..=max).contains(&length) { Ok(text) } else { Err(TextError { max, length }) }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $max:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The most characters that it has.
            pub const MAX: usize = $max;

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                checked(text, $max).map(|text| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

texts!(
    /// The name of an artist or a band.
    ArtistName: 200,
    /// What there is to say about an artist.
    Bio: 10_000,
    /// Where an artist comes from, in any form.
    Country: 64,
    ImageUrl: 2000,
    AlbumTitle: 200,
    Genre: 64,
    /// Who released an album.
    Label: 200,
    TrackTitle: 300,
    /// Where on a record a track is, such as `A1`.
    PlaceCode: 16,
    /// Where a webhook is told of what happens.
    WebhookUrl: 2000,
    /// What a webhook is for.
    WebhookNote: 200,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_length_in_characters_without_the_space_around_it() {
        let longest = "ё".repeat(64);
        assert_eq!(format!("  {longest}\n").parse::<Genre>().unwrap().as_str(), longest);
        let (max, length) = (64, 65);
        assert_eq!("ё".repeat(65).parse::<Genre>(), Err(TextError { max, length }));
        assert_eq!(" \t".parse::<Genre>(), Err(TextError { max, length: 0 }));
    }

    #[test]
    fn json_holds_a_plain_text_and_is_checked_on_the_way_in() {
        let jazz: Genre = serde_json::from_str("\" Jazz\"").unwrap();
        assert_eq!(serde_json::to_string(&jazz).unwrap(), "\"Jazz\"");
        assert!(serde_json::from_str::<Genre>("\"\"").is_err());
        assert!(serde_json::from_str::<Genre>("1").is_err());
    }
}
