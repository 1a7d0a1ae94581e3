//! Bringing the cluster's count of transactions behind the imported ones.
//!
//! The feed shows what is older than every running transaction, and in the order of their ids.
//! Events from "the future" would stay hidden, and new events would come before them.

use crate::history::transaction_id;
use sqlx::{Executor, PgExecutor, PgPool};

/// More would take longer than ten minutes, and bring the cluster near the age at which PostgreSQL
/// has to freeze its tables before it goes on.
pub const MOST_SKIPPED_IDS: u64 = 200_000_000;

/// The first id that no transaction has yet.
pub(super) async fn next(db: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
    let next =
        sqlx::query_scalar!(r#"SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS "next!""#)
            .fetch_one(db)
            .await?;
    transaction_id(&next)
}

/// Uses up transaction ids until `last` is one of them; returns how many.
pub(super) async fn skip(pool: &PgPool, last: u64) -> Result<u64, sqlx::Error> {
    // Each of these transactions does nothing, so none needs to wait for the disk. Whoever comes
    // next waits, and with it the disk has them all.
    const STATEMENT_IDS: u64 = 1_000_000;
    let mut db = pool.acquire().await?;
    db.execute("SET synchronous_commit = off; SET statement_timeout = 0").await?;
    let begin = next(&mut *db).await?;
    let mut reached = begin;
    while reached <= last {
        // A block takes no parameters; these are numbers.
        let block = format!(
            "DO $$ BEGIN
                 FOR i IN 1..{STATEMENT_IDS} LOOP
                     EXIT WHEN pg_current_xact_id() >= '{last}'::xid8;
                     COMMIT;
                 END LOOP;
             END $$"
        );
        db.execute(block.as_str()).await?;
        reached = next(&mut *db).await?;
    }
    // The settings are the session's: it is not handed on.
    db.detach();
    Ok(reached - begin)
}
