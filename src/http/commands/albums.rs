//! Albums: `/albums`. They are products: their stock and images change as those of any other.

use super::products::{Known, Reviews, editor, resource};
use crate::catalogue::{
    self, AlbumChange, Archive, NewAlbum, NewProduct, ProductChange, ProductState, Recording,
};
use crate::http::docs::{AmountInput, AttributesSchema, ImageUrlsSchema};
use crate::http::extract::{CommandContext, Json, Path, Staff};
use crate::http::patch::{Patch, present};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, finish};
use crate::http::resources::{AlbumResource, FormatSchema, TrackPositionSchema};
use crate::state::AppState;
use aggregates::product::{AlbumError, Format, ReleaseYear, Track, TrackPosition, Tracks};
use aggregates::text::{AlbumTitle, Genre, Label, TrackTitle};
use aggregates::{Money, ProductId};
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The category of an album that names none.
pub(super) const MUSIC: &str = "music";

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(change, delete))
}

/// A track; without a position its number in the list.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewTrack {
    #[schema(value_type = Option<TrackPositionSchema>)]
    position: Option<TrackPosition>,
    #[schema(value_type = String, min_length = 1, max_length = 300, pattern = r"\S", example = "So What")]
    title: TrackTitle,
    /// In seconds.
    #[schema(maximum = 86_400, example = 562)]
    duration_s: Option<u32>,
}

/// The tracks with their positions.
pub(super) fn tracks(new: Vec<NewTrack>) -> Result<Tracks, AlbumError> {
    let numbered = |(number, track): (u16, NewTrack)| Track {
        position: track.position.unwrap_or(TrackPosition::Number(number)),
        title: track.title,
        duration_s: track.duration_s,
    };
    if new.len() > Tracks::MAX {
        return Err(AlbumError::TooManyTracks { count: new.len() });
    }
    let tracks: Vec<_> = (1..).zip(new).map(numbered).collect();
    tracks.try_into()
}

fn checked_tracks(new: Vec<NewTrack>) -> Result<Tracks, Problem> {
    tracks(new).map_err(|error| Problem::invalid_field("/tracks", error.to_string()))
}

/// A new album. Its name as a product follows from its artist and its title.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct CreateAlbum {
    #[garde(skip)]
    artist_id: Uuid,
    #[garde(skip)]
    #[schema(value_type = String, min_length = 1, max_length = 200, pattern = r"\S", example = "Kind of Blue")]
    title: AlbumTitle,
    #[garde(skip)]
    #[schema(value_type = Option<u16>, minimum = 1860, maximum = 2100, example = 1959)]
    release_year: Option<ReleaseYear>,
    #[garde(skip)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = r"\S", example = "Jazz")]
    genre: Option<Genre>,
    #[garde(skip)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"\S", example = "Columbia")]
    label: Option<Label>,
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = FormatSchema)]
    format: Format,
    #[garde(skip)]
    #[serde(default)]
    #[schema(max_items = 300)]
    tracks: Vec<NewTrack>,
    /// A decimal string with at most two digits; a number is accepted too.
    #[garde(skip)]
    #[schema(value_type = AmountInput)]
    price: Money,
    /// Units in stock.
    #[garde(range(max = 1_000_000_000))]
    #[serde(default)]
    #[schema(maximum = 1_000_000_000)]
    quantity: u32,
    #[garde(length(chars, max = 10_000))]
    #[serde(default)]
    #[schema(max_length = 10_000)]
    description: String,
    #[garde(length(chars, min = 1, max = 64))]
    #[serde(default = "music")]
    #[schema(min_length = 1, max_length = 64, pattern = r"\S", example = "music")]
    category: String,
    /// `genre` and `format` are among them anyway.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = AttributesSchema)]
    attributes: BTreeMap<String, String>,
    #[garde(length(max = 20))]
    #[serde(default)]
    #[schema(value_type = ImageUrlsSchema)]
    image_urls: Vec<String>,
}

fn music() -> String {
    MUSIC.to_owned()
}

impl TryFrom<CreateAlbum> for NewAlbum {
    type Error = Problem;

    fn try_from(body: CreateAlbum) -> Result<Self, Problem> {
        Ok(Self {
            artist_id: body.artist_id.into(),
            recording: Recording {
                title: body.title,
                release_year: body.release_year,
                genre: body.genre,
                label: body.label,
                format: body.format,
                tracks: checked_tracks(body.tracks)?,
            },
            product: NewProduct {
                name: String::new(),
                description: body.description,
                price: body.price,
                category: body.category,
                attributes: body.attributes,
                image_urls: body.image_urls,
                quantity: body.quantity,
            },
        })
    }
}

