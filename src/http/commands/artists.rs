//! Artists: `/artists`. A seller changes those whose albums are all theirs, an administrator any.

use super::products::editor;
use crate::catalogue::{self, ArtistChange, ArtistState, ChangeContext};
use crate::http::extract::{CommandContext, Json, Path, Staff};
use crate::http::patch::{Patch, present};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, finish};
use crate::http::resources::ArtistResource;
use crate::state::AppState;
use aggregates::ArtistId;
use aggregates::artist::Profile;
use aggregates::text::{ArtistName, Bio, Country, ImageUrl};
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(change, delete))
}

/// A new artist.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct CreateArtist {
    #[garde(skip)]
    #[schema(value_type = String, min_length = 1, max_length = 200, pattern = r"\S", example = "Miles Davis")]
    name: ArtistName,
    #[garde(skip)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 10_000, pattern = r"\S")]
    bio: Option<Bio>,
    /// In any form.
    #[garde(skip)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = r"\S", example = "US")]
    country: Option<Country>,
    #[garde(skip)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000, pattern = r"\S")]
    image_url: Option<ImageUrl>,
}

/// What to change of an artist; what is absent stays as it is, and `null` clears it.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
pub struct ChangeArtist {
    #[garde(skip)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"\S")]
    name: Option<ArtistName>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 10_000, pattern = r"\S")]
    bio: Patch<Bio>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = r"\S")]
    country: Patch<Country>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000, pattern = r"\S")]
    image_url: Patch<ImageUrl>,
}

/// Create an artist
#[utoipa::path(post, path = "/artists", tag = "records", security(("bearer" = [])),
    request_body = CreateArtist,
    responses((status = 201, description = "The artist", body = ArtistResource)))]
async fn create(
    State(state): State<AppState>,
    staff: Staff,
    ctx: CommandContext,
    Json(body): Json<CreateArtist>,
) -> Result<Response, Problem> {
    let id = ArtistId::new(state.entropy.new_id());
    let CreateArtist { name, bio, country, image_url } = body;
    let profile = Profile { name, bio, country, image_url };
    let answer = |state: &ArtistState| {
        let location = format!("/api/v1/artists/{}", state.id);
        Reply::created(location, &ArtistResource::of(state)).version(state.version)
    };
    let (log, metadata, key) = (&state.log, ctx.metadata(), ctx.idempotency());
    let outcome =
        catalogue::create_artist(log, metadata, id, staff.id, profile, key, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Change an artist
///
/// A new name is that of all its albums, too. A seller changes only an artist all of whose albums are
/// theirs, and one without albums that they created.
#[utoipa::path(put, path = "/artists/{id}", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The artist")), request_body = ChangeArtist,
    responses((status = 200, description = "The artist", body = ArtistResource)))]
async fn change(
    State(state): State<AppState>,
    staff: Staff,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
    Json(body): Json<ChangeArtist>,
) -> Result<Response, Problem> {
    let ChangeArtist { name, bio, country, image_url } = body;
    let wanted = ArtistChange { name, bio, country, image_url };
    let context = context(&state, id, &ctx).await?;
    let answer = |state: &ArtistState| Reply::ok(&ArtistResource::of(state)).version(state.version);
    let (log, metadata, id, by) = (&state.log, ctx.metadata(), id.into(), editor(&staff));
    let outcome = catalogue::change_artist(log, metadata, id, by, wanted, context, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Delete an artist
///
/// Only one without albums, by whoever created it or an administrator.
#[utoipa::path(delete, path = "/artists/{id}", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The artist")),
    responses((status = 204, description = "Deleted")))]
async fn delete(
    State(state): State<AppState>,
    staff: Staff,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let context = context(&state, id, &ctx).await?;
    let answer = |_: &ArtistState| Reply::no_content();
    let (log, metadata, id, by) = (&state.log, ctx.metadata(), id.into(), editor(&staff));
    let outcome = catalogue::delete_artist(log, metadata, id, by, context, answer).await?;
    finish(&state, &ctx, outcome).await
}

async fn context(
    state: &AppState,
    id: Uuid,
    ctx: &CommandContext,
) -> Result<ChangeContext, Problem> {
    let row = projections::artists::artist(&state.pool, id.into()).await?;
    let unchanged_at = row.map_or_else(|| state.clock.now(), |row| row.updated_at);
    Ok(ChangeContext { expected: ctx.expected(), unchanged_at, key: ctx.idempotency() })
}
