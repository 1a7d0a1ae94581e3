//! Reviews: `/reviews`. Written by those to whom an order brought the product, moderated by
//! administrators.

use crate::http::extract::{Admin, Caller, CommandContext, Json, Path};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, finish};
use crate::http::resources::ReviewResource;
use crate::reviews::{self, Change, Comment, NewReview, Request, ReviewState, Text};
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::review::{self, By, Rating};
use aggregates::{OrderId, ReviewId};
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use projections::reviews::ReviewView;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The longest comment, in characters.
const COMMENT_MAX: usize = 5000;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(post))
        .routes(routes!(edit, delete))
        .routes(routes!(moderate))
}

/// A new review.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct PostReview {
    #[garde(skip)]
    product_id: Uuid,
    /// The order that brought the product; found where it is absent.
    #[garde(skip)]
    order_id: Option<Uuid>,
    #[garde(range(min = Rating::MIN, max = Rating::MAX))]
    #[schema(minimum = 1, maximum = 5)]
    rating: u8,
    #[garde(length(chars, max = COMMENT_MAX))]
    #[schema(max_length = 5000)]
    comment: Option<String>,
}

/// What to change of a review; what is absent stays as it is.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct EditReview {
    #[garde(range(min = Rating::MIN, max = Rating::MAX))]
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<u8>,
    /// An empty one removes it.
    #[garde(length(chars, max = COMMENT_MAX))]
    #[schema(max_length = 5000)]
    comment: Option<String>,
}

/// What a moderator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Published,
    Rejected,
}

/// Whether a review is shown.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct ModerateReview {
    #[garde(skip)]
    status: Verdict,
    /// Why it is rejected; its author sees it. Must not name anybody: it is stored for good.
    #[garde(length(chars, max = 500))]
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// Review a product
///
/// For those to whom an order brought it, once for each product. Depending on the configuration it
/// is published at once, or when a moderator has approved it.
#[utoipa::path(post, path = "/reviews", tag = "community", security(("bearer" = [])),
    request_body = PostReview,
    responses((status = 201, description = "The review", body = ReviewResource)))]
async fn post(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Json(body): Json<PostReview>,
) -> Result<Response, Problem> {
    let product_id = body.product_id.into();
    let order_id = match body.order_id {
        Some(order_id) => Some(OrderId::new(order_id)),
        None => projections::orders::delivered_with(&state.pool, caller.id, product_id).await?,
    };
    let comment = body.comment.and_then(|text| Comment::new(&text, None, &state.entropy));
    let text = comment.as_ref().map(|comment| comment.text().to_owned());
    let new = NewReview {
        product_id,
        user_id: caller.id,
        order_id: order_id.ok_or(review::Error::NotABuyer)?,
        rating: rating(body.rating)?,
        comment,
        moderation: state.config.reviews.moderation,
    };
    let answer = move |state: &ReviewState| {
        let location = format!("/api/v1/reviews/{}", state.id);
        Reply::created(location, &ReviewResource::after(state, text.clone())).version(state.version)
    };
    let outcome = reviews::post(&state.log, request(&state, &ctx), new, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Edit a review
///
/// By its author. Where reviews are approved first, and after a rejection, it waits for a moderator
/// again.
#[utoipa::path(put, path = "/reviews/{id}", tag = "community", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The review")), request_body = EditReview,
    responses((status = 200, description = "The review", body = ReviewResource)))]
async fn edit(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Path(id): Path<ReviewId>,
    Json(body): Json<EditReview>,
) -> Result<Response, Problem> {
    let known = known(&state, id).await?;
    let (now, salt) = known.map_or((None, None), |view| (view.comment, view.salt));
    let comment = match body.comment {
        None => Text::Keep,
        Some(text) => Comment::new(&text, salt, &state.entropy).map_or(Text::Clear, Text::Set),
    };
    let text = match &comment {
        Text::Keep => now,
        Text::Clear => None,
        Text::Set(comment) => Some(comment.text().to_owned()),
    };
    let wanted = Change::Edit {
        by: caller.id,
        rating: body.rating.map(rating).transpose()?,
        comment,
        moderation: state.config.reviews.moderation,
    };
    let answer = move |state: &ReviewState| shown(state, text.clone());
    let outcome = reviews::change(&state.log, request(&state, &ctx), id, wanted, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Delete a review
///
/// By its author or an administrator. Its author may write another one.
#[utoipa::path(delete, path = "/reviews/{id}", tag = "community", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The review")),
    responses((status = 204, description = "Deleted")))]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    ctx: CommandContext,
    Path(id): Path<ReviewId>,
) -> Result<Response, Problem> {
    let by = match caller.role {
        Role::Admin => By::Moderator,
        Role::Customer | Role::Seller | Role::Auditor | Role::Analyst => By::Author(caller.id),
    };
    let answer = |_: &ReviewState| Reply::no_content();
    let wanted = Change::Delete { by };
    let outcome = reviews::change(&state.log, request(&state, &ctx), id, wanted, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Publish or reject a review
///
/// After a rejection, what its author writes about this product waits for a moderator.
#[utoipa::path(put, path = "/reviews/{id}/moderate", tag = "community",
    security(("bearer" = [])), request_body = ModerateReview,
    params(("id" = Uuid, Path, description = "The review")),
    responses((status = 200, description = "The review", body = ReviewResource)))]
async fn moderate(
    State(state): State<AppState>,
    _: Admin,
    ctx: CommandContext,
    Path(id): Path<ReviewId>,
    Json(body): Json<ModerateReview>,
) -> Result<Response, Problem> {
    let text = known(&state, id).await?.and_then(|view| view.comment);
    let wanted = match body.status {
        Verdict::Published => Change::Publish,
        Verdict::Rejected => Change::Reject { reason: body.reason },
    };
    // What is recorded for the administrator must not outlive the author's personal data.
    let answer = move |state: &ReviewState| {
        let review = ReviewResource::after(state, text.clone());
        let impersonal = review.as_ref().map(ReviewResource::impersonal);
        Reply::ok(&review).version(state.version).recorded_as(&impersonal)
    };
    let outcome = reviews::change(&state.log, request(&state, &ctx), id, wanted, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// The review as the read model knows it: for its text, which no stream has.
async fn known(state: &AppState, id: ReviewId) -> Result<Option<ReviewView>, Problem> {
    Ok(projections::reviews::review(&state.pool, id).await?)
}

fn request(state: &AppState, ctx: &CommandContext) -> Request {
    Request {
        metadata: ctx.metadata(),
        at: state.clock.now(),
        expected: ctx.expected(),
        key: ctx.idempotency(),
    }
}

fn shown(state: &ReviewState, comment: Option<String>) -> Reply {
    Reply::ok(&ReviewResource::after(state, comment)).version(state.version)
}

fn rating(number: u8) -> Result<Rating, Problem> {
    Rating::try_from(number).map_err(|error| Problem::invalid_field("/rating", error.to_string()))
}
