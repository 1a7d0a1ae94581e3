//! What makes a product an album: its artist, and what is on it. Valid by construction, so that
//! the rules of the product need not look into it again.

use super::rules;
use crate::ArtistId;
use crate::text::{AlbumTitle, ArtistName, Genre, Label, PlaceCode, TextError, TrackTitle};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// An album as its product carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Album {
    pub artist_id: ArtistId,
    /// As the artist is called now: a new name is written to all albums.
    pub artist_name: ArtistName,
    pub title: AlbumTitle,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_year: Option<ReleaseYear>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre: Option<Genre>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    pub format: Format,
    pub tracks: Tracks,
}

impl Album {
    /// What the product is called. Cut where the two names together are too long for a product's.
    pub fn product_name(&self) -> String {
        let name = format!("{} — {}", self.artist_name, self.title);
        if name.chars().count() <= rules::NAME_MAX {
            return name;
        }
        let cut: String = name.chars().take(rules::NAME_MAX - 1).collect();
        format!("{}…", cut.trim_end())
    }

    /// The attributes of the product, with those that follow from the album.
    pub fn with_attributes(
        &self,
        mut attributes: BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        match &self.genre {
            Some(genre) => attributes.insert("genre".to_owned(), genre.to_string()),
            None => attributes.remove("genre"),
        };
        attributes.insert("format".to_owned(), self.format.to_string());
        attributes
    }
}

/// What the album is sold as.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Format {
    #[default]
    #[serde(rename = "vinyl_lp")]
    VinylLp,
    #[serde(rename = "vinyl_7")]
    Vinyl7,
    #[serde(rename = "cd")]
    Cd,
    #[serde(rename = "cassette")]
    Cassette,
    #[serde(rename = "digital")]
    Digital,
}

impl Format {
    pub const ALL: [Self; 5] =
        [Self::VinylLp, Self::Vinyl7, Self::Cd, Self::Cassette, Self::Digital];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VinylLp => "vinyl_lp",
            Self::Vinyl7 => "vinyl_7",
            Self::Cd => "cd",
            Self::Cassette => "cassette",
            Self::Digital => "digital",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No album with this description can be sold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlbumError {
    #[error(
        "a release year is {first} to {last}, not {year}",
        first = ReleaseYear::FIRST, last = ReleaseYear::LAST
    )]
    YearOutOfRange { year: u16 },
    #[error("an album has at most {max} tracks, not {count}", max = Tracks::MAX)]
    TooManyTracks { count: usize },
    #[error("two tracks are at the position {position}")]
    PositionTaken { position: TrackPosition },
    #[error("a track lasts at most {max} seconds, not {duration_s}", max = Tracks::LONGEST_S)]
    TrackTooLong { duration_s: u32 },
}

/// From the first sound that was recorded on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct ReleaseYear(u16);

impl ReleaseYear {
    pub const FIRST: u16 = 1860;
    pub const LAST: u16 = 2100;

    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for ReleaseYear {
    type Error = AlbumError;

    fn try_from(year: u16) -> Result<Self, AlbumError> {
        if (Self::FIRST..=Self::LAST).contains(&year) {
            Ok(Self(year))
        } else {
            Err(AlbumError::YearOutOfRange { year })
        }
    }
}

impl From<ReleaseYear> for u16 {
    fn from(year: ReleaseYear) -> Self {
        year.0
    }
}

/// Where a track is: a number, or a side and a number such as `A1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TrackPosition {
    Number(u16),
    Code(PlaceCode),
}

impl FromStr for TrackPosition {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        match text.trim().parse() {
            Ok(number) => Ok(Self::Number(number)),
            Err(_) => text.parse().map(Self::Code),
        }
    }
}

impl fmt::Display for TrackPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Code(code) => code.fmt(f),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    pub position: TrackPosition,
    pub title: TrackTitle,
    /// In seconds, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<u32>,
}

/// The tracks of an album in their order, each at a position of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Track>", into = "Vec<Track>")]
pub struct Tracks(Vec<Track>);

impl Tracks {
    pub const MAX: usize = 300;
    /// A day.
    pub const LONGEST_S: u32 = 86_400;

    pub fn as_slice(&self) -> &[Track] {
        &self.0
    }
}

impl TryFrom<Vec<Track>> for Tracks {
    type Error = AlbumError;

    fn try_from(tracks: Vec<Track>) -> Result<Self, AlbumError> {
        if tracks.len() > Self::MAX {
            return Err(AlbumError::TooManyTracks { count: tracks.len() });
        }
        let mut taken = BTreeSet::new();
        for track in &tracks {
            if !taken.insert(&track.position) {
                return Err(AlbumError::PositionTaken { position: track.position.clone() });
            }
            if let Some(duration_s) = track.duration_s.filter(|long| *long > Self::LONGEST_S) {
                return Err(AlbumError::TrackTooLong { duration_s });
            }
        }
        Ok(Self(tracks))
    }
}

impl From<Tracks> for Vec<Track> {
    fn from(tracks: Tracks) -> Self {
        tracks.0
    }
}
