//! Reads of gift cards.

use super::Row;
use aggregates::gift_card::CodeHash;
use aggregates::{GiftCardId, UserId};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use sqlx::types::Json;

pub async fn gift_card(db: &PgPool, id: GiftCardId) -> Result<Option<Row>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"SELECT to_json(c) AS "row!: Json<Row>" FROM read.gift_cards c WHERE c.id = $1"#,
        id.uuid()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.0))
}

/// All cards that a person bought, the first one first.
pub async fn bought_by(db: &PgPool, id: UserId) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(c) AS "row!: Json<Row>" FROM read.gift_cards c
            WHERE c.buyer = $1 ORDER BY c.created_at, c.id"#,
        id.uuid()
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The card that has this code now.
pub async fn by_code(db: &PgPool, hash: &CodeHash) -> Result<Option<GiftCardId>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM read.gift_cards WHERE code_hash = $1 ORDER BY id DESC LIMIT 1"#,
        hash.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(GiftCardId::new))
}

/// At most `limit` cards whose time is up and that still have something available, behind `after` in the order of their ids.
pub async fn expired(
    db: &PgPool,
    now: DateTime<Utc>,
    after: Option<GiftCardId>,
    limit: i64,
) -> Result<Vec<GiftCardId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM read.gift_cards
          WHERE expires_at <= $1 AND available > 0 AND ($2::uuid IS NULL OR id > $2)
          ORDER BY id LIMIT $3"#,
        now,
        after.map(GiftCardId::uuid),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(GiftCardId::new).collect())
}
