//! Product images: `/images/{name}`. Public; a name is the hash of the image, so it never changes.

use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::images::Images;
use crate::state::AppState;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Get an image
#[utoipa::path(get, path = "/images/{name}", tag = "catalogue",
    params(("name" = String, Path, description = "As in a product's `image_urls`")),
    responses((status = 200, description = "The image", content_type = "image/png", body = Vec<u8>)))]
async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let folder = Images::new(&state.config.data_dir);
    let found = folder.load(&name).await.map_err(|error| Problem::internal(&error))?;
    let Some((format, bytes)) = found else {
        return Err(Problem::not_found("image_not_found", "there is no such image"));
    };
    let headers = [
        (header::CONTENT_TYPE, format.media_type()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}
