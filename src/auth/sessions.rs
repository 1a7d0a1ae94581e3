//! Logins and their refresh tokens, in the table `sessions`. A token is used once: each use replaces
//! it, and a second use ends its whole family, because one of the two users is a thief. Never stores
//! a token, only its hash.

use crate::entropy::Entropy;
use aggregates::UserId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use utoipa::ToSchema;
use uuid::Uuid;

/// A new refresh token. Shown to the client once and stored nowhere.
pub struct RefreshToken {
    /// The login, `sid` of its access tokens.
    pub family: Uuid,
    pub user_id: UserId,
    pub token: String,
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshToken").field("family", &self.family).finish_non_exhaustive()
    }
}

/// What became of a refresh token that was presented.
#[derive(Debug)]
pub enum Rotation {
    /// It was replaced by this one.
    Rotated(RefreshToken),
    /// It had been used before, so that its family has been ended.
    Reused { family: Uuid },
    /// Unknown, expired or revoked.
    Refused,
}

/// A login, as its owner may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionView {
    pub id: Uuid,
    pub started_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Opens, rotates and ends logins.
#[derive(Debug, Clone)]
pub struct Sessions {
    pool: PgPool,
    lifetime: TimeDelta,
}

impl Sessions {
    pub fn new(pool: PgPool, refresh_days: u32) -> Self {
        Self { pool, lifetime: TimeDelta::days(refresh_days.into()) }
    }

    /// Begins a login.
    pub async fn open(
        &self,
        user_id: UserId,
        now: DateTime<Utc>,
        entropy: &Entropy,
    ) -> Result<RefreshToken, sqlx::Error> {
        let family = entropy.new_id();
        let (token, hash) = draw(entropy);
        sqlx::query!(
            "INSERT INTO sessions (token_hash, family, user_id, rotation, issued_at, expires_at)
             VALUES ($1, $2, $3, 1, $4, $5)",
            &hash[..],
            family,
            user_id.uuid(),
            now,
            now + self.lifetime
        )
        .execute(&self.pool)
        .await?;
        Ok(RefreshToken { family, user_id, token })
    }

    /// Replaces a token by the next of its family, in one statement, so that of two uses at the same
    /// time only one succeeds.
    pub async fn rotate(
        &self,
        token: &str,
        now: DateTime<Utc>,
        entropy: &Entropy,
    ) -> Result<Rotation, sqlx::Error> {
        let old = hash(token);
        let (token, new) = draw(entropy);
        let rotated = sqlx::query!(
            // A revoked token in the family ends it all, even a token that a rotation at the same
            // moment added behind the revocation's back.
            r#"WITH used AS (
                   UPDATE sessions s SET used_at = $2
                    WHERE s.token_hash = $1 AND s.used_at IS NULL AND s.expires_at > $2
                      AND NOT EXISTS (SELECT FROM sessions r
                                       WHERE r.family = s.family AND r.revoked_at IS NOT NULL)
                   RETURNING s.family, s.user_id, s.rotation)
               INSERT INTO sessions (token_hash, family, user_id, rotation, issued_at, expires_at)
               SELECT $3, family, user_id, rotation + 1, $2, $4 FROM used
               RETURNING family, user_id"#,
            &old[..],
            now,
            &new[..],
            now + self.lifetime
        )
        .fetch_optional(&self.pool)
        .await?;
        if let Some(row) = rotated {
            let user_id = UserId::new(row.user_id);
            return Ok(Rotation::Rotated(RefreshToken { family: row.family, user_id, token }));
        }
        let reused = sqlx::query_scalar!(
            "SELECT family FROM sessions WHERE token_hash = $1 AND used_at IS NOT NULL",
            &old[..]
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(family) = reused else { return Ok(Rotation::Refused) };
        self.revoke(family, now).await?;
        Ok(Rotation::Reused { family })
    }

    /// Ends a login.
    pub async fn revoke(&self, family: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "UPDATE sessions SET revoked_at = $2 WHERE family = $1 AND revoked_at IS NULL",
            family,
            now
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Ends all logins of an account.
    pub async fn revoke_all(&self, user_id: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
            user_id.uuid(),
            now
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The account of a login that a token belongs to, whatever its state.
    pub async fn family_of(&self, token: &str) -> Result<Option<(Uuid, UserId)>, sqlx::Error> {
        let row = sqlx::query!(
            "SELECT family, user_id FROM sessions WHERE token_hash = $1",
            &hash(token)[..]
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| (row.family, UserId::new(row.user_id))))
    }

    /// The logins that were ended since that moment.
    pub async fn revoked_since(
        &self,
        since: DateTime<Utc>,
    ) -> Result<Vec<(Uuid, DateTime<Utc>)>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT family, max(revoked_at) AS "revoked_at!" FROM sessions
                WHERE revoked_at >= $1 GROUP BY family"#,
            since
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.family, row.revoked_at)).collect())
    }

    /// The logins of an account that can still be used, newest first.
    pub async fn list(
        &self,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionView>, sqlx::Error> {
        sqlx::query_as!(
            SessionView,
            r#"SELECT family AS id, min(issued_at) AS "started_at!",
                      max(issued_at) AS "last_used_at!", max(expires_at) AS "expires_at!"
                 FROM sessions WHERE user_id = $1
                GROUP BY family
               HAVING max(expires_at) > $2 AND bool_and(revoked_at IS NULL)
                ORDER BY min(issued_at) DESC, family"#,
            user_id.uuid(),
            now
        )
        .fetch_all(&self.pool)
        .await
    }

    /// Deletes what an account has left here.
    pub async fn forget(&self, user_id: UserId) -> Result<(), sqlx::Error> {
        sqlx::query!("DELETE FROM sessions WHERE user_id = $1", user_id.uuid())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Deletes tokens that expired long ago. Until then they still tell a thief from a stranger.
    pub async fn purge(&self, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
        let done = sqlx::query!("DELETE FROM sessions WHERE expires_at < $1", now - self.lifetime)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}

/// A random token of 256 bits and its hash.
fn draw(entropy: &Entropy) -> (String, [u8; 32]) {
    let token = URL_SAFE_NO_PAD.encode(entropy.bytes::<32>());
    let hash = hash(&token);
    (token, hash)
}

/// A fast hash is enough: nobody can guess 256 random bits.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
