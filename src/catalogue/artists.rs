//! Changing artists. A new name is written to all albums of the artist by the same append, so that
//! nobody ever sees two names of one artist.

use super::{CatalogueError, ChangeContext, Done, overtaken};
use crate::expected::Expected;
use crate::log::{Answer, Execute};
use aggregates::artist::{self, Details, Profile};
use aggregates::product::{self, Album, Editor};
use aggregates::text::{ArtistName, Bio, Country, ImageUrl};
use aggregates::{Artist, ArtistId, Product, ProductId};
use chrono::{DateTime, Utc};
use eventlog::{EventLog, IdempotencyKey, Metadata, UnitError, Work};

/// What to change of an artist; `None` leaves a field as it is, and `Some(None)` clears it.
#[derive(Debug, Clone, Default)]
pub struct ArtistChange {
    pub name: Option<ArtistName>,
    pub bio: Option<Option<Bio>>,
    pub country: Option<Option<Country>>,
    pub image_url: Option<Option<ImageUrl>>,
}

impl ArtistChange {
    fn of(self, now: Profile) -> Profile {
        Profile {
            name: self.name.unwrap_or(now.name),
            bio: self.bio.unwrap_or(now.bio),
            country: self.country.unwrap_or(now.country),
            image_url: self.image_url.unwrap_or(now.image_url),
        }
    }
}

/// An artist after a change.
#[derive(Debug, Clone)]
pub struct ArtistState {
    pub id: ArtistId,
    /// `None` once it is deleted.
    pub details: Option<Details>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

pub async fn create_artist<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ArtistId,
    profile: Profile,
    key: Option<IdempotencyKey>,
    answer: impl Fn(&ArtistState) -> A + Send + 'static,
) -> Done<A> {
    log.unit(metadata)
        .create::<Artist>(id.to_string())
        .idempotency(key)
        .run(move |work| {
            let profile = profile.clone();
            work.execute::<Artist>(id, artist::Command::Create { profile })?;
            Ok(after(work, id, work.now(), &answer))
        })
        .await
}

/// Changes an artist, and with its name all its albums.
pub async fn change_artist<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ArtistId,
    change: ArtistChange,
    context: ChangeContext,
    answer: impl Fn(&ArtistState) -> A + Clone + Send + 'static,
) -> Done<A> {
    let mut looks = 0;
    loop {
        looks += 1;
        let ChangeContext { expected, unchanged_at, key } = context.clone();
        let mut unit = log.unit(metadata.clone()).write::<Artist>(id.to_string());
        for album in renamed_albums(log, id, &change).await.map_err(UnitError::widen)? {
            unit = unit.write::<Product>(album.to_string());
        }
        let (change, answer) = (change.clone(), answer.clone());
        let done = unit
            .idempotency(key)
            .run(move |work| {
                check_version(work, id, &expected)?;
                let before = details(work, id)?.clone();
                let profile = change.clone().of(before.profile.clone());
                let name = profile.name.clone();
                let unchanged = profile == before.profile;
                work.execute::<Artist>(id, artist::Command::Change { profile })?;
                if name != before.profile.name {
                    for album in &before.albums {
                        rename_album(work, *album, &name)?;
                    }
                }
                let at = if unchanged { unchanged_at } else { work.now() };
                Ok(after(work, id, at, &answer))
            })
            .await;
        if !overtaken(&done, looks) {
            return done;
        }
    }
}

/// The albums that a change of the name concerns, as far as is known now.
async fn renamed_albums(
    log: &EventLog,
    id: ArtistId,
    change: &ArtistChange,
) -> Result<Vec<ProductId>, UnitError<std::convert::Infallible>> {
    let Some(name) = &change.name else {
        return Ok(vec![]);
    };
    let (artist, _) = log.peek::<Artist>(&id.to_string()).await?;
    let details = artist.details().filter(|details| details.profile.name != *name);
    Ok(details.map(|details| details.albums.iter().copied().collect()).unwrap_or_default())
}

fn rename_album(
    work: &mut Work<'_>,
    id: ProductId,
    name: &ArtistName,
) -> Result<(), CatalogueError> {
    let stream = id.to_string();
    // Added between the look and the append.
    if !work.involves::<Product>(&stream) {
        return Err(CatalogueError::Changed);
    }
    let now = work.state::<Product>(&stream).album().ok_or(CatalogueError::NoSuchAlbum)?;
    let album = Box::new(Album { artist_name: name.clone(), ..now.clone() });
    // Whoever may rename the artist renames its albums, whosever they are.
    let command = product::Command::DescribeAlbum { by: Editor::Admin, album };
    work.execute::<Product>(id, command)?;
    Ok(())
}

/// Deletes an artist without albums.
pub async fn delete_artist<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ArtistId,
    context: ChangeContext,
    answer: impl Fn(&ArtistState) -> A + Send + 'static,
) -> Done<A> {
    let ChangeContext { expected, key, .. } = context;
    log.unit(metadata)
        .write::<Artist>(id.to_string())
        .idempotency(key)
        .run(move |work| {
            check_version(work, id, &expected)?;
            work.execute::<Artist>(id, artist::Command::Delete)?;
            Ok(after(work, id, work.now(), &answer))
        })
        .await
}

/// The artist as it is now, unless it does not exist or is deleted.
pub(super) fn details<'w>(work: &'w Work<'_>, id: ArtistId) -> Result<&'w Details, CatalogueError> {
    let artist = work.state::<Artist>(&id.to_string());
    artist.details().ok_or_else(|| artist::Error::NotFound.into())
}

fn check_version(work: &Work<'_>, id: ArtistId, expected: &Expected) -> Result<(), CatalogueError> {
    let found = work.version::<Artist>(&id.to_string());
    if expected.allows(found) { Ok(()) } else { Err(CatalogueError::Stale { found }) }
}

fn after<A: Answer>(
    work: &mut Work<'_>,
    id: ArtistId,
    updated_at: DateTime<Utc>,
    answer: &impl Fn(&ArtistState) -> A,
) -> A {
    let stream = id.to_string();
    let answer = answer(&ArtistState {
        id,
        details: work.state::<Artist>(&stream).details().cloned(),
        version: work.version::<Artist>(&stream),
        created_at: work.created_at::<Artist>(&stream).unwrap_or(updated_at),
        updated_at,
    });
    work.respond_with(|| answer.recorded());
    answer
}
