//! Albums: `/albums`. Public.

use super::products::{cacheable, digest, rating};
use crate::http::docs::{AlbumSort, Amount, LeastRating};
use crate::http::extract::{Path, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::tagged;
use crate::http::resources::{AlbumResource, FormatSchema};
use crate::state::AppState;
use aggregates::Money;
use aggregates::product::Format;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use garde::Validate;
use projections::albums::{self, Filter, PageRequest, Sort};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Which albums are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct AlbumsQuery {
    /// Words of the artist, the title and the tracks together; typing errors are forgiven.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200)]
    q: Option<String>,
    #[garde(skip)]
    artist_id: Option<Uuid>,
    /// In any case; may be repeated.
    #[garde(length(max = 50))]
    #[serde(default)]
    #[param(max_items = 50)]
    genre: Vec<String>,
    /// In any case; may be repeated.
    #[garde(length(max = 50))]
    #[serde(default)]
    #[param(max_items = 50)]
    label: Vec<String>,
    /// May be repeated.
    #[garde(length(max = 5))]
    #[serde(default)]
    #[param(value_type = Vec<FormatSchema>, max_items = 5)]
    format: Vec<Format>,
    /// Released then or later.
    #[garde(range(max = 9999))]
    #[param(maximum = 9999, example = 1950)]
    year_from: Option<u16>,
    /// Released then or earlier.
    #[garde(range(max = 9999))]
    #[param(maximum = 9999, example = 1969)]
    year_to: Option<u16>,
    #[garde(skip)]
    #[param(value_type = Option<Amount>)]
    min_price: Option<Money>,
    #[garde(skip)]
    #[param(value_type = Option<Amount>)]
    max_price: Option<Money>,
    #[garde(skip)]
    in_stock: Option<bool>,
    /// 0 to 5.
    #[garde(custom(rating))]
    #[param(value_type = Option<LeastRating>)]
    min_rating: Option<Decimal>,
    /// price, -price, name, -name, title, -title, year, -year, rating, newest or relevance.
    #[garde(skip)]
    #[param(value_type = Option<AlbumSort>)]
    sort: Option<Sort>,
}

/// Refuses a span that ends before it begins.
fn check_span<T: PartialOrd>(
    from: (&str, Option<T>),
    to: (&str, Option<T>),
) -> Result<(), Problem> {
    if let (Some(least), Some(most)) = (from.1, to.1)
        && least > most
    {
        let detail = format!("{} is more than {}", from.0, to.0);
        return Err(Problem::invalid(vec![FieldError::parameter(from.0, detail)]));
    }
    Ok(())
}

impl AlbumsQuery {
    fn filter(self) -> Result<Filter, Problem> {
        check_span(("min_price", self.min_price), ("max_price", self.max_price))?;
        check_span(("year_from", self.year_from), ("year_to", self.year_to))?;
        Ok(Filter {
            q: self.q,
            artist_id: self.artist_id.map(Into::into),
            genres: self.genre,
            labels: self.label,
            formats: self.format,
            year_from: self.year_from,
            year_to: self.year_to,
            min_price: self.min_price,
            max_price: self.max_price,
            in_stock: self.in_stock,
            min_rating: self.min_rating,
        })
    }
}

/// Search albums
#[utoipa::path(get, path = "/albums", tag = "records",
    params(AlbumsQuery, PageQuery),
    responses((status = 200, description = "A page of albums", body = List<AlbumResource>)))]
async fn list(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<AlbumsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Response, Problem> {
    let request = PageRequest {
        sort: query.sort.unwrap_or_default(),
        limit: page.limit(),
        after: page.after()?,
        offset: page.offset(),
    };
    let found = albums::list(&state.read_pool, &query.filter()?, &request).await?;
    let items = found.items.into_iter().map(AlbumResource::from).collect();
    cacheable(&headers, &List::new(items, found.next.as_ref()).total(found.total))
}

/// Get an album
#[utoipa::path(get, path = "/albums/{id}", tag = "records",
    params(("id" = Uuid, Path, description = "The album")),
    responses((status = 200, description = "The album", body = AlbumResource)))]
async fn show(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let Some(view) = albums::album(&state.read_pool, id.into()).await? else {
        return Err(Problem::not_found("album_not_found", "there is no such album"));
    };
    let version = view.album.version;
    let album = AlbumResource::from(view);
    // Stock and ratings change without the product's version: caches need to know of them too.
    Ok(tagged(&headers, &format!("\"{version}-{}\"", digest(&album)?), &album))
}
