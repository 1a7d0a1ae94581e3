//! Reviews: `/reviews`. Everybody sees the published ones; authors see all of theirs,
//! administrators all there are.

use crate::auth::Caller;
use crate::http::docs::{ReviewSort, ReviewStatusSchema};
use crate::http::extract::{MaybeCaller, Path, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::versioned;
use crate::http::resources::ReviewResource;
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::review::{Rating, Status};
use aggregates::{ReviewId, UserId, review};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use garde::Validate;
use projections::reviews::{self, Filter, Sort};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Which reviews are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReviewsQuery {
    /// Of this product.
    #[garde(skip)]
    product_id: Option<Uuid>,
    /// By this author.
    #[garde(skip)]
    user_id: Option<Uuid>,
    /// With exactly this rating, 1 to 5.
    #[garde(range(min = Rating::MIN, max = Rating::MAX))]
    #[param(minimum = 1, maximum = 5)]
    rating: Option<u8>,
    /// pending, published or rejected. Others than published ones are for their author
    /// (`user_id`), who sees all where nothing is said, and for administrators.
    #[garde(skip)]
    #[param(value_type = Option<ReviewStatusSchema>)]
    status: Option<Status>,
    /// newest, or rating: the best first.
    #[garde(skip)]
    #[param(value_type = Option<ReviewSort>)]
    sort: Option<Sort>,
}

impl ReviewsQuery {
    /// The status to show, where the caller may see it.
    fn status(&self, caller: Option<Caller>) -> Result<Option<Status>, Problem> {
        let own = caller.is_some_and(|caller| self.user_id == Some(caller.id.uuid()));
        match (self.status, caller) {
            (None, _) if own => Ok(None),
            (None | Some(Status::Published), _) => Ok(Some(Status::Published)),
            (Some(status), Some(caller)) if own || is_admin(&caller) => Ok(Some(status)),
            (Some(_), Some(_)) => {
                let detail = "these are for their authors and for administrators";
                Err(Problem::forbidden("not_yours", detail))
            }
            (Some(_), None) => {
                Err(Problem::unauthorized("not_authenticated", "this needs an access token"))
            }
        }
    }
}

fn is_admin(caller: &Caller) -> bool {
    caller.role == Role::Admin
}

/// List reviews
#[utoipa::path(get, path = "/reviews", tag = "community", security((), ("bearer" = [])),
    params(ReviewsQuery, PageQuery),
    responses((status = 200, description = "A page of reviews", body = List<ReviewResource>)))]
async fn list(
    State(state): State<AppState>,
    MaybeCaller(caller): MaybeCaller,
    Query(query): Query<ReviewsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<ReviewResource>>, Problem> {
    let filter = Filter {
        product_id: query.product_id.map(Into::into),
        user_id: query.user_id.map(UserId::new),
        // Validated before.
        rating: query.rating.and_then(|rating| Rating::try_from(rating).ok()),
        status: query.status(caller)?.map(Into::into),
        sort: query.sort.unwrap_or_default(),
        limit: page.limit(),
        after: page.after()?,
        offset: page.offset(),
    };
    let found = reviews::list(&state.read_pool, &filter).await?;
    let items = found.items.into_iter().filter_map(ReviewResource::from_view).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}

/// Get a review
#[utoipa::path(get, path = "/reviews/{id}", tag = "community", security((), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The review")),
    responses((status = 200, description = "The review", body = ReviewResource)))]
async fn show(
    State(state): State<AppState>,
    MaybeCaller(caller): MaybeCaller,
    headers: HeaderMap,
    Path(id): Path<ReviewId>,
) -> Result<Response, Problem> {
    let found = reviews::review(&state.read_pool, id).await?;
    let shown = found.and_then(ReviewResource::from_view).filter(|review| {
        let concerned = |caller: Caller| caller.owns(UserId::new(review.user_id));
        review.status == Status::Published || caller.is_some_and(concerned)
    });
    let review = shown.ok_or(review::Error::NotFound)?;
    // An erasure takes the text away without another version.
    let known = if review.comment.is_some() { headers } else { HeaderMap::new() };
    Ok(versioned(&known, review.version, &review))
}
