//! Albums: products that the artist of the record store has, too. What changes which albums an
//! artist has is one append over both streams, so that an artist with albums is never deleted.

use super::{
    CatalogueError, ChangeContext, Done, NewProduct, ProductChange, ProductState, after,
    apply_change, artists, check_version, overtaken, record_new,
};
use crate::log::{Answer, Execute};
use aggregates::artist;
use aggregates::product::{self, Album, Editor, Format, ReleaseYear, Tracks};
use aggregates::text::{AlbumTitle, ArtistName, Genre, Label};
use aggregates::{Artist, ArtistId, Product, ProductId, StockItem, UserId};
use eventlog::{EventLog, IdempotencyKey, Metadata, UnitError, Work};

/// What is on an album, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    pub title: AlbumTitle,
    pub release_year: Option<ReleaseYear>,
    pub genre: Option<Genre>,
    pub label: Option<Label>,
    pub format: Format,
    pub tracks: Tracks,
}

impl Recording {
    pub fn by(self, artist_id: ArtistId, artist_name: ArtistName) -> Album {
        Album {
            artist_id,
            artist_name,
            title: self.title,
            release_year: self.release_year,
            genre: self.genre,
            label: self.label,
            format: self.format,
            tracks: self.tracks,
        }
    }
}

/// An album about to be created.
#[derive(Debug, Clone)]
pub struct NewAlbum {
    pub artist_id: ArtistId,
    pub recording: Recording,
    /// Its name follows from the artist and the title.
    pub product: NewProduct,
}

/// What to change of an album; `None` leaves a field as it is, and `Some(None)` clears it.
#[derive(Debug, Clone, Default)]
pub struct AlbumChange {
    pub artist_id: Option<ArtistId>,
    pub title: Option<AlbumTitle>,
    pub release_year: Option<Option<ReleaseYear>>,
    pub genre: Option<Option<Genre>>,
    pub label: Option<Option<Label>>,
    pub format: Option<Format>,
    pub tracks: Option<Tracks>,
    pub product: ProductChange,
}

impl AlbumChange {
    fn of(self, now: Album) -> Album {
        Album {
            artist_id: self.artist_id.unwrap_or(now.artist_id),
            artist_name: now.artist_name,
            title: self.title.unwrap_or(now.title),
            release_year: self.release_year.unwrap_or(now.release_year),
            genre: self.genre.unwrap_or(now.genre),
            label: self.label.unwrap_or(now.label),
            format: self.format.unwrap_or(now.format),
            tracks: self.tracks.unwrap_or(now.tracks),
        }
    }
}

/// Creates an album of an artist that exists, and receives its first stock.
pub async fn create_album<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ProductId,
    seller_id: UserId,
    new: NewAlbum,
    key: Option<IdempotencyKey>,
    answer: impl Fn(&ProductState) -> A + Send + 'static,
) -> Done<A> {
    log.unit(metadata)
        .create::<Product>(id.to_string())
        .create::<StockItem>(id.to_string())
        .write::<Artist>(new.artist_id.to_string())
        .idempotency(key)
        .run(move |work| {
            record_album(work, id, seller_id, new.clone())?;
            Ok(after(work, id, work.now(), &answer))
        })
        .await
}

/// The artist's stream decides first: nothing is recorded where it refuses.
pub(super) fn record_album(
    work: &mut Work<'_>,
    id: ProductId,
    seller_id: UserId,
    new: NewAlbum,
) -> Result<(), CatalogueError> {
    let NewAlbum { artist_id, recording, product } = new;
    let artist_name = artists::details(work, artist_id)?.profile.name.clone();
    work.execute::<Artist>(artist_id, artist::Command::AddAlbum { product_id: id })?;
    let album = recording.by(artist_id, artist_name);
    record_new(work, id, seller_id, named_after(&album, product))?;
    let (by, album) = (Editor::Seller(seller_id), Box::new(album));
    work.execute::<Product>(id, product::Command::DescribeAlbum { by, album })?;
    Ok(())
}

/// The product as the album wants it, so that describing it changes nothing more.
pub(super) fn named_after(album: &Album, product: NewProduct) -> NewProduct {
    let attributes = album.with_attributes(product.attributes);
    NewProduct { name: album.product_name(), attributes, ..product }
}

