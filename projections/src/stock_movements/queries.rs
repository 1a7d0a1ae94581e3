//! Reads of what moved stock.

use super::Row;
use aggregates::ProductId;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;

/// A movement with the stock after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    pub row: Row,
    pub on_hand_after: i64,
    pub reserved_after: i64,
}

/// The last movement of a page; the next page starts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub sequence: i64,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Movement>,
    pub next: Option<Cursor>,
}

/// What moved the stock of a product, the latest first.
pub async fn history(
    db: &PgPool,
    product_id: ProductId,
    after: Option<&Cursor>,
    offset: u32,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let rows = sqlx::query!(
        r#"WITH page AS MATERIALIZED (
                SELECT * FROM read.stock_movements
                 WHERE product_id = $1 AND ($2::bigint IS NULL OR sequence < $2)
                 ORDER BY sequence DESC OFFSET $3 LIMIT $4),
           latest AS (
                SELECT coalesce(sum(m.on_hand), 0) AS on_hand, coalesce(sum(m.reserved), 0) AS reserved
                  FROM read.stock_movements m
                 WHERE m.product_id = $1 AND m.sequence <= (SELECT max(sequence) FROM page))
           SELECT to_json(p) AS "row!: Json<Row>",
                  (l.on_hand - coalesce(sum(p.on_hand) OVER later, 0))::bigint AS "on_hand!",
                  (l.reserved - coalesce(sum(p.reserved) OVER later, 0))::bigint AS "reserved!"
             FROM page p, latest l
           WINDOW later AS (ORDER BY p.sequence DESC
                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            ORDER BY p.sequence DESC"#,
        product_id.uuid(),
        after.map(|after| after.sequence),
        i64::from(offset),
        i64::from(limit) + 1
    )
    .fetch_all(db)
    .await?;
    let movement = |(Json(row), on_hand_after, reserved_after)| Movement {
        row,
        on_hand_after,
        reserved_after,
    };
    let mut items: Vec<_> =
        rows.into_iter().map(|row| movement((row.row, row.on_hand, row.reserved))).collect();
    let next =
        crate::paging::cut(&mut items, limit).map(|last| Cursor { sequence: last.row.sequence });
    Ok(Page { items, next })
}
