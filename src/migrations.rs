//! The migrations of the database, compiled in, and whether they have been applied.

use sqlx::PgPool;
use sqlx::migrate::Migrator;

/// All migrations of this version of the program.
pub static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// How many of them the database lacks.
pub async fn pending(pool: &PgPool) -> Result<usize, sqlx::Error> {
    // The table is sqlx's; it is missing where nothing was ever migrated.
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(pool)
        .await?;
    let applied: Vec<i64> = if exists {
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
            .fetch_all(pool)
            .await?
    } else {
        Vec::new()
    };
    Ok(MIGRATOR.iter().filter(|migration| !applied.contains(&migration.version)).count())
}
