//! An artist of the record store.

use crate::catalogue::ArtistState;
use aggregates::artist::Profile;
use aggregates::text::{Bio, Country, ImageUrl};
use chrono::{DateTime, Utc};
use projections::artists;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An artist.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Artist)]
pub struct ArtistResource {
    pub id: Uuid,
    #[schema(example = "Miles Davis")]
    pub name: String,
    pub bio: Option<String>,
    #[schema(example = "US")]
    pub country: Option<String>,
    pub image_url: Option<String>,
    /// How many there are in the catalogue, those that are not offered for sale included.
    pub albums_count: i64,
    /// For `If-Match`. Albums that come and go count, too.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl ArtistResource {
    /// After a command; `None` where the artist is deleted.
    pub fn of(state: &ArtistState) -> Option<Self> {
        let details = state.details.as_ref()?;
        let Profile { name, bio, country, image_url } = details.profile.clone();
        Some(Self {
            id: state.id.uuid(),
            name: name.into(),
            bio: bio.map(Bio::into),
            country: country.map(Country::into),
            image_url: image_url.map(ImageUrl::into),
            albums_count: i64::try_from(details.albums.len()).unwrap_or(i64::MAX),
            version: state.version,
            created_at: state.created_at,
            updated_at: state.updated_at,
        })
    }
}

impl From<artists::Row> for ArtistResource {
    fn from(row: artists::Row) -> Self {
        Self {
            id: row.id.uuid(),
            name: row.name.into(),
            bio: row.bio.map(Bio::into),
            country: row.country.map(Country::into),
            image_url: row.image_url.map(ImageUrl::into),
            albums_count: row.albums,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
