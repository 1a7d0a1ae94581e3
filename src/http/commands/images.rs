//! Uploading product images: `/products/{id}/images`.

use super::products::{Known, editor, shown};
use crate::catalogue::{self, ProductChange, ProductState};
use crate::http::extract::{CommandContext, Path, Seller};
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::{detached, finish};
use crate::http::resources::ProductResource;
use crate::images::{Format, ImageError, Prepared, Refused, StoreError};
use crate::state::AppState;
use aggregates::product::Editor;
use aggregates::{Product, ProductId};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::response::Response;
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Images of one upload at most.
const MAX_FILES: usize = 10;

/// A form at most; what of it may be images is configuration.
const MAX_FORM_BYTES: usize = 64 * 1024 * 1024;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(upload)).layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

/// One or more images.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a multipart form for the documentation")]
struct ImageUpload {
    /// PNG, JPEG or WebP, at most 10 MiB together.
    #[schema(value_type = Vec<String>, format = Binary)]
    images: Vec<Bytes>,
}

/// Add images to a product
///
/// The kind of an image is told by its content, whatever the form says. It is encoded anew: it loses
/// EXIF and whatever else is no picture, is turned the right way up, and gets smaller sizes. WebP
/// becomes JPEG, or PNG where it is transparent.
#[utoipa::path(post, path = "/products/{id}/images", tag = "catalogue", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The product")),
    request_body(content = ImageUpload, content_type = "multipart/form-data"),
    responses((status = 200, description = "The product", body = ProductResource)))]
async fn upload(
    State(state): State<AppState>,
    seller: Seller,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Problem> {
    let form = form.map_err(|rejection| {
        Problem::unsupported_media_type("unsupported_media_type", rejection.body_text())
    })?;
    let (id, by) = (ProductId::new(id), editor(&seller));
    // Nothing is stored for a product that is not there or not theirs; decided again below.
    let (product, _) = state.log.peek::<Product>(&id.to_string()).await?;
    let details = product.details().ok_or(aggregates::product::Error::NotFound)?;
    if let Editor::Seller(seller_id) = by
        && seller_id != details.seller_id
    {
        return Err(aggregates::product::Error::NotOwner.into());
    }
    let known_urls = details.image_urls.clone();
    let images = read(form, state.config.http.image_limit_bytes).await?;
    let digest: Vec<u8> = images.iter().flat_map(|(_, bytes)| Sha256::digest(bytes)).collect();
    ctx.info.body_hash.record(&digest);
    detached(async move {
        let mut prepared = Vec::with_capacity(images.len());
        for (format, bytes) in images {
            prepared.push(state.images.prepare(format, bytes).await?);
        }
        let url = |image: &Prepared| format!("/api/v1/images/{}", image.name());
        let more_image_urls: Vec<String> = prepared.iter().map(url).collect();
        // Nothing is stored where one of them is refused.
        let added = more_image_urls.iter().filter(|url| !known_urls.contains(url)).count();
        let count = known_urls.len() + added;
        if count > aggregates::product::IMAGES_MAX {
            return Err(aggregates::product::Error::TooManyImages { count }.into());
        }
        for image in prepared {
            state.images.store(image).await?;
        }
        let known = Known::find(&state, id.uuid(), &ctx).await?;
        let reviews = known.reviews;
        let wanted = ProductChange { more_image_urls, ..ProductChange::default() };
        let answer = move |state: &ProductState| shown(state, reviews);
        let outcome =
            catalogue::change(&state.log, ctx.metadata(), id, by, wanted, known.context, answer)
                .await?;
        finish(&state, &ctx, outcome).await
    })
    .await
}

/// The images of a form, checked; the whole form is at most `limit` bytes.
async fn read(mut form: Multipart, limit: usize) -> Result<Vec<(Format, Bytes)>, Problem> {
    let mut images = Vec::new();
    let mut size = 0;
    loop {
        let field = form.next_field().await.map_err(|error| unreadable(&error))?;
        let Some(field) = field else { break };
        let bytes = field.bytes().await.map_err(|error| unreadable(&error))?;
        size += bytes.len();
        if size > limit {
            return Err(Problem::payload_too_large("body_too_large", "the images are too large"));
        }
        let Some(format) = Format::of(&bytes) else {
            let detail = "an image must be PNG, JPEG or WebP";
            return Err(Problem::unsupported_media_type("unsupported_image", detail));
        };
        images.push((format, bytes));
        if images.len() > MAX_FILES {
            let detail = format!("an upload has at most {MAX_FILES} images");
            return Err(Problem::invalid(vec![FieldError::at("/images", detail)]));
        }
    }
    if images.is_empty() {
        return Err(Problem::invalid_field("/images", "an upload has at least one image"));
    }
    Ok(images)
}

fn unreadable(error: &axum::extract::multipart::MultipartError) -> Problem {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Problem::payload_too_large("body_too_large", "the images are too large")
    } else {
        Problem::bad_request("malformed_form", error.body_text())
    }
}

impl From<ImageError> for Problem {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Refused(refused) => {
                let code = match refused {
                    Refused::TooLarge => "image_too_large",
                    Refused::Unreadable(_) => "unreadable_image",
                };
                Self::unprocessable(code, refused.to_string())
            }
            ImageError::Store(error) => error.into(),
            ImageError::CutOff => Self::overloaded("the server is shutting down; try again"),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unreachable(_) => Self::unavailable(&error),
            StoreError::Answer { status, .. } if *status >= 500 => Self::unavailable(&error),
            StoreError::Folder(source) if source.kind() == ErrorKind::StorageFull => {
                Self::unavailable(&error)
            }
            StoreError::Folder(_) | StoreError::Answer { .. } => Self::internal(&error),
        }
    }
}
