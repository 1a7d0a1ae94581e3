//! Albums: what the catalogue does not know of those of its products that are some. Price, stock and
//! rating are joined from there by the queries, so that they are kept once.

mod filter;
mod order;
mod queries;
#[cfg(test)]
mod tests;

pub use filter::Filter;
pub use order::{Cursor, Sort};
pub use queries::{AlbumView, Page, PageRequest, album, list};

use crate::{ApplyError, Envelope, Projection};
use aggregates::product::{self, Album, Format, ReleaseYear, Tracks};
use aggregates::text::{AlbumTitle, ArtistName, Genre, Label};
use aggregates::{ArtistId, Fact, ProductId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Albums;

/// An album as queries return it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: ProductId,
    pub artist_id: ArtistId,
    pub artist_name: ArtistName,
    pub title: AlbumTitle,
    pub release_year: Option<ReleaseYear>,
    pub genre: Option<Genre>,
    pub label: Option<Label>,
    pub format: Format,
    pub tracks: Tracks,
    /// As its product: repeated here, so that counting albums needs no join.
    pub is_active: bool,
    pub archived: bool,
    /// Of the product's stream.
    pub version: i64,
}

impl Row {
    fn of(id: Uuid, album: Album) -> Self {
        Self {
            id: ProductId::new(id),
            artist_id: album.artist_id,
            artist_name: album.artist_name,
            title: album.title,
            release_year: album.release_year,
            genre: album.genre,
            label: album.label,
            format: album.format,
            tracks: album.tracks,
            // A product is described as an album when it is created, and for sale then.
            is_active: true,
            archived: false,
            version: 0,
        }
    }
}

impl Projection for Albums {
    const NAME: &'static str = "albums";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "albums";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["product"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Product(fact) = &event.fact else {
            return Ok(row);
        };
        if let Some(row) = &row {
            event.follows(row.version)?;
        }
        let row = match (row, fact) {
            (Some(Row { is_active, archived, .. }), product::Event::AlbumDescribed { album }) => {
                Some(Row { is_active, archived, ..Row::of(*key, (**album).clone()) })
            }
            (None, product::Event::AlbumDescribed { album }) => {
                Some(Row::of(*key, (**album).clone()))
            }
            (row, product::Event::Activated {}) => row.map(|row| Row { is_active: true, ..row }),
            (row, product::Event::Deactivated {}) => row.map(|row| Row { is_active: false, ..row }),
            (row, product::Event::Archived {}) => row.map(|row| Row { archived: true, ..row }),
            // The catalogue keeps these.
            (
                row,
                product::Event::Created { .. }
                | product::Event::DetailsChanged { .. }
                | product::Event::PriceChanged { .. },
            ) => row,
        };
        Ok(row.map(|row| Row { version: event.sequence, ..row }))
    }
}
