//! One-time links: tokens that are mailed, and prove once that somebody reads mail at the address of
//! an account. Never stores a token, only its hash.

use crate::entropy::Entropy;
use aggregates::UserId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    VerifyEmail,
    ResetPassword,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }

    /// How long a link can be used.
    pub const fn lifetime(self) -> TimeDelta {
        match self {
            Self::VerifyEmail => TimeDelta::days(3),
            Self::ResetPassword => TimeDelta::hours(1),
        }
    }
}

/// A new token for an account.
pub async fn issue(
    pool: &PgPool,
    entropy: &Entropy,
    purpose: Purpose,
    user_id: UserId,
    now: DateTime<Utc>,
) -> Result<String, sqlx::Error> {
    let token = URL_SAFE_NO_PAD.encode(entropy.bytes::<32>());
    sqlx::query!(
        // Not waiting for the disk: what records that it was sent lies behind it in the same
        // write-ahead log.
        "WITH lax AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
         INSERT INTO one_time_links (token_hash, purpose, user_id, expires_at)
         SELECT $1, $2, $3, $4 FROM lax",
        &hash(&token)[..],
        purpose.as_str(),
        user_id.uuid(),
        now + purpose.lifetime()
    )
    .execute(pool)
    .await?;
    Ok(token)
}

/// Uses a token up; `None` where it is unknown, expired or used. With it go all others of the same
/// account and purpose.
pub async fn redeem(
    pool: &PgPool,
    purpose: Purpose,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<UserId>, sqlx::Error> {
    let user_id = sqlx::query_scalar!(
        "UPDATE one_time_links SET used_at = $3
          WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
         RETURNING user_id",
        &hash(token)[..],
        purpose.as_str(),
        now
    )
    .fetch_optional(pool)
    .await?;
    let Some(user_id) = user_id else { return Ok(None) };
    sqlx::query!(
        "UPDATE one_time_links SET used_at = $3
          WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL",
        user_id,
        purpose.as_str(),
        now
    )
    .execute(pool)
    .await?;
    Ok(Some(UserId::new(user_id)))
}

/// Deletes those that have had their time; returns how many.
pub async fn purge(pool: &PgPool, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let done =
        sqlx::query!("DELETE FROM one_time_links WHERE expires_at < $1", now).execute(pool).await?;
    Ok(done.rows_affected())
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
