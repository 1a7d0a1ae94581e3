//! Reads of loyalty accounts. The lists are of candidates: the aggregate decides what becomes of
//! each, so an account too many in them does no harm.

use super::Row;
use aggregates::UserId;
use aggregates::loyalty_account::Tier;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use sqlx::types::Json;

/// `None` where nothing has happened to the customer's account yet.
pub async fn account(db: &PgPool, user_id: UserId) -> Result<Option<Row>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"SELECT to_json(a) AS "row!: Json<Row>" FROM read.loyalty_accounts a
            WHERE a.user_id = $1"#,
        user_id.uuid()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.0))
}

/// At most `limit` customers with points whose time is up by then, behind `after` in the order of
/// their ids.
pub async fn expiring(
    db: &PgPool,
    by: DateTime<Utc>,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        r#"SELECT user_id AS "id!" FROM read.loyalty_accounts
            WHERE next_expiry <= $1 AND ($2::uuid IS NULL OR user_id > $2)
            ORDER BY user_id LIMIT $3"#,
        by,
        after.map(UserId::uuid),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(UserId::new).collect())
}

/// At most `limit` customers with points that expire by then without their having been told,
/// behind `after` in the order of their ids.
pub async fn to_announce(
    db: &PgPool,
    by: DateTime<Utc>,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        r#"SELECT user_id AS "id!" FROM read.loyalty_accounts
            WHERE unannounced <= $1 AND ($2::uuid IS NULL OR user_id > $2)
            ORDER BY user_id LIMIT $3"#,
        by,
        after.map(UserId::uuid),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(UserId::new).collect())
}

/// At most `limit` customers whose tier may have to change: those who ever spent anything, and
/// those above the lowest tier; behind `after` in the order of their ids.
pub async fn to_assess(
    db: &PgPool,
    lowest: &Tier,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        r#"SELECT user_id AS "id!" FROM read.loyalty_accounts
            WHERE (spend > 0 OR tier <> $1) AND ($2::uuid IS NULL OR user_id > $2)
            ORDER BY user_id LIMIT $3"#,
        lowest.as_str(),
        after.map(UserId::uuid),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(UserId::new).collect())
}
