//! Rows of an import that are albums. Their ids, and those of artists that are new, follow from what
//! they say: two rows and two imports meet the same artist and the same album, without any key.

use super::super::albums::{NewAlbum, Recording, named_after, record_album};
use super::{CatalogueError, NewProduct};
use crate::log::Execute;
use aggregates::artist::{self, Profile};
use aggregates::text::ArtistName;
use aggregates::{Artist, ArtistId, Product, ProductId, StockItem, UserId};
use eventlog::{UnitBuilder, Work};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// Name spaces of the ids.
const ARTISTS: Uuid = Uuid::from_u128(0x7d1b_52f3_0c94_5a3e_b6d8_42e1_97c5_0fa6);
const ALBUMS: Uuid = Uuid::from_u128(0x91e4_6a08_d7b2_5c47_a3f9_58b0_21dc_e763);

/// An album as a list of releases describes it: the artist is known by name only.
#[derive(Debug, Clone)]
pub struct Release {
    pub artist: ArtistName,
    pub recording: Recording,
    /// Its name follows from the artist and the title.
    pub product: NewProduct,
}

impl Release {
    /// The product that it will be.
    pub(crate) fn product(&self) -> NewProduct {
        let album = self.recording.clone().by(ArtistId::default(), self.artist.clone());
        named_after(&album, self.product.clone())
    }
}

/// A release with the ids of its artist and its album.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub place: usize,
    pub id: ProductId,
    artist: ArtistName,
    album: NewAlbum,
    /// What makes the id, and how many albums of this name were deleted before.
    name: String,
    deleted: u32,
}

/// What an append found of a release.
pub(super) enum Finding {
    Created,
    Exists,
    Refused(String),
    /// It was deleted: another id is needed.
    Archived,
}

/// Looks the artists up by their names; one that nobody has listed gets an id of its name.
pub(super) async fn with_artists(
    pool: &PgPool,
    seller_id: UserId,
    releases: Vec<(usize, Release)>,
) -> Result<Vec<Known>, sqlx::Error> {
    let mut names: Vec<_> =
        releases.iter().map(|(_, one)| normalised(one.artist.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    let listed = if names.is_empty() {
        HashMap::new()
    } else {
        projections::artists::named(pool, &names).await?
    };
    let known = |(place, release): (usize, Release)| {
        let name = normalised(release.artist.as_str());
        let derived = || ArtistId::new(Uuid::new_v5(&ARTISTS, name.as_bytes()));
        let artist_id = listed.get(&name).copied().unwrap_or_else(derived);
        Known::new(place, seller_id, artist_id, release)
    };
    Ok(releases.into_iter().map(known).collect())
}

/// In lower case, with single spaces.
fn normalised(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

impl Known {
    fn new(place: usize, seller_id: UserId, artist_id: ArtistId, release: Release) -> Self {
        let Release { artist, recording, product } = release;
        // What tells one record on a shelf from another; not what may be corrected later.
        let label = recording.label.as_ref().map(|label| normalised(label.as_str()));
        let name = format!(
            "{seller_id} {artist_id} {:?} {label:?} {} {:?} {:?}",
            normalised(recording.title.as_str()),
            recording.format,
            recording.release_year.map(aggregates::product::ReleaseYear::get),
            product.attributes,
        );
        let album = NewAlbum { artist_id, recording, product };
        let id = ProductId::default();
        let mut known = Self { place, id, artist, album, name, deleted: 0 };
        known.derive_id();
        known
    }

    fn derive_id(&mut self) {
        let name = format!("{} {}", self.name, self.deleted);
        self.id = ProductId::new(Uuid::new_v5(&ALBUMS, name.as_bytes()));
    }

    pub fn take_next_id(&mut self) {
        self.deleted += 1;
        self.derive_id();
    }

    pub fn involve<'l>(&self, unit: UnitBuilder<'l>) -> UnitBuilder<'l> {
        unit.write::<Product>(self.id.to_string())
            .write::<StockItem>(self.id.to_string())
            .write::<Artist>(self.album.artist_id.to_string())
    }

    pub fn is_archived(&self, work: &Work<'_>) -> bool {
        matches!(work.state::<Product>(&self.id.to_string()), Product::Archived)
    }

    /// Where nothing is stored for now: `Exists` only means that this id can stay.
    pub fn archived_or_not(&self, work: &Work<'_>) -> Finding {
        if self.is_archived(work) { Finding::Archived } else { Finding::Exists }
    }

    /// Records the album, and its artist where that is new. In an atomic import a refusal is one of
    /// the whole.
    pub fn record(
        &self,
        work: &mut Work<'_>,
        seller_id: UserId,
        atomic: bool,
    ) -> Result<Finding, CatalogueError> {
        if work.state::<Product>(&self.id.to_string()).details().is_some() {
            return Ok(Finding::Exists);
        }
        let artist_id = self.album.artist_id;
        if work.state::<Artist>(&artist_id.to_string()).details().is_none() {
            let name = self.artist.clone();
            let profile = Profile { name, bio: None, country: None, image_url: None };
            let command = artist::Command::Create { profile, created_by: seller_id };
            work.execute::<Artist>(artist_id, command)?;
        }
        match record_album(work, self.id, seller_id, self.album.clone()) {
            Ok(()) => Ok(Finding::Created),
            // Its artist decides before anything else is recorded.
            Err(CatalogueError::Artist(refusal)) if !atomic => {
                Ok(Finding::Refused(refusal.to_string()))
            }
            Err(error) => Err(error),
        }
    }
}
