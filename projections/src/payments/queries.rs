//! Reads of payments.

use super::Row;
use aggregates::{OrderId, PaymentId, UserId};
use sqlx::PgPool;
use sqlx::types::Json;

pub async fn payment(db: &PgPool, id: PaymentId) -> Result<Option<Row>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"SELECT to_json(p) AS "row!: Json<Row>" FROM read.payments p WHERE p.id = $1"#,
        id.uuid()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.0))
}

/// All payments of an order, the latest first.
pub async fn by_order(db: &PgPool, id: OrderId) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(p) AS "row!: Json<Row>" FROM read.payments p
            WHERE p.order_id = $1 ORDER BY p.created_at DESC, p.id DESC"#,
        id.uuid()
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// All payments of a person, the first one first.
pub async fn by_user(db: &PgPool, id: UserId) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(p) AS "row!: Json<Row>" FROM read.payments p
            WHERE p.user_id = $1 ORDER BY p.created_at, p.id"#,
        id.uuid()
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
