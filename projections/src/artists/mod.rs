//! Artists, to be listed and found by name. One that was deleted stays as a hidden row: an import may
//! list it again, and its stream goes on.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Filter, Page, PageRequest, Sort, artist, list, named};

use crate::{ApplyError, Envelope, Projection};
use aggregates::artist::{self, Profile};
use aggregates::text::{ArtistName, Bio, Country, ImageUrl};
use aggregates::{ArtistId, Fact};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Artists;

/// An artist as queries return it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: ArtistId,
    pub name: ArtistName,
    pub bio: Option<Bio>,
    pub country: Option<Country>,
    pub image_url: Option<ImageUrl>,
    /// Those that are not archived.
    pub albums: i64,
    pub deleted: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    /// When the artist itself was last changed; albums come and go without.
    pub updated_at: DateTime<Utc>,
}

impl Row {
    fn tell(&mut self, profile: &Profile, at: DateTime<Utc>) {
        let Profile { name, bio, country, image_url } = profile.clone();
        (self.name, self.bio, self.country, self.image_url) = (name, bio, country, image_url);
        self.updated_at = at;
    }

    fn count(&mut self, more: i64) -> Result<(), ApplyError> {
        let albums = self.albums.checked_add(more).filter(|albums| *albums >= 0);
        self.albums = albums.ok_or(ApplyError::Overflow)?;
        Ok(())
    }
}

impl Projection for Artists {
    const NAME: &'static str = "artists";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "artists";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["artist"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Artist(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let at = event.recorded_at;
        let mut row = match (row, fact) {
            (Some(row), _) => row,
            (None, artist::Event::Created { profile, .. }) => Row {
                id: ArtistId::new(*key),
                name: profile.name.clone(),
                bio: None,
                country: None,
                image_url: None,
                albums: 0,
                deleted: false,
                version: 0,
                created_at: at,
                updated_at: at,
            },
            (None, _) => return Err(ApplyError::NotCreated("the artist")),
        };
        match fact {
            artist::Event::Created { profile, .. } => {
                row.tell(profile, at);
                (row.albums, row.deleted) = (0, false);
            }
            artist::Event::Changed { profile } => row.tell(profile, at),
            artist::Event::AlbumAdded { .. } => row.count(1)?,
            artist::Event::AlbumRemoved { .. } => row.count(-1)?,
            artist::Event::Deleted {} => row.deleted = true,
        }
        row.version = event.sequence;
        Ok(Some(row))
    }
}
