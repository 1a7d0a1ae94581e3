//! Listening for notices of the database: hints from other processes, never to be relied on.

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};

/// Listens on a connection of its own, so that none of the pool's is taken for good.
pub(crate) async fn listen(pool: &PgPool, channel: &str) -> Result<PgListener, sqlx::Error> {
    let options = (*pool.connect_options()).clone();
    let own = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(channel).await?;
    Ok(listener)
}
