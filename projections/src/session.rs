//! The engine's own connections, apart from the pool that answers requests.

use sqlx::{Connection, Executor, PgConnection, PgPool};

/// Every setting has its reason:
/// - A write transaction that hangs stalls the feed for everybody, so nothing may hang.
/// - Rows and checkpoint commit together: a crash that loses the last commits loses both, and they
///   are projected again. So a commit need not wait for the disk.
/// - A plan made while a table is small is kept while it grows; reading a whole table to find some
///   rows by key would be a disaster later, so the planner only gets to use the indexes.
const SETTINGS: &str = "
    SET application_name = 'ledgerline projections';
    SET lock_timeout = '2s';
    SET statement_timeout = '20s';
    SET idle_in_transaction_session_timeout = '10s';
    SET synchronous_commit = off;
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET jit = off;
    SET timezone = 'UTC'";

/// Opens a connection to the database of the pool.
pub(crate) async fn connect(pool: &PgPool) -> Result<PgConnection, sqlx::Error> {
    let mut connection = PgConnection::connect_with(&pool.connect_options()).await?;
    connection.execute(SETTINGS).await?;
    Ok(connection)
}
