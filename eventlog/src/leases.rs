//! Leases: who does a piece of work that only one process may do at a time.
//!
//! Times are the database's, so that the clocks of the processes do not matter. A lease only saves
//! work: what keeps it correct are checkpoints and idempotent commands. So taking one does not wait for
//! the disk, which the appends need: a crash of the database may bring an older one back.

use sqlx::PgExecutor;
use std::time::Duration;
use uuid::Uuid;

/// Takes or renews the lease. `false` where another process holds it.
pub async fn acquire(
    db: impl PgExecutor<'_>,
    name: &str,
    holder: Uuid,
    ttl: Duration,
) -> Result<bool, sqlx::Error> {
    crate::fault!("lease.before");
    let done = sqlx::query!(
        "WITH lax AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
         INSERT INTO leases (name, holder, expires_at)
         SELECT $1, $2, clock_timestamp() + make_interval(secs => $3) FROM lax
         ON CONFLICT (name) DO UPDATE
            SET holder = excluded.holder, expires_at = excluded.expires_at
          WHERE leases.holder = excluded.holder OR leases.expires_at < clock_timestamp()",
        name,
        holder,
        ttl.as_secs_f64()
    )
    .execute(db)
    .await?;
    crate::fault!("lease.taken");
    Ok(done.rows_affected() == 1)
}

/// Gives the lease up, so that another process need not wait for it to expire.
pub async fn release(db: impl PgExecutor<'_>, name: &str, holder: Uuid) -> Result<(), sqlx::Error> {
    crate::fault!("lease.releasing");
    sqlx::query!("DELETE FROM leases WHERE name = $1 AND holder = $2", name, holder)
        .execute(db)
        .await?;
    crate::fault!("lease.released");
    Ok(())
}
