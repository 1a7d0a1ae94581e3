//! All accounts, orders and products: `/admin/users`, `/admin/orders`, `/admin/products`.

use crate::http::docs::{OrderStatusSchema, ProductSort};
use crate::http::extract::{Admin, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::resources::{OrderResource, ProductResource};
use crate::http::user::{RoleSchema, User};
use crate::http::value::is_in_the_calendar;
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::order::Status;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use garde::Validate;
use projections::catalogue::{self, PageRequest, Show, Sort};
use projections::{accounts, orders};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which accounts are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// A part of the e-mail address or of a name, in any case.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200)]
    q: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<RoleSchema>)]
    role: Option<Role>,
    /// `false`: those that are blocked or erased.
    #[garde(skip)]
    is_active: Option<bool>,
}

/// List the accounts
///
/// The newest first.
#[utoipa::path(get, path = "/admin/users", tag = "admin", security(("bearer" = [])),
    params(UsersQuery, PageQuery),
    responses((status = 200, description = "A page of accounts", body = List<User>)))]
pub async fn users(
    State(state): State<AppState>,
    _: Admin,
    Query(query): Query<UsersQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<User>>, Problem> {
    let filter = accounts::Filter {
        role: query.role,
        is_active: query.is_active,
        q: query.q.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty()),
        limit: page.limit(),
        after: page.after()?,
        offset: page.offset(),
    };
    let found = accounts::list(&state.read_pool, &filter).await?;
    let items = found.items.into_iter().map(User::from).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}

/// Which orders are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AllOrdersQuery {
    /// pending, confirmed, processing, shipped, delivered, cancelled or refunded.
    #[garde(skip)]
    #[param(value_type = Option<OrderStatusSchema>)]
    status: Option<Status>,
    /// Placed at or after.
    #[garde(inner(custom(is_in_the_calendar)))]
    from: Option<DateTime<Utc>>,
    /// Placed before.
    #[garde(inner(custom(is_in_the_calendar)))]
    to: Option<DateTime<Utc>>,
    /// The buyer.
    #[garde(skip)]
    user: Option<Uuid>,
    /// Orders with lines of this seller.
    #[garde(skip)]
    seller: Option<Uuid>,
}

/// List all orders
///
/// The newest first.
#[utoipa::path(get, path = "/admin/orders", tag = "admin", security(("bearer" = [])),
    params(AllOrdersQuery, PageQuery),
    responses((status = 200, description = "A page of orders", body = List<OrderResource>)))]
pub async fn orders(
    State(state): State<AppState>,
    _: Admin,
    Query(query): Query<AllOrdersQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<OrderResource>>, Problem> {
    let filter = orders::Filter {
        user_id: query.user.map(Into::into),
        seller_id: query.seller.map(Into::into),
        status: query.status,
        from: query.from,
        to: query.to,
        limit: page.limit(),
        after: page.after()?,
        offset: page.offset(),
    };
    let found = orders::list(&state.read_pool, &filter).await?;
    let items = found.items.into_iter().filter_map(OrderResource::from_view).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}

/// Which products may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Also archived ones.
    #[default]
    All,
    /// Also those that are switched off.
    Unarchived,
    ForSale,
}

impl From<Shown> for Show {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::All => Self::All,
            Shown::Unarchived => Self::Unarchived,
            Shown::ForSale => Self::ForSale,
        }
    }
}

/// Which products are wanted.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AllProductsQuery {
    /// Words of the name or the description; typing errors are forgiven.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200)]
    q: Option<String>,
    /// May be repeated.
    #[garde(length(max = 50))]
    #[serde(default)]
    #[param(max_items = 50)]
    category: Vec<String>,
    #[garde(skip)]
    seller_id: Option<Uuid>,
    /// `true`: only what can be ordered now; `false`: only what cannot.
    #[garde(skip)]
    in_stock: Option<bool>,
    /// all, unarchived or for_sale.
    #[garde(skip)]
    #[serde(default)]
    #[param(inline, default = "all")]
    show: Shown,
    /// price, -price, name, -name, rating, newest or relevance.
    #[garde(skip)]
    #[param(value_type = Option<ProductSort>)]
    sort: Option<Sort>,
}

/// A product with what only those who run the store see.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ManagedProduct {
    #[serde(flatten)]
    pub product: ProductResource,
    /// Deleted: no longer in the catalogue.
    pub is_archived: bool,
    /// Units in the warehouse, those that are reserved included.
    pub on_hand: i64,
}

impl From<catalogue::Row> for ManagedProduct {
    fn from(row: catalogue::Row) -> Self {
        let (is_archived, on_hand) = (row.archived, row.on_hand);
        Self { product: row.into(), is_archived, on_hand }
    }
}

/// List all products
///
/// Those that are switched off and archived ones are there too.
#[utoipa::path(get, path = "/admin/products", tag = "admin", security(("bearer" = [])),
    params(AllProductsQuery, PageQuery),
    responses((status = 200, description = "A page of products", body = List<ManagedProduct>)))]
pub async fn products(
    State(state): State<AppState>,
    _: Admin,
    Query(query): Query<AllProductsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<ManagedProduct>>, Problem> {
    let filter = catalogue::Filter {
        q: query.q.filter(|q| !q.trim().is_empty()),
        categories: query.category,
        seller_id: query.seller_id.map(Into::into),
        in_stock: query.in_stock,
        show: query.show.into(),
        ..catalogue::Filter::default()
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