/// What to change of an album; what is absent stays as it is, and `null` clears it.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
pub struct ChangeAlbum {
    /// Moves it to another artist.
    #[garde(skip)]
    artist_id: Option<Uuid>,
    #[garde(skip)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"\S")]
    title: Option<AlbumTitle>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u16>, minimum = 1860, maximum = 2100)]
    release_year: Patch<ReleaseYear>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = r"\S")]
    genre: Patch<Genre>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"\S")]
    label: Patch<Label>,
    #[garde(skip)]
    #[schema(value_type = Option<FormatSchema>)]
    format: Option<Format>,
    /// All of them.
    #[garde(skip)]
    #[schema(max_items = 300)]
    tracks: Option<Vec<NewTrack>>,
    #[garde(skip)]
    #[schema(value_type = Option<AmountInput>)]
    price: Option<Money>,
    /// Units available for sale.
    #[garde(range(max = 1_000_000_000))]
    #[schema(maximum = 1_000_000_000)]
    quantity: Option<u32>,
    #[garde(length(chars, max = 10_000))]
    #[schema(max_length = 10_000)]
    description: Option<String>,
    #[garde(length(chars, min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, pattern = r"\S")]
    category: Option<String>,
    #[garde(skip)]
    #[schema(value_type = Option<AttributesSchema>)]
    attributes: Option<BTreeMap<String, String>>,
    #[garde(length(max = 20))]
    #[schema(value_type = Option<ImageUrlsSchema>)]
    image_urls: Option<Vec<String>>,
    /// Whether it is offered for sale.
    #[garde(skip)]
    is_active: Option<bool>,
}

impl TryFrom<ChangeAlbum> for AlbumChange {
    type Error = Problem;

    fn try_from(body: ChangeAlbum) -> Result<Self, Problem> {
        Ok(Self {
            artist_id: body.artist_id.map(Into::into),
            title: body.title,
            release_year: body.release_year,
            genre: body.genre,
            label: body.label,
            format: body.format,
            tracks: body.tracks.map(checked_tracks).transpose()?,
            product: ProductChange {
                name: None,
                description: body.description,
                price: body.price,
                category: body.category,
                attributes: body.attributes,
                image_urls: body.image_urls,
                more_image_urls: Vec::new(),
                is_active: body.is_active,
                quantity: body.quantity,
            },
        })
    }
}

/// Create an album
#[utoipa::path(post, path = "/albums", tag = "records", security(("bearer" = [])),
    request_body = CreateAlbum,
    responses((status = 201, description = "The album", body = AlbumResource)))]
async fn create(
    State(state): State<AppState>,
    staff: Staff,
    ctx: CommandContext,
    Json(body): Json<CreateAlbum>,
) -> Result<Response, Problem> {
    let id = ProductId::new(state.entropy.new_id());
    let (key, new) = (ctx.idempotency(), NewAlbum::try_from(body)?);
    let answer = |state: &ProductState| {
        let location = format!("/api/v1/albums/{}", state.id);
        Reply::created(location, &shown(state, Reviews::default())).version(state.version)
    };
    let log = &state.log;
    let outcome =
        catalogue::create_album(log, ctx.metadata(), id, staff.id, new, key, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Change an album
#[utoipa::path(put, path = "/albums/{id}", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The album")), request_body = ChangeAlbum,
    responses((status = 200, description = "The album", body = AlbumResource)))]
async fn change(
    State(state): State<AppState>,
    staff: Staff,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
    Json(body): Json<ChangeAlbum>,
) -> Result<Response, Problem> {
    let wanted = AlbumChange::try_from(body)?;
    let Known { reviews, context } = Known::find(&state, id, &ctx).await?;
    let answer =
        move |state: &ProductState| Reply::ok(&shown(state, reviews)).version(state.version);
    let (log, id, by) = (&state.log, id.into(), editor(&staff));
    let outcome =
        catalogue::change_album(log, ctx.metadata(), id, by, wanted, context, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Delete an album
///
/// It leaves the catalogue and its artist; orders keep what they bought.
#[utoipa::path(delete, path = "/albums/{id}", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The album")),
    responses((status = 204, description = "Deleted")))]
async fn delete(
    State(state): State<AppState>,
    staff: Staff,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let Known { context, .. } = Known::find(&state, id, &ctx).await?;
    let answer = |_: &ProductState| Reply::no_content();
    let (log, id, by, what) = (&state.log, id.into(), editor(&staff), Archive::AlbumOnly);
    let outcome = catalogue::archive(log, ctx.metadata(), id, by, what, context, answer).await?;
    finish(&state, &ctx, outcome).await
}

fn shown(state: &ProductState, reviews: Reviews) -> Option<AlbumResource> {
    let album = state.details.as_ref()?.album.as_deref()?;
    Some(AlbumResource::of(resource(state, reviews)?, album.clone()))
}
