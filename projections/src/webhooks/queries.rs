//! Reads of webhooks.

use super::Row;
use aggregates::{UserId, WebhookId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;

/// The last webhook of a page; the next page starts behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub created_at: DateTime<Utc>,
    pub id: WebhookId,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Row>,
    pub next: Option<Cursor>,
}

pub async fn webhook(db: &PgPool, id: WebhookId) -> Result<Option<Row>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"SELECT to_json(w) AS "row!: Json<Row>" FROM read.webhooks w WHERE w.id = $1"#,
        id.uuid()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.0))
}

/// How many webhooks an account has.
pub async fn count(db: &PgPool, owner: UserId) -> Result<u32, sqlx::Error> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM read.webhooks WHERE owner = $1"#,
        owner.uuid()
    )
    .fetch_one(db)
    .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Those of an account, or all; the oldest first.
pub async fn list(
    db: &PgPool,
    owner: Option<UserId>,
    after: Option<&Cursor>,
    offset: u32,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(w) AS "row!: Json<Row>" FROM read.webhooks w
            WHERE ($1::uuid IS NULL OR w.owner = $1)
              AND ($2::timestamptz IS NULL OR (w.created_at, w.id) > ($2, $3::uuid))
            ORDER BY w.created_at, w.id OFFSET $4 LIMIT $5"#,
        owner.map(UserId::uuid),
        after.map(|after| after.created_at),
        after.map(|after| after.id.uuid()),
        i64::from(offset),
        i64::from(limit) + 1
    )
    .fetch_all(db)
    .await?;
    let mut items: Vec<Row> = rows.into_iter().map(|row| row.0).collect();
    let next = crate::paging::cut(&mut items, limit)
        .map(|last| Cursor { created_at: last.created_at, id: last.id });
    Ok(Page { items, next })
}

/// All that are told of what happens.
pub async fn enabled(db: &PgPool) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(w) AS "row!: Json<Row>" FROM read.webhooks w
            WHERE w.is_enabled ORDER BY w.id"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
