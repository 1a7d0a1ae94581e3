//! Product images: `/images/{name}`. Public; a name is the hash of the image, so it never changes.

use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
use crate::http::reply;
use crate::images::Size;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A year: what an address shows never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Which size of an image.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
struct ImageQuery {
    /// Fits into 160, 480 or 1080 pixels a side. Without it, and where the image is not larger than
    /// that, the image itself.
    size: Option<Size>,
}

/// The file itself.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes bytes for the documentation")]
struct Picture(Vec<u8>);

/// Get an image
#[utoipa::path(get, path = "/images/{name}", tag = "catalogue",
    params(("name" = String, Path, description = "As in a product's `image_urls`"), ImageQuery),
    responses((status = 200, description = "The image, as it was stored", content(
        (Picture = "image/jpeg"),
        (Picture = "image/png")))))]
async fn show(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(query): Query<ImageQuery>,
) -> Result<Response, Problem> {
    let Some((format, bytes)) = state.images.load(&name, query.size).await? else {
        return Err(Problem::not_found("image_not_found", "there is no such image"));
    };
    let etag = match query.size {
        None => format!("\"{name}\""),
        Some(size) => format!("\"{name}-{}\"", size.as_str()),
    };
    let kept = [(header::CACHE_CONTROL, FOR_EVER.to_owned()), (header::ETAG, etag.clone())];
    if reply::matches(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(header::CONTENT_TYPE, format.media_type())], bytes).into_response())
}
