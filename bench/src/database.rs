//! A scenario's own database. Never shared, so that no scenario measures what another one left.

use crate::Result;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Executor, PgPool};
use std::time::{Duration, Instant};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// Whether anybody who follows the feed is not at its end.
const BEHIND: &str = "
    SELECT EXISTS (
        SELECT FROM checkpoints c,
               (SELECT transaction_id, global_position FROM events
                 ORDER BY transaction_id DESC, global_position DESC LIMIT 1) h
         WHERE (c.transaction_id, c.global_position) < (h.transaction_id, h.global_position))";
const REST_WITHIN: Duration = Duration::from_mins(10);

pub struct Database {
    name: String,
    pub options: PgConnectOptions,
    pub pool: PgPool,
}

impl Database {
    pub async fn prepare(options: PgConnectOptions, name: String) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(32)
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await?;
        MIGRATIONS.run(&pool).await?;
        Ok(Self { name, options, pool })
    }

    /// The arguments by which the programs of PostgreSQL reach it.
    pub fn arguments(&self) -> [String; 4] {
        let options = &self.options;
        let socket = options.get_socket().map(|socket| socket.display().to_string());
        [
            format!("-h{}", socket.as_deref().unwrap_or(options.get_host())),
            format!("-p{}", options.get_port()),
            format!("-U{}", options.get_username()),
            self.name.clone(),
        ]
    }

    /// For a server that uses it.
    pub fn url(&self) -> String {
        self.options.to_url_lossy().into()
    }

    /// For `PGPASSWORD`, so that it is not among the arguments, which everybody can see.
    pub fn password(&self) -> Option<String> {
        self.options.to_url_lossy().password().map(str::to_owned)
    }

    /// Waits until what the server does beside requests (read models, letters to new customers) is
    /// at the head of the log, so that the work of preparing is not measured.
    pub async fn at_rest(&self) -> Result<()> {
        let began = Instant::now();
        loop {
            let behind: bool = sqlx::query_scalar(BEHIND).fetch_one(&self.pool).await?;
            if !behind {
                return Ok(());
            }
            if began.elapsed() > REST_WITHIN {
                return Err("the work behind the log does not come to rest".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Brings the statistics up to date and writes everything out, so that neither happens while
    /// something is measured.
    pub async fn settle(&self) -> Result<()> {
        self.pool.execute("VACUUM (ANALYZE)").await?;
        self.pool.execute("CHECKPOINT").await?;
        Ok(())
    }

    pub async fn close(self) -> String {
        self.pool.close().await;
        self.name
    }
}
