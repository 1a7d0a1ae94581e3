//! Products: `/products`.

use crate::catalogue::{
    self, Archive, ChangeContext, NewProduct, ProductChange, ProductState, StockChange,
};
use crate::http::docs::{AmountInput, AttributesSchema, ImageUrlsSchema};
use crate::http::extract::{Caller, CommandContext, Json, Path, Seller};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, finish};
use crate::http::resources::{ProductDetails, ProductResource};
use crate::http::value::filled;
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::product::Editor;
use aggregates::{Money, ProductId};
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use garde::Validate;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(replace, update, archive))
        .routes(routes!(set_stock))
}

/// A new product.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct CreateProduct {
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub(super) name: String,
    #[garde(length(chars, max = 10_000))]
    #[serde(default)]
    #[schema(max_length = 10_000)]
    description: String,
    /// A decimal string with at most two digits; a number is accepted too.
    #[garde(skip)]
    #[schema(value_type = AmountInput)]
    price: Money,
    /// Units in stock; where it is missing none, and in an import as many as are configured.
    #[garde(range(max = 1_000_000_000))]
    #[schema(maximum = 1_000_000_000)]
    quantity: Option<u32>,
    /// Open vocabulary.
    #[garde(length(chars, min = 1, max = 64))]
    #[serde(default = "other")]
    #[schema(min_length = 1, max_length = 64, pattern = r"\S", example = "electronics")]
    category: String,
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = AttributesSchema)]
    attributes: BTreeMap<String, String>,
    #[garde(length(max = 20))]
    #[serde(default)]
    #[schema(value_type = ImageUrlsSchema)]
    image_urls: Vec<String>,
}

fn other() -> String {
    "other".to_owned()
}

impl CreateProduct {
    /// With so many units in stock where it does not say how many.
    pub(super) fn with_stock(self, quantity: u32) -> NewProduct {
        NewProduct {
            name: self.name,
            description: self.description,
            price: self.price,
            category: self.category,
            attributes: self.attributes,
            image_urls: self.image_urls,
            quantity: self.quantity.unwrap_or(quantity),
        }
    }
}

/// What to change of a product; what is absent stays as it is.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
pub struct UpdateProduct {
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    name: Option<String>,
    #[garde(length(chars, max = 10_000))]
    #[schema(max_length = 10_000)]
    description: Option<String>,
    #[garde(skip)]
    #[schema(value_type = Option<AmountInput>)]
    price: Option<Money>,
    /// Units available for sale.
    #[garde(range(max = 1_000_000_000))]
    #[schema(maximum = 1_000_000_000)]
    quantity: Option<u32>,
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

/// A new number of units, or a correction with its reason.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct SetStock {
    /// Units available for sale.
    #[garde(range(max = 1_000_000_000))]
    #[schema(maximum = 1_000_000_000)]
    quantity: Option<u32>,
    /// Units to add or, negative, to take away. Instead of `quantity`.
    #[garde(range(min = -1_000_000_000, max = 1_000_000_000))]
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000)]
    delta: Option<i64>,
    /// Why; mandatory with `delta`.
    #[garde(inner(length(chars, min = 1, max = 200), custom(filled)))]
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    reason: Option<String>,
}

impl SetStock {
    fn change(self) -> Result<StockChange, Problem> {
        match (self.quantity, self.delta, self.reason) {
            (Some(quantity), None, _) => Ok(StockChange::SetAvailable { quantity }),
            (None, Some(delta), Some(reason)) => Ok(StockChange::Adjust { delta, reason }),
            (None, Some(_), None) => {
                Err(Problem::invalid_field("/reason", "a correction needs a reason"))
            }
            _ => Err(Problem::invalid_field("", "give either `quantity` or `delta`")),
        }
    }
}

/// Create a product
#[utoipa::path(post, path = "/products", tag = "catalogue", security(("bearer" = [])),
    request_body = CreateProduct,
    responses((status = 201, description = "The product", body = ProductResource)))]
async fn create(
    State(state): State<AppState>,
    seller: Seller,
    ctx: CommandContext,
    Json(body): Json<CreateProduct>,
) -> Result<Response, Problem> {
    let id = ProductId::new(state.entropy.new_id());
    let answer = |state: &ProductState| created(state, Reviews::default());
    let (key, new) = (ctx.idempotency(), body.with_stock(0));
    let outcome =
        catalogue::create(&state.log, ctx.metadata(), id, seller.id, new, key, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Replace a product's details
///
/// What is absent stays as it is, as with PATCH.
#[utoipa::path(put, path = "/products/{id}", tag = "catalogue", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The product")), request_body = UpdateProduct,
    responses((status = 200, description = "The product", body = ProductResource)))]
async fn replace(
    state: State<AppState>,
    seller: Seller,
    ctx: CommandContext,
    id: Path<Uuid>,
    body: Json<UpdateProduct>,
) -> Result<Response, Problem> {
    change(state, seller, ctx, id, body).await
}

