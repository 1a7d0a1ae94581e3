//! Reads of wishlists, with what the catalogue says about their products now.

use aggregates::{Money, ProductId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgPool, Postgres, QueryBuilder};

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Item {
    pub product_id: ProductId,
    /// Of one unit, when it was added.
    pub price: Money,
    pub added_at: DateTime<Utc>,
    /// `None` where the catalogue does not know the product.
    pub product: Option<Product>,
    /// Of the whole wishlist.
    pub version: i64,
}

/// A product as it is now.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Product {
    pub name: String,
    pub price: Money,
    pub image_url: Option<String>,
    /// Units that can be ordered.
    pub quantity: i64,
    /// Active and not archived.
    pub for_sale: bool,
}

/// The last item of a page; the next page starts behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub added_at: DateTime<Utc>,
    pub product_id: ProductId,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Item>,
    pub next: Option<Cursor>,
}

/// The items of a user's wishlist as JSON; the user's id follows.
const SELECT: &str = "SELECT json_build_object(
        'product_id', l.product_id, 'price', l.price, 'added_at', l.added_at, 'version', w.version,
        'product', CASE WHEN p.id IS NOT NULL THEN json_build_object(
            'name', p.name, 'price', p.price, 'image_url', p.image_urls ->> 0,
            'quantity', p.quantity, 'for_sale', p.is_active AND NOT p.archived) END)
   FROM read.wishlists w
  CROSS JOIN LATERAL jsonb_to_recordset(w.state -> 'items')
        AS l(product_id uuid, price text, added_at timestamptz)
   LEFT JOIN read.products p ON p.id = l.product_id AND p.version > 0
  WHERE w.user_id = ";

/// `None` where the product is not on the user's wishlist.
pub async fn item(
    db: &PgPool,
    user_id: UserId,
    product_id: ProductId,
) -> Result<Option<Item>, sqlx::Error> {
    let mut query: QueryBuilder<'_, Postgres> = QueryBuilder::new(SELECT);
    query.push_bind(user_id.uuid()).push(" AND l.product_id = ").push_bind(product_id.uuid());
    let item: Option<Json<Item>> = query.build_query_scalar().fetch_optional(db).await?;
    Ok(item.map(|item| item.0))
}

/// What was added last comes first.
pub async fn list(
    db: &PgPool,
    user_id: UserId,
    after: Option<&Cursor>,
    offset: u32,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let mut query: QueryBuilder<'_, Postgres> = QueryBuilder::new(SELECT);
    query.push_bind(user_id.uuid());
    if let Some(after) = after {
        query.push(" AND (l.added_at, l.product_id) < (").push_bind(after.added_at);
        query.push(", ").push_bind(after.product_id.uuid()).push(")");
    }
    query.push(" ORDER BY l.added_at DESC, l.product_id DESC LIMIT ");
    query.push_bind(i64::from(limit) + 1).push(" OFFSET ").push_bind(i64::from(offset));
    let rows: Vec<Json<Item>> = query.build_query_scalar().fetch_all(db).await?;
    let mut items: Vec<_> = rows.into_iter().map(|item| item.0).collect();
    let next = crate::paging::cut(&mut items, limit)
        .map(|last| Cursor { added_at: last.added_at, product_id: last.product_id });
    Ok(Page { items, next })
}
