//! Reads of reviews, with what is left of their texts.

use super::{Row, Status};
use crate::QueryError;
use aggregates::review::Rating;
use aggregates::{ProductId, ReviewId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgPool, Postgres, QueryBuilder};

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ReviewView {
    pub review: Row,
    /// Absent where there is none, and once the personal data is erased.
    pub comment: Option<String>,
    /// What the hash of the comment is salted with; it goes with the comment.
    pub salt: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    #[default]
    Newest,
    /// Best first, then newest.
    Rating,
}

/// Which reviews [`list`] shows. Deleted ones are never shown.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub product_id: Option<ProductId>,
    pub user_id: Option<UserId>,
    pub rating: Option<Rating>,
    pub status: Option<Status>,
    pub sort: Sort,
    pub limit: u32,
    /// Must come from a page of the same sort.
    pub after: Option<Cursor>,
    pub offset: u32,
}

/// The last review of a page; the next page starts behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Where the page is sorted by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    pub created_at: DateTime<Utc>,
    pub id: ReviewId,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<ReviewView>,
    pub next: Option<Cursor>,
}

/// One review as JSON, from the alias `r` that follows.
const SELECT: &str = "SELECT json_build_object(
    'review', to_json(r),
    'comment', (SELECT nullif(d.value, '') FROM personal_data d
                 WHERE d.subject_id = r.user_id AND d.key = 'review/' || r.id),
    'salt', (SELECT nullif(d.value, '') FROM personal_data d
              WHERE d.subject_id = r.user_id AND d.key = 'review/' || r.id || '/salt'))";

/// `None` also for a deleted one.
pub async fn review(db: &PgPool, id: ReviewId) -> Result<Option<ReviewView>, sqlx::Error> {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" FROM read.reviews r WHERE r.status <> 'deleted' AND r.id = ");
    query.push_bind(id.uuid());
    let view: Option<Json<ReviewView>> = query.build_query_scalar().fetch_optional(db).await?;
    Ok(view.map(|view| view.0))
}

pub async fn list(db: &PgPool, filter: &Filter) -> Result<Page, QueryError> {
    let mut query: QueryBuilder<'_, Postgres> = QueryBuilder::new(SELECT);
    query.push(" FROM (SELECT * FROM read.reviews r WHERE ");
    match filter.status {
        Some(status) => query.push("r.status = ").push_bind(status.as_str()),
        None => query.push("r.status <> 'deleted'"),
    };
    if let Some(product_id) = filter.product_id {
        query.push(" AND r.product_id = ").push_bind(product_id.uuid());
    }
    if let Some(user_id) = filter.user_id {
        query.push(" AND r.user_id = ").push_bind(user_id.uuid());
    }
    if let Some(rating) = filter.rating {
        query.push(" AND r.rating = ").push_bind(i16::from(rating.get()));
    }
    if let Some(after) = &filter.after {
        push_behind(&mut query, filter.sort, after)?;
    }
    let order = match filter.sort {
        Sort::Newest => " ORDER BY r.created_at DESC, r.id DESC",
        Sort::Rating => " ORDER BY r.rating DESC, r.created_at DESC, r.id DESC",
    };
    query.push(order).push(" LIMIT ").push_bind(i64::from(filter.limit) + 1);
    query.push(" OFFSET ").push_bind(i64::from(filter.offset)).push(") r").push(order);
    let rows: Vec<Json<ReviewView>> = query.build_query_scalar().fetch_all(db).await?;
    let mut items: Vec<_> = rows.into_iter().map(|view| view.0).collect();
    let next = crate::paging::cut(&mut items, filter.limit).map(|last| Cursor {
        rating: (filter.sort == Sort::Rating).then_some(last.review.rating),
        created_at: last.review.created_at,
        id: last.review.id,
    });
    Ok(Page { items, next })
}

fn push_behind(
    query: &mut QueryBuilder<'_, Postgres>,
    sort: Sort,
    after: &Cursor,
) -> Result<(), QueryError> {
    match (sort, after.rating) {
        (Sort::Newest, None) => query.push(" AND (r.created_at, r.id) < ("),
        (Sort::Rating, Some(rating)) => {
            query.push(" AND (r.rating, r.created_at, r.id) < (");
            query.push_bind(i16::from(rating.get())).push(", ")
        }
        (Sort::Newest, Some(_)) | (Sort::Rating, None) => return Err(QueryError::Cursor),
    };
    query.push_bind(after.created_at).push(", ").push_bind(after.id.uuid()).push(")");
    Ok(())
}