/// Change a product's details
#[utoipa::path(patch, path = "/products/{id}", tag = "catalogue", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The product")), request_body = UpdateProduct,
    responses((status = 200, description = "The product", body = ProductResource)))]
async fn update(
    state: State<AppState>,
    seller: Seller,
    ctx: CommandContext,
    id: Path<Uuid>,
    body: Json<UpdateProduct>,
) -> Result<Response, Problem> {
    change(state, seller, ctx, id, body).await
}

async fn change(
    State(state): State<AppState>,
    seller: Seller,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
    Json(body): Json<UpdateProduct>,
) -> Result<Response, Problem> {
    let known = Known::find(&state, id, &ctx).await?;
    let wanted = ProductChange {
        name: body.name,
        description: body.description,
        price: body.price,
        category: body.category,
        attributes: body.attributes,
        image_urls: body.image_urls,
        more_image_urls: Vec::new(),
        is_active: body.is_active,
        quantity: body.quantity,
    };
    let reviews = known.reviews;
    let answer = move |state: &ProductState| shown(state, reviews);
    let (log, by) = (&state.log, editor(&seller));
    let outcome =
        catalogue::change(log, ctx.metadata(), id.into(), by, wanted, known.context, answer)
            .await?;
    finish(&state, &ctx, outcome).await
}

/// Delete a product
///
/// It leaves the catalogue; orders keep what they bought.
#[utoipa::path(delete, path = "/products/{id}", tag = "catalogue", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The product")),
    responses((status = 204, description = "Deleted")))]
async fn archive(
    State(state): State<AppState>,
    seller: Seller,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let known = Known::find(&state, id, &ctx).await?;
    let answer = |_: &ProductState| Reply::no_content();
    let (log, by) = (&state.log, editor(&seller));
    let outcome =
        catalogue::archive(log, ctx.metadata(), id.into(), by, Archive::Any, known.context, answer)
            .await?;
    finish(&state, &ctx, outcome).await
}

/// Set or correct the stock of a product
#[utoipa::path(put, path = "/products/{id}/stock", tag = "catalogue", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The product")), request_body = SetStock,
    responses((status = 200, description = "The product", body = ProductResource)))]
async fn set_stock(
    State(state): State<AppState>,
    seller: Seller,
    ctx: CommandContext,
    Path(id): Path<Uuid>,
    Json(body): Json<SetStock>,
) -> Result<Response, Problem> {
    let wanted = body.change()?;
    let known = Known::find(&state, id, &ctx).await?;
    let reviews = known.reviews;
    let answer = move |state: &ProductState| shown(state, reviews);
    let (log, by) = (&state.log, editor(&seller));
    let outcome =
        catalogue::change_stock(log, ctx.metadata(), id.into(), by, wanted, known.context, answer)
            .await?;
    finish(&state, &ctx, outcome).await
}

/// A seller edits what is theirs, an administrator everything.
pub(super) fn editor(caller: &Caller) -> Editor {
    match caller.role {
        Role::Admin => Editor::Admin,
        Role::Customer | Role::Seller | Role::Auditor | Role::Analyst => Editor::Seller(caller.id),
    }
}

/// What the read model adds to an answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reviews {
    rating: Decimal,
    count: i64,
}

/// A product as the catalogue shows it before the change.
pub(super) struct Known {
    pub(super) reviews: Reviews,
    pub(super) context: ChangeContext,
}

impl Known {
    pub(super) async fn find(
        state: &AppState,
        id: Uuid,
        ctx: &CommandContext,
    ) -> Result<Self, Problem> {
        let row = projections::catalogue::product(&state.pool, id.into()).await?;
        let unchanged_at: DateTime<Utc> =
            row.as_ref().map_or_else(|| state.clock.now(), |row| row.updated_at);
        let reviews = row.map(|row| Reviews { rating: row.rating, count: row.reviews_count });
        Ok(Self {
            reviews: reviews.unwrap_or_default(),
            context: ChangeContext {
                expected: ctx.expected(),
                unchanged_at,
                key: ctx.idempotency(),
            },
        })
    }
}

pub(super) fn resource(state: &ProductState, reviews: Reviews) -> Option<ProductResource> {
    let details = state.details.as_ref()?;
    Some(ProductResource::from(ProductDetails {
        id: state.id,
        details,
        quantity: state.quantity,
        version: state.version,
        rating: reviews.rating,
        reviews_count: reviews.count,
        created_at: state.created_at,
        updated_at: state.updated_at,
    }))
}

pub(super) fn shown(state: &ProductState, reviews: Reviews) -> Reply {
    Reply::ok(&resource(state, reviews)).version(state.version)
}

fn created(state: &ProductState, reviews: Reviews) -> Reply {
    let location = format!("/api/v1/products/{}", state.id);
    Reply::created(location, &resource(state, reviews)).version(state.version)
}
