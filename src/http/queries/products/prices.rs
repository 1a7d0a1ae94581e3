//! The prices that a product had: `/products/{id}/price-history`. Public, as its price is.

use crate::http::docs::Amount;
use crate::http::extract::{Path, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::state::AppState;
use aggregates::Money;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use projections::{catalogue, price_history};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A price of a product.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PriceEntry {
    /// From when on it was asked for.
    pub at: DateTime<Utc>,
    #[schema(value_type = Amount)]
    pub price: Money,
    /// The price before; `null` of the first.
    #[schema(value_type = Option<Amount>)]
    pub previous: Option<Money>,
    #[schema(example = "KZT")]
    pub currency: String,
}

/// List the prices that a product had
///
/// The latest first: the first one is the price of now.
#[utoipa::path(get, path = "/products/{id}/price-history", tag = "catalogue",
    params(("id" = Uuid, Path, description = "The product"), PageQuery),
    responses((status = 200, description = "A page of prices", body = List<PriceEntry>)))]
pub async fn history(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    Query(page): Query<PageQuery>,
) -> Result<Response, Problem> {
    let after = page.after()?;
    let db = &state.read_pool;
    let product = catalogue::product(db, id.into()).await?.filter(|row| !row.archived);
    let Some(product) = product else {
        return Err(Problem::not_found("product_not_found", "there is no such product"));
    };
    let (offset, limit) = (page.offset(), page.limit());
    let found = price_history::history(db, id.into(), after.as_ref(), offset, limit).await?;
    let entry = |row: price_history::Row| PriceEntry {
        at: row.at,
        price: row.price,
        previous: row.previous,
        currency: product.currency.to_string(),
    };
    let items: Vec<_> = found.items.into_iter().map(entry).collect();
    super::cacheable(&headers, &List::new(items, found.next.as_ref()))
}