/// Changes an album, also to another artist.
pub async fn change_album<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ProductId,
    by: Editor,
    change: AlbumChange,
    context: ChangeContext,
    answer: impl Fn(&ProductState) -> A + Clone + Send + 'static,
) -> Done<A> {
    let mut looks = 0;
    loop {
        looks += 1;
        let ChangeContext { expected, unchanged_at, key } = context.clone();
        let known = artist_of(log, id).await.map_err(UnitError::widen)?;
        let mut unit = log
            .unit(metadata.clone())
            .write::<Product>(id.to_string())
            .write::<StockItem>(id.to_string());
        let next = change.artist_id.filter(|next| known != Some(*next));
        for artist_id in next.into_iter().chain(known.filter(|_| next.is_some())) {
            unit = unit.write::<Artist>(artist_id.to_string());
        }
        let (change, answer) = (change.clone(), answer.clone());
        let done = unit
            .idempotency(key)
            .run(move |work| {
                check_version(work, id, &expected)?;
                let before = work.version::<Product>(&id.to_string());
                let now = album(work, id)?.clone();
                if Some(now.artist_id) != known {
                    return Err(CatalogueError::Changed);
                }
                let (old, change) = (now.artist_id, change.clone());
                apply_change(work, id, by, change.product.clone())?;
                let mut album = change.of(now);
                if album.artist_id != old {
                    album.artist_name = move_album(work, id, old, album.artist_id)?;
                }
                let album = Box::new(album);
                work.execute::<Product>(id, product::Command::DescribeAlbum { by, album })?;
                let changed = work.version::<Product>(&id.to_string()) > before;
                Ok(after(work, id, if changed { work.now() } else { unchanged_at }, &answer))
            })
            .await;
        if !overtaken(&done, looks) {
            return done;
        }
    }
}

/// The name of the artist that has the album now.
fn move_album(
    work: &mut Work<'_>,
    product_id: ProductId,
    from: ArtistId,
    to: ArtistId,
) -> Result<ArtistName, CatalogueError> {
    let name = artists::details(work, to)?.profile.name.clone();
    work.execute::<Artist>(from, artist::Command::RemoveAlbum { product_id })?;
    work.execute::<Artist>(to, artist::Command::AddAlbum { product_id })?;
    Ok(name)
}

/// What may be archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// An album, or any other product.
    Any,
    /// To others this is "not found".
    AlbumOnly,
}

/// Deletes a product from the catalogue, and an album from its artist; orders keep what they bought.
pub async fn archive<A: Answer>(
    log: &EventLog,
    metadata: Metadata,
    id: ProductId,
    by: Editor,
    what: Archive,
    context: ChangeContext,
    answer: impl Fn(&ProductState) -> A + Clone + Send + 'static,
) -> Done<A> {
    let mut looks = 0;
    loop {
        looks += 1;
        let ChangeContext { expected, key, .. } = context.clone();
        let known = artist_of(log, id).await.map_err(UnitError::widen)?;
        let mut unit = log
            .unit(metadata.clone())
            .write::<Product>(id.to_string())
            .peek::<StockItem>(id.to_string());
        if let Some(artist_id) = known {
            unit = unit.write::<Artist>(artist_id.to_string());
        }
        let answer = answer.clone();
        let done = unit
            .idempotency(key)
            .run(move |work| {
                check_version(work, id, &expected)?;
                if what == Archive::AlbumOnly {
                    album(work, id)?;
                }
                let product = work.state::<Product>(&id.to_string());
                let artist_id = product.album().map(|album| album.artist_id);
                work.execute::<Product>(id, product::Command::Archive { by })?;
                if artist_id != known {
                    return Err(CatalogueError::Changed);
                }
                if let Some(artist_id) = artist_id {
                    let command = artist::Command::RemoveAlbum { product_id: id };
                    work.execute::<Artist>(artist_id, command)?;
                }
                Ok(after(work, id, work.now(), &answer))
            })
            .await;
        if !overtaken(&done, looks) {
            return done;
        }
    }
}

/// The artist that has the album, as far as is known now.
async fn artist_of(
    log: &EventLog,
    id: ProductId,
) -> Result<Option<ArtistId>, UnitError<std::convert::Infallible>> {
    let (product, _) = log.peek::<Product>(&id.to_string()).await?;
    Ok(product.album().map(|album| album.artist_id))
}

fn album<'w>(work: &'w Work<'_>, id: ProductId) -> Result<&'w Album, CatalogueError> {
    work.state::<Product>(&id.to_string()).album().ok_or(CatalogueError::NoSuchAlbum)
}
