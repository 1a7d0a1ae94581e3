//! The seller's own products, also those that nobody else sees: `/seller/products`.

use crate::http::docs::ProductSort;
use crate::http::extract::{Query, Seller};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::queries::admin::{ManagedProduct, Shown};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use garde::Validate;
use projections::catalogue::{self, Filter, PageRequest, Sort};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which of the own products are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OwnProductsQuery {
    /// Words of the name or the description; typing errors are forgiven.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200)]
    q: Option<String>,
    /// May be repeated.
    #[garde(length(max = 50))]
    #[serde(default)]
    #[param(max_items = 50)]
    category: Vec<String>,
    /// `true`: only what can be ordered now; `false`: only what cannot.
    #[garde(skip)]
    in_stock: Option<bool>,
    /// unarchived (also those that are switched off), for_sale or all.
    #[garde(skip)]
    #[param(inline, value_type = Option<Shown>, default = "unarchived")]
    show: Option<Shown>,
    /// price, -price, name, -name, rating, newest or relevance.
    #[garde(skip)]
    #[param(value_type = Option<ProductSort>)]
    sort: Option<Sort>,
}

/// List the own products
#[utoipa::path(get, path = "/seller/products", tag = "seller", security(("bearer" = [])),
    params(OwnProductsQuery, PageQuery),
    responses((status = 200, description = "A page of products", body = List<ManagedProduct>)))]
pub async fn list(
    State(state): State<AppState>,
    seller: Seller,
    Query(query): Query<OwnProductsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<ManagedProduct>>, Problem> {
    let filter = Filter {
        q: query.q.filter(|q| !q.trim().is_empty()),
        categories: query.category,
        seller_id: Some(seller.id),
        in_stock: query.in_stock,
        show: query.show.unwrap_or(Shown::Unarchived).into(),
        ..Filter::default()
    };
    let request = PageRequest {
        sort: query.sort.unwrap_or_default(),
        limit: page.limit(),
        after: page.after()?,
        offset: page.offset(),
        with_total: false,
    };
    let found = catalogue::list(&state.read_pool, &state.common_words, &filter, &request).await?;
    let items = found.items.into_iter().map(ManagedProduct::from).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}
