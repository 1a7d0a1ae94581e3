//! The PostgreSQL that is measured: one that is given, or a throw-away cluster with the settings of
//! a server (fully durable). Never one on another machine.

use crate::Result;
use crate::database::Database;
use ledgerline::postgres::{Cluster, ClusterOptions, Profile};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

pub struct Server {
    options: PgConnectOptions,
    /// Removed after the cluster has stopped.
    embedded: Option<(Cluster, TempDir)>,
    databases: AtomicU32,
}

impl Server {
    pub async fn start(url: Option<&str>) -> Result<Self> {
        let (options, embedded) = if let Some(url) = url {
            (PgConnectOptions::from_str(url)?, None)
        } else {
            let folder = tempfile::tempdir()?;
            // Root's database processes run as another user, who has to pass.
            fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
            let data_dir = folder.path().join("data");
            let options = ClusterOptions { data_dir, profile: Profile::Serve };
            let cluster = roomy(Cluster::start(options.clone()).await?, options).await?;
            // Over the Unix socket, as `serve` and, here, pgbench: the same way for all.
            (cluster.connect_options("postgres"), Some((cluster, folder)))
        };
        let host = options.get_host();
        let is_socket = options.get_socket().is_some() || host.starts_with('/');
        if !(is_socket || ["127.0.0.1", "::1", "localhost"].contains(&host)) {
            return Err(format!("{host} is not this machine").into());
        }
        let options = options.disable_statement_logging();
        Ok(Self { options, embedded, databases: AtomicU32::new(0) })
    }

    /// Ends the throw-away cluster.
    pub async fn stop(self) -> Result<()> {
        if let Some((cluster, folder)) = self.embedded {
            cluster.stop().await?;
            folder.close()?;
        }
        Ok(())
    }

    /// A new database with the migrations.
    pub async fn database(&self) -> Result<Database> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench_{}_{number}", std::process::id());
        self.execute(&format!("CREATE DATABASE {name}")).await?;
        Database::prepare(self.options.clone().database(&name), name).await
    }

    /// A database that is there already, and stays.
    pub async fn existing(&self, name: &str) -> Result<Database> {
        Database::prepare(self.options.clone().database(name), name.to_owned()).await
    }

    /// Ends the sessions of a database and drops it.
    pub async fn drop_database(&self, database: Database) -> Result<()> {
        let name = database.close().await;
        self.execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await
    }

    async fn execute(&self, statement: &str) -> Result<()> {
        let mut session = PgConnection::connect_with(&self.options).await?;
        session.execute(statement).await?;
        Ok(session.close().await?)
    }
}

/// The same cluster with room for the connections of pgbench beside those of a server.
async fn roomy(cluster: Cluster, options: ClusterOptions) -> Result<Cluster> {
    let mut session =
        PgConnection::connect_with(&PgConnectOptions::from_str(&cluster.url("postgres"))?).await?;
    session.execute("ALTER SYSTEM SET max_connections = 200").await?;
    session.close().await?;
    cluster.stop().await?;
    Ok(Cluster::start(options).await?)
}
