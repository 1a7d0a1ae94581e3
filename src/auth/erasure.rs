//! What is left of an account outside the log and `personal_data`, deleted when it is erased. Never
//! touches an event: ledgers stay.

use aggregates::UserId;
use sqlx::PgPool;

/// Under whose name an account's idempotency keys are recorded.
pub fn scope(user_id: UserId) -> String {
    format!("account:{user_id}")
}

/// Deletes the logins of an erased account and the answers recorded for it, which may show names and
/// addresses.
pub async fn forget(pool: &PgPool, user_id: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH answers AS (DELETE FROM idempotency WHERE scope = $1)
         DELETE FROM sessions WHERE user_id = $2",
        scope(user_id),
        user_id.uuid()
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// The same for all erased accounts: finishes what a crash between the append and [`forget`] left.
pub async fn sweep(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "WITH erased AS (SELECT id FROM read.accounts WHERE is_erased),
              answers AS (DELETE FROM idempotency i USING erased e
                           WHERE i.scope = 'account:' || e.id RETURNING 1),
              logins AS (DELETE FROM sessions s USING erased e WHERE s.user_id = e.id RETURNING 1),
              personal AS (DELETE FROM personal_data p USING erased e
                            WHERE p.subject_id = e.id RETURNING 1)
         SELECT (SELECT count(*) FROM answers) + (SELECT count(*) FROM logins)
              + (SELECT count(*) FROM personal) AS \"deleted!\""
    )
    .fetch_one(pool)
    .await?;
    Ok(u64::try_from(done.deleted).unwrap_or(0))
}
