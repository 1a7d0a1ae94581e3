//! A connection that groups hand on to each other while there is work.
//!
//! It is tested when it is taken from the pool: a command must not fail because the database was
//! restarted since the last one.

use sqlx::pool::PoolConnection;
use sqlx::{Connection, PgConnection, PgPool, Postgres};

#[derive(Default)]
pub(super) struct Session {
    connection: Option<PoolConnection<Postgres>>,
}

impl Session {
    pub async fn get(&mut self, pool: &PgPool) -> Result<&mut PgConnection, sqlx::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => working(pool).await?,
        };
        Ok(self.connection.insert(connection))
    }

    /// After an error of the connection itself.
    pub fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.close_on_drop();
        }
    }
}

/// All connections that lie in the pool may be broken; a new one is an answer in any case.
async fn working(pool: &PgPool) -> Result<PoolConnection<Postgres>, sqlx::Error> {
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await?;
        if connection.ping().await.is_ok() {
            return Ok(connection);
        }
        connection.close_on_drop();
    }
    pool.acquire().await
}
