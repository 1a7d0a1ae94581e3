//! Changing artists. A new name is written to all albums of the artist by the same append, so that
//! nobody ever sees two names of one artist.

use super::{CatalogueError, ChangeContext, Done, overtaken};
use crate::expected::Expected;
use crate::log::{Answer, Execute};
use aggregates::artist::{self, Details, Profile};
use aggregates::product::{self, Album, Editor};
use aggregates::text::{ArtistName, Bio, Country, ImageUrl};
use aggregates::{Artist, ArtistId, Product, ProductId, UserId};
use chrono::{DateTime, Utc};
use eventlog::{EventLog, IdempotencyKey, Metadata, UnitBuilder, UnitError, Work};
use std::collections::BTreeSet;

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
    created_by: UserId,
    profile: Profile,
    key: Option<IdempotencyKey>,
    answer: impl Fn(&ArtistState) -> A + Send + 'static,
) -> Done<A> {
    log.unit(metadata)
        .create::<Artist>(id.to_string())
        .idempotency(key)
        .run(move |work| {
            let profile = profile.clone();
            work.execute::<Artist>(id, artist::Command::Create { profile, created_by })?;
            Ok(after(work, id, work.now(), &answer))
        })
        .await
}

/// Changes an artist, and with its name all its albums.
pub async fn change_artist<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ArtistId,
    by: Editor,
    change: ArtistChange,
    context: ChangeContext,
    answer: impl Fn(&ArtistState) -> A + Clone + Send + 'static,
) -> Done<A> {
    let mut looks = 0;
    loop {
        looks += 1;
        let ChangeContext { expected, unchanged_at, key } = context.clone();
        let (artist, _) = log.peek::<Artist>(&id.to_string()).await.map_err(UnitError::widen)?;
        let unit = log.unit(metadata.clone()).write::<Artist>(id.to_string());
        let unit = with_albums(unit, &artist, by, change.name.as_ref());
        let (change, answer) = (change.clone(), answer.clone());
        let done = unit
            .idempotency(key)
            .run(move |work| {
                check_version(work, id, &expected)?;
                let before = details(work, id)?.clone();
                let profile = change.clone().of(before.profile.clone());
                let name = profile.name.clone();
                let unchanged = profile == before.profile;
                let sellers = sellers(work, &before, by)?;
                let command = artist::Command::Change { by, sellers, profile };
                work.execute::<Artist>(id, command)?;
                if name != before.profile.name {
                    for album in &before.albums {
                        rename_album(work, *album, by, &name)?;
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

/// Names the albums that a command concerns, as far as is known now: all of them where the name
/// changes; where a seller asks, all are looked at for whose they are, which never changes.
fn with_albums<'l>(
    mut unit: UnitBuilder<'l>,
    artist: &Artist,
    by: Editor,
    name: Option<&ArtistName>,
) -> UnitBuilder<'l> {
    let Some(details) = artist.details() else { return unit };
    let renamed = name.is_some_and(|name| *name != details.profile.name);
    for album in details.albums.iter().map(ToString::to_string) {
        unit = match by {
            // Also one that has the name now may have another until the append.
            Editor::Seller(_) if name.is_some() => unit.write::<Product>(album),
            Editor::Seller(_) => unit.peek::<Product>(album),
            Editor::Admin if renamed => unit.write::<Product>(album),
            Editor::Admin => unit,
        };
    }
    unit
}

/// Whose albums the artist has, for the artist to decide whether a seller may change it.
/// An administrator always may: nothing is looked up then.
fn sellers(
    work: &Work<'_>,
    artist: &Details,
    by: Editor,
) -> Result<BTreeSet<UserId>, CatalogueError> {
    if by == Editor::Admin {
        return Ok(BTreeSet::new());
    }
    let seller = |album: &ProductId| {
        let product = named(work, *album)?.details().ok_or(CatalogueError::NoSuchAlbum)?;
        Ok(product.seller_id)
    };
    artist.albums.iter().map(seller).collect()
}

/// The product of an album, unless it was added between the look and the append.
fn named<'w>(work: &'w Work<'_>, album: ProductId) -> Result<&'w Product, CatalogueError> {
    let stream = album.to_string();
    if work.involves::<Product>(&stream) {
        Ok(work.state(&stream))
    } else {
        Err(CatalogueError::Changed)
    }
}

fn rename_album(
    work: &mut Work<'_>,
    id: ProductId,
    by: Editor,
    name: &ArtistName,
) -> Result<(), CatalogueError> {
    let now = named(work, id)?.album().ok_or(CatalogueError::NoSuchAlbum)?;
    let album = Box::new(Album { artist_name: name.clone(), ..now.clone() });
    work.execute::<Product>(id, product::Command::DescribeAlbum { by, album })?;
    Ok(())
}

/// Deletes an artist without albums.
pub async fn delete_artist<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ArtistId,
    by: Editor,
    context: ChangeContext,
    answer: impl Fn(&ArtistState) -> A + Clone + Send + 'static,
) -> Done<A> {
    let mut looks = 0;
    loop {
        looks += 1;
        let ChangeContext { expected, key, .. } = context.clone();
        let (artist, _) = log.peek::<Artist>(&id.to_string()).await.map_err(UnitError::widen)?;
        let unit = log.unit(metadata.clone()).write::<Artist>(id.to_string());
        let answer = answer.clone();
        let done = with_albums(unit, &artist, by, None)
            .idempotency(key)
            .run(move |work| {
                check_version(work, id, &expected)?;
                let sellers = sellers(work, details(work, id)?, by)?;
                work.execute::<Artist>(id, artist::Command::Delete { by, sellers })?;
                Ok(after(work, id, work.now(), &answer))
            })
            .await;
        if !overtaken(&done, looks) {
            return done;
        }
    }
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
