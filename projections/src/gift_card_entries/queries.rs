//! Reads of what moved the balances of gift cards.

use super::Row;
use aggregates::{GiftCardId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;

/// A movement of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub entry: Row,
    /// The last symbols of the card's present code.
    pub hint: String,
    /// Whether it concerns an order of the one who asks.
    pub own_order: bool,
}

/// The last entry of a page; the next page starts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub at: DateTime<Utc>,
    pub card_id: GiftCardId,
    pub sequence: i64,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Entry>,
    pub next: Option<Cursor>,
}

/// What moved the cards that a customer bought, and what orders of theirs moved of any card; the
/// latest first.
pub async fn history(
    db: &PgPool,
    user_id: UserId,
    after: Option<&Cursor>,
    offset: u32,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let rows = sqlx::query!(
        r#"WITH mine AS (SELECT DISTINCT order_id FROM read.gift_card_entries
                          WHERE user_id = $1 AND order_id IS NOT NULL)
           SELECT to_json(e) AS "entry!: Json<Row>", c.hint AS "hint!", m.order_id IS NOT NULL AS "own!"
             FROM read.gift_card_entries e
             JOIN read.gift_cards c ON c.id = e.card_id
             LEFT JOIN mine m ON m.order_id = e.order_id
            WHERE (e.card_id IN (SELECT id FROM read.gift_cards WHERE buyer = $1)
                   OR e.order_id IN (SELECT order_id FROM mine))
              AND ($2::timestamptz IS NULL OR (e.at, e.card_id, e.sequence) < ($2, $3, $4))
            ORDER BY e.at DESC, e.card_id DESC, e.sequence DESC OFFSET $5 LIMIT $6"#,
        user_id.uuid(),
        after.map(|after| after.at),
        after.map(|after| after.card_id.uuid()),
        after.map(|after| after.sequence),
        i64::from(offset),
        i64::from(limit) + 1
    )
    .fetch_all(db)
    .await?;
    let mut items: Vec<Entry> = rows
        .into_iter()
        .map(|row| Entry { entry: row.entry.0, hint: row.hint, own_order: row.own })
        .collect();
    let next = crate::paging::cut(&mut items, limit).map(|Entry { entry, .. }| {
        let Row { at, card_id, sequence, .. } = *entry;
        Cursor { at, card_id, sequence }
    });
    Ok(Page { items, next })
}
