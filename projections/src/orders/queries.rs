//! Reads of orders, with the status of the current payment and what is left of the personal data.

use super::Row;
use aggregates::order::Status;
use aggregates::{OrderId, ProductId, UserId, payment};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgPool, Postgres, QueryBuilder};

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct OrderView {
    pub order: Row,
    /// Of the current payment.
    pub payment_status: Option<payment::Status>,
    /// Absent once the personal data is erased.
    pub delivery_address: Option<String>,
    /// Absent once the personal data is erased.
    pub phone: Option<String>,
}

/// Which orders [`list`] shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub user_id: Option<UserId>,
    /// Orders with at least one line of this seller.
    pub seller_id: Option<UserId>,
    pub status: Option<Status>,
    /// Placed at or after.
    pub from: Option<DateTime<Utc>>,
    /// Placed before.
    pub to: Option<DateTime<Utc>>,
    pub limit: u32,
    pub after: Option<Cursor>,
    pub offset: u32,
}

/// The last order of a page; the next page starts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub created_at: DateTime<Utc>,
    pub id: OrderId,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<OrderView>,
    pub next: Option<Cursor>,
}

/// One order as JSON, from the alias `o` that follows. Shared by the single read and the list, which
/// the macros, wanting one literal each, could not do.
const SELECT: &str = "SELECT json_build_object(
    'order', to_json(o),
    'payment_status', (SELECT p.status FROM read.payments p WHERE p.id = o.payment_id),
    'delivery_address', (SELECT d.value FROM personal_data d WHERE d.subject_id = o.user_id
                            AND d.key = 'order/' || o.id || '/delivery_address'),
    'phone', (SELECT d.value FROM personal_data d WHERE d.subject_id = o.user_id
                 AND d.key = 'order/' || o.id || '/phone'))";

pub async fn order(db: &PgPool, id: OrderId) -> Result<Option<OrderView>, sqlx::Error> {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" FROM read.orders o WHERE o.id = ").push_bind(id.uuid());
    let view: Option<Json<OrderView>> = query.build_query_scalar().fetch_optional(db).await?;
    Ok(view.map(|view| view.0))
}

/// The order with the number that people use.
pub async fn by_number(db: &PgPool, number: &str) -> Result<Option<OrderView>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM read.orders WHERE number = $1 ORDER BY created_at LIMIT 1"#,
        number
    )
    .fetch_optional(db)
    .await?;
    match id {
        Some(id) => order(db, id.into()).await,
        None => Ok(None),
    }
}

/// The latest order that brought a product to a user, as a whole or in the part of its seller.
pub async fn delivered_with(
    db: &PgPool,
    user_id: UserId,
    product_id: ProductId,
) -> Result<Option<OrderId>, sqlx::Error> {
    // By the user's index; what the state holds is looked at in those orders only.
    let id = sqlx::query_scalar!(
        r#"SELECT o.id AS "id!" FROM read.orders o
            WHERE o.user_id = $1
              AND (o.state @> jsonb_build_object('Placed', jsonb_build_object('details',
                   jsonb_build_object(
                       'lines', jsonb_build_array(jsonb_build_object('product_id', $2::uuid)),
                       'history', jsonb_build_array(jsonb_build_object('status', 'delivered')))))
                   OR o.state @> jsonb_build_object('Placed', jsonb_build_object('details',
                   jsonb_build_object('fulfilments', jsonb_build_array(jsonb_build_object(
                       'product_ids', jsonb_build_array($2::uuid),
                       'history', jsonb_build_array(jsonb_build_object('status', 'delivered'))))))))
            ORDER BY o.created_at DESC, o.id DESC LIMIT 1"#,
        user_id.uuid(),
        product_id.uuid()
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(OrderId::new))
}

/// Newest first.
pub async fn list(db: &PgPool, filter: &Filter) -> Result<Page, sqlx::Error> {
    let mut query: QueryBuilder<'_, Postgres> = QueryBuilder::new(SELECT);
    // Found in the order of the list: a page then reads no more rows than it shows.
    let (created_at, id) = if let Some(seller_id) = filter.seller_id {
        query.push(" FROM (SELECT o.* FROM read.orders_sellers s JOIN read.orders o");
        query.push(" ON o.id = s.order_id WHERE s.seller_id = ").push_bind(seller_id.uuid());
        ("s.created_at", "s.order_id")
    } else {
        query.push(" FROM (SELECT o.* FROM read.orders o WHERE true");
        ("o.created_at", "o.id")
    };
    if let Some(user_id) = filter.user_id {
        query.push(" AND o.user_id = ").push_bind(user_id.uuid());
    }
    if let Some(status) = filter.status {
        query.push(" AND o.status = ").push_bind(status.as_str());
    }
    for (bound, at) in [(" >= ", filter.from), (" < ", filter.to)] {
        if let Some(at) = at {
            query.push(" AND ").push(created_at).push(bound).push_bind(at);
        }
    }
    if let Some(after) = &filter.after {
        query.push(format_args!(" AND ({created_at}, {id}) < (")).push_bind(after.created_at);
        query.push(", ").push_bind(after.id.uuid()).push(")");
    }
    query.push(format_args!(" ORDER BY {created_at} DESC, {id} DESC LIMIT "));
    query.push_bind(i64::from(filter.limit) + 1);
    query.push(" OFFSET ").push_bind(i64::from(filter.offset));
    query.push(") o ORDER BY o.created_at DESC, o.id DESC");
    let rows: Vec<Json<OrderView>> = query.build_query_scalar().fetch_all(db).await?;
    let mut items: Vec<_> = rows.into_iter().map(|view| view.0).collect();
    let next = crate::paging::cut(&mut items, filter.limit)
        .map(|last| Cursor { created_at: last.order.created_at, id: last.order.id });
    Ok(Page { items, next })
}
