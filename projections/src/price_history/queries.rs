//! Reads of the prices that a product had.

use super::Row;
use aggregates::ProductId;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;

/// The last price of a page; the next page starts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub sequence: i64,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Row>,
    pub next: Option<Cursor>,
}

/// The prices of a product, the latest first.
pub async fn history(
    db: &PgPool,
    product_id: ProductId,
    after: Option<&Cursor>,
    offset: u32,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(p) AS "row!: Json<Row>" FROM read.price_history p
            WHERE p.product_id = $1 AND ($2::bigint IS NULL OR p.sequence < $2)
            ORDER BY p.sequence DESC OFFSET $3 LIMIT $4"#,
        product_id.uuid(),
        after.map(|after| after.sequence),
        i64::from(offset),
        i64::from(limit) + 1
    )
    .fetch_all(db)
    .await?;
    let mut items: Vec<Row> = rows.into_iter().map(|row| row.0).collect();
    let next = crate::paging::cut(&mut items, limit).map(|last| Cursor { sequence: last.sequence });
    Ok(Page { items, next })
}
