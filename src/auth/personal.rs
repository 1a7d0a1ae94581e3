//! Reading what is stored of a person in `personal_data`. Writing happens only together with events,
//! in units of work.

use aggregates::UserId;
use projections::accounts::Profile;
use sqlx::PgPool;
use std::collections::BTreeMap;

/// The key of the password's hash, erased with all the rest and never shown.
pub(crate) const PASSWORD_HASH: &str = "password_hash";

/// Everything that is stored of a person, by key, but for the password's hash. A value that was
/// cleared is stored as an empty text, and is not shown.
pub async fn all(pool: &PgPool, id: UserId) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT key, value FROM personal_data
          WHERE subject_id = $1 AND key <> $2 AND value <> '' ORDER BY key",
        id.uuid(),
        PASSWORD_HASH
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.value)).collect())
}

/// The profile of an account, up to date.
pub async fn profile(pool: &PgPool, id: UserId) -> Result<Profile, sqlx::Error> {
    let mut all = all(pool, id).await?;
    Ok(Profile {
        email: all.remove("email"),
        first_name: all.remove("first_name"),
        last_name: all.remove("last_name"),
        phone: all.remove("phone"),
        default_address: all.remove("default_address"),
    })
}
