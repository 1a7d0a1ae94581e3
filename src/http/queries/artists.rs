//! Artists: `/artists`. Public.

use super::products::cacheable;
use crate::http::docs::ArtistSort;
use crate::http::extract::{Path, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::versioned;
use crate::http::resources::ArtistResource;
use crate::state::AppState;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use garde::Validate;
use projections::artists::{self, Filter, PageRequest, Sort};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Which artists are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct ArtistsQuery {
    /// Words of the name or of what is told; typing errors in names are forgiven.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200)]
    q: Option<String>,
    #[garde(length(chars, max = 64))]
    #[param(max_length = 64)]
    country: Option<String>,
    /// name, -name, newest or relevance.
    #[garde(skip)]
    #[param(value_type = Option<ArtistSort>)]
    sort: Option<Sort>,
}

/// Search artists
#[utoipa::path(get, path = "/artists", tag = "records",
    params(ArtistsQuery, PageQuery),
    responses((status = 200, description = "A page of artists", body = List<ArtistResource>)))]
async fn list(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<ArtistsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Response, Problem> {
    let filter = Filter { q: query.q, country: query.country };
    let request = PageRequest {
        sort: query.sort.unwrap_or_default(),
        limit: page.limit(),
        after: page.after()?,
        offset: page.offset(),
    };
    let found = artists::list(&state.read_pool, &filter, &request).await?;
    let items = found.items.into_iter().map(ArtistResource::from).collect();
    cacheable(&headers, &List::new(items, found.next.as_ref()).total(found.total))
}

/// Get an artist
#[utoipa::path(get, path = "/artists/{id}", tag = "records",
    params(("id" = Uuid, Path, description = "The artist")),
    responses((status = 200, description = "The artist", body = ArtistResource)))]
async fn show(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    match artists::artist(&state.read_pool, id.into()).await? {
        Some(row) => Ok(versioned(&headers, row.version, &ArtistResource::from(row))),
        None => Err(Problem::not_found("artist_not_found", "there is no such artist")),
    }
}
