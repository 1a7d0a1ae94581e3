//! A scenario's own database. Never shared, so that no scenario measures what another one left.

use crate::Result;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Executor, PgPool};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

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
        [
            format!("-h{}", options.get_host()),
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
