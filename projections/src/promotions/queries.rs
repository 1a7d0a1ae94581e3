//! Reads of promotions.

use super::Row;
use aggregates::PromoCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;

/// The last promotion of a page; the next page starts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub created_at: DateTime<Utc>,
    pub code: PromoCode,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Row>,
    pub next: Option<Cursor>,
}

pub async fn promotion(db: &PgPool, code: &PromoCode) -> Result<Option<Row>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"SELECT to_json(p) AS "row!: Json<Row>" FROM read.promotions p WHERE p.code = $1"#,
        code.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.0))
}

/// What can be used at a moment and is not used up, the newest first.
pub async fn active(
    db: &PgPool,
    at: DateTime<Utc>,
    after: Option<&Cursor>,
    offset: u32,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(p) AS "row!: Json<Row>" FROM read.promotions p
            WHERE p.status = 'active'
              AND (p.starts_at IS NULL OR p.starts_at <= $1)
              AND (p.ends_at IS NULL OR p.ends_at > $1)
              AND (p.usage_limit IS NULL OR p.used + p.held < p.usage_limit)
              AND ($2::timestamptz IS NULL OR p.created_at < $2
                   OR (p.created_at = $2 AND p.code > $3))
            ORDER BY p.created_at DESC, p.code OFFSET $4 LIMIT $5"#,
        at,
        after.map(|after| after.created_at),
        after.map(|after| after.code.as_str()),
        i64::from(offset),
        i64::from(limit) + 1
    )
    .fetch_all(db)
    .await?;
    let mut items: Vec<Row> = rows.into_iter().map(|row| row.0).collect();
    let next = crate::paging::cut(&mut items, limit)
        .map(|last| Cursor { created_at: last.created_at, code: last.code.clone() });
    Ok(Page { items, next })
}

/// At most `limit` promotions whose window had closed by then and that are not recorded as expired
/// yet, behind `after` in the order of their codes.
pub async fn ended(
    db: &PgPool,
    by: DateTime<Utc>,
    after: Option<&PromoCode>,
    limit: i64,
) -> Result<Vec<PromoCode>, sqlx::Error> {
    let codes = sqlx::query_scalar!(
        r#"SELECT to_json(code) AS "code!: Json<PromoCode>" FROM read.promotions
            WHERE status = 'active' AND ends_at <= $1 AND ($2::text IS NULL OR code > $2)
            ORDER BY code LIMIT $3"#,
        by,
        after.map(PromoCode::as_str),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(codes.into_iter().map(|code| code.0).collect())
}
