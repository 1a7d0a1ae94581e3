//! An album: its product, and what makes it an album.

use super::ProductResource;
use aggregates::product::{Album, Format, ReleaseYear, Track, Tracks};
use aggregates::text::{Genre, Label, PlaceCode};
use projections::albums::{AlbumView, Row};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// An album, which is a product.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Album)]
pub struct AlbumResource {
    #[serde(flatten)]
    pub product: ProductResource,
    pub artist_id: Uuid,
    #[schema(example = "Miles Davis")]
    pub artist_name: String,
    #[schema(example = "Kind of Blue")]
    pub title: String,
    #[schema(example = 1959)]
    pub release_year: Option<u16>,
    #[schema(example = "Jazz")]
    pub genre: Option<String>,
    #[schema(example = "Columbia")]
    pub label: Option<String>,
    #[schema(value_type = FormatSchema)]
    pub format: Format,
    pub tracks: Vec<TrackResource>,
}

/// A track of an album.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Track)]
pub struct TrackResource {
    #[schema(value_type = TrackPositionSchema)]
    position: aggregates::product::TrackPosition,
    #[schema(example = "So What")]
    title: String,
    /// In seconds, where it is known.
    #[schema(example = 562)]
    duration_s: Option<u32>,
}

/// How the document describes a format: by all that there are.
#[derive(Debug)]
pub struct FormatSchema;

impl PartialSchema for FormatSchema {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Format::ALL.map(Format::as_str)))
            .into()
    }
}

impl ToSchema for FormatSchema {
    fn name() -> Cow<'static, str> {
        "AlbumFormat".into()
    }
}

/// How the document describes a position: a number, or a side and a number such as `A1`.
#[derive(Debug)]
pub struct TrackPositionSchema;

impl PartialSchema for TrackPositionSchema {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(u16::MAX))
            .build();
        let code = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .pattern(Some(r"\S"))
            .max_length(Some(PlaceCode::MAX))
            .build();
        OneOfBuilder::new().item(number).item(code).into()
    }
}

impl ToSchema for TrackPositionSchema {
    fn name() -> Cow<'static, str> {
        "TrackPosition".into()
    }
}

impl AlbumResource {
    pub fn of(product: ProductResource, album: Album) -> Self {
        Self {
            product,
            artist_id: album.artist_id.uuid(),
            artist_name: album.artist_name.into(),
            title: album.title.into(),
            release_year: album.release_year.map(ReleaseYear::get),
            genre: album.genre.map(Genre::into),
            label: album.label.map(Label::into),
            format: album.format,
            tracks: shown(album.tracks),
        }
    }
}

impl From<AlbumView> for AlbumResource {
    fn from(view: AlbumView) -> Self {
        let Row {
            artist_id, artist_name, title, release_year, genre, label, format, tracks, ..
        } = view.album;
        let album =
            Album { artist_id, artist_name, title, release_year, genre, label, format, tracks };
        Self::of(view.product.into(), album)
    }
}

fn shown(tracks: Tracks) -> Vec<TrackResource> {
    let shown = |Track { position, title, duration_s }| TrackResource {
        position,
        title: String::from(title),
        duration_s,
    };
    Vec::from(tracks).into_iter().map(shown).collect()
}
