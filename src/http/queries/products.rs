//! The catalogue: `/products`, `/categories`. Public.

mod prices;

use crate::http::docs::{Amount, LeastRating, ProductSort};
use crate::http::extract::{Path, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::tagged;
use crate::http::resources::ProductResource;
use crate::state::AppState;
use aggregates::Money;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use garde::Validate;
use projections::catalogue::{self, Filter, PageRequest, Show, Sort};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(prices::history))
        .routes(routes!(categories))
}

/// What of the catalogue is wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CatalogueQuery {
    /// Words of the name or the description, in Russian or English; typing errors are forgiven.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200)]
    q: Option<String>,
    /// May be repeated.
    #[garde(length(max = 50))]
    #[serde(default)]
    #[param(max_items = 50)]
    category: Vec<String>,
    #[garde(skip)]
    #[param(value_type = Option<Amount>)]
    min_price: Option<Money>,
    #[garde(skip)]
    #[param(value_type = Option<Amount>)]
    max_price: Option<Money>,
    #[garde(skip)]
    in_stock: Option<bool>,
    #[garde(skip)]
    seller_id: Option<Uuid>,
    /// 0 to 5.
    #[garde(custom(rating))]
    #[param(value_type = Option<LeastRating>)]
    min_rating: Option<Decimal>,
    /// price, -price, name, -name, rating, newest or relevance.
    #[garde(skip)]
    #[param(value_type = Option<ProductSort>)]
    sort: Option<Sort>,
    /// Whether to count the products of each category and price band.
    #[garde(skip)]
    #[serde(default)]
    facets: bool,
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that garde calls"
)]
pub(super) fn rating(rating: &Option<Decimal>, _: &()) -> garde::Result {
    match rating {
        Some(rating) if *rating < Decimal::ZERO || *rating > Decimal::from(5) => {
            Err(garde::Error::new("a rating is 0 to 5"))
        }
        _ => Ok(()),
    }
}

/// A page of the catalogue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductList {
    #[serde(flatten)]
    list: List<ProductResource>,
    /// With `facets=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    facets: Option<FacetsResource>,
}

/// How many products another choice would give.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FacetsResource {
    /// As if no category were chosen; the largest first.
    categories: Vec<CategoryResource>,
    /// As if no price were chosen; the cheapest first.
    prices: Vec<PriceBandResource>,
}

/// A category and how many products it has.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CategoryResource {
    #[schema(example = "electronics")]
    name: String,
    count: i64,
}

/// Prices from `from` (included) to `to` (excluded).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PriceBandResource {
    #[schema(value_type = Amount)]
    from: Money,
    #[schema(value_type = Option<Amount>)]
    to: Option<Money>,
    count: i64,
}

/// All categories.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CategoryList {
    items: Vec<CategoryResource>,
}

impl CatalogueQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        if let (Some(least), Some(most)) = (self.min_price, self.max_price)
            && least > most
        {
            let detail = "min_price is more than max_price";
            return Err(Problem::invalid(vec![FieldError::parameter("min_price", detail)]));
        }
        Ok(Filter {
            q: self.q.clone().filter(|q| !q.trim().is_empty()),
            categories: self.category.clone(),
            min_price: self.min_price,
            max_price: self.max_price,
            in_stock: self.in_stock,
            seller_id: self.seller_id.map(Into::into),
            min_rating: self.min_rating,
            show: Show::ForSale,
        })
    }
}

/// Search the catalogue
#[utoipa::path(get, path = "/products", tag = "catalogue",
    params(CatalogueQuery, PageQuery),
    responses((status = 200, description = "A page of products", body = ProductList)))]
async fn list(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<CatalogueQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Response, Problem> {
    let filter = query.filter()?;
    let request = PageRequest {
        sort: query.sort.unwrap_or_default(),
        limit: page.limit(),
        after: page.after()?,
        offset: page.offset(),
        with_total: true,
    };
    let found = catalogue::list(&state.read_pool, &state.common_words, &filter, &request).await?;
    let facets = if query.facets {
        Some(catalogue::facets(&state.read_pool, &state.common_words, &filter).await?.into())
    } else {
        None
    };
    let items = found.items.into_iter().map(ProductResource::from).collect();
    let mut list = List::new(items, found.next.as_ref());
    if let Some(total) = found.total {
        list = list.total(total);
    }
    cacheable(&headers, &ProductList { list, facets })
}

/// Get a product
#[utoipa::path(get, path = "/products/{id}", tag = "catalogue",
    params(("id" = Uuid, Path, description = "The product")),
    responses((status = 200, description = "The product", body = ProductResource)))]
async fn show(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let found = catalogue::product(&state.read_pool, id.into()).await?;
    let Some(row) = found.filter(|row| !row.archived) else {
        return Err(Problem::not_found("product_not_found", "there is no such product"));
    };
    let version = row.version;
    let product = ProductResource::from(row);
    // Stock and ratings change without the product's version: caches need to know of them too.
    Ok(tagged(&headers, &format!("\"{version}-{}\"", digest(&product)?), &product))
}

/// List the categories
#[utoipa::path(get, path = "/categories", tag = "catalogue",
    responses((status = 200, description = "The categories", body = CategoryList)))]
async fn categories(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = catalogue::categories(&state.read_pool).await?;
    let items = found.into_iter().map(CategoryResource::from).collect();
    cacheable(&headers, &CategoryList { items })
}

/// An answer whose tag is the hash of what it says: good for caches, whatever changed it.
pub(super) fn cacheable(headers: &HeaderMap, body: &impl Serialize) -> Result<Response, Problem> {
    Ok(tagged(headers, &format!("\"{}\"", digest(body)?), body))
}

pub(super) fn digest(body: &impl Serialize) -> Result<String, Problem> {
    let text = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
    Ok(hex::encode(&Sha256::digest(text)[..12]))
}

impl From<catalogue::CategoryCount> for CategoryResource {
    fn from(found: catalogue::CategoryCount) -> Self {
        Self { name: found.category, count: found.count }
    }
}

impl From<catalogue::Facets> for FacetsResource {
    fn from(found: catalogue::Facets) -> Self {
        let band = |band: catalogue::PriceBand| PriceBandResource {
            from: band.from,
            to: band.to,
            count: band.count,
        };
        Self {
            categories: found.categories.into_iter().map(CategoryResource::from).collect(),
            prices: found.prices.into_iter().map(band).collect(),
        }
    }
}
