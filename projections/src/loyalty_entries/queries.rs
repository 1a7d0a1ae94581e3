//! Reads of what moved points.

use super::Row;
use aggregates::UserId;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;

/// A movement with what could be spent after it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    pub entry: Row,
    pub balance: i64,
}

/// The last entry of a page; the next page starts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub sequence: i64,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Entry>,
    pub next: Option<Cursor>,
}

/// What moved the points of a customer, the latest first.
pub async fn history(
    db: &PgPool,
    user_id: UserId,
    after: Option<&Cursor>,
    offset: u32,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT to_json(e) AS "entry!: Json<Row>", b.balance AS "balance!"
             FROM (SELECT id, sequence, (sum(change) OVER (ORDER BY sequence))::bigint AS balance
                     FROM read.loyalty_entries WHERE user_id = $1) b
             JOIN read.loyalty_entries e ON e.id = b.id
            WHERE $2::bigint IS NULL OR b.sequence < $2
            ORDER BY b.sequence DESC OFFSET $3 LIMIT $4"#,
        user_id.uuid(),
        after.map(|after| after.sequence),
        i64::from(offset),
        i64::from(limit) + 1
    )
    .fetch_all(db)
    .await?;
    let entry = |(Json(entry), balance)| Entry { entry, balance };
    let mut items: Vec<_> = rows.into_iter().map(|row| entry((row.entry, row.balance))).collect();
    let next =
        crate::paging::cut(&mut items, limit).map(|last| Cursor { sequence: last.entry.sequence });
    Ok(Page { items, next })
}
