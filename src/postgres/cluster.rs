//! A cluster from start to stop: the steps in their order. It must never leave a postmaster behind
//! that the next start could not find, and never hand out a database that does not answer yet.

use std::ops::Deref;
use std::path::PathBuf;
use std::time::Instant;

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};

use super::endpoint::{self, Endpoint, SUPERUSER};
use super::error::PostgresError;
use super::layout::Layout;
use super::process::Postmaster;
use super::settings::Profile;
use super::start;

/// What to start.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// Made if it does not exist.
    pub data_dir: PathBuf,
    /// What the cluster is for.
    pub profile: Profile,
}

/// A running cluster that this process is responsible for. Dropping it tells the database to stop
/// without waiting; call [`Cluster::stop`] to wait.
#[derive(Debug)]
pub struct Cluster {
    endpoint: Endpoint,
    postmaster: Postmaster,
    layout: Layout,
}

impl Cluster {
    /// Starts the cluster of a data folder, or takes over the one that a killed server left
    /// running. Returns when it answers.
    pub async fn start(options: ClusterOptions) -> Result<Self, PostgresError> {
        let begun = Instant::now();
        let layout = Layout::prepare(&options.data_dir)?;
        let (postmaster, endpoint, session) = match start::adopt(&layout).await? {
            Some(running) => running,
            None => start::start(&layout, options.profile).await?,
        };
        // From here on, giving up (an error, or a dropped future) stops the database through
        // `Drop`.
        let cluster = Self { endpoint, postmaster, layout };
        cluster.set_password(session).await?;
        endpoint::write_url(&cluster.layout.url_file(), &cluster.endpoint)?;
        tracing::info!(
            folder = %cluster.layout.home().display(),
            port = cluster.endpoint.port,
            process = cluster.postmaster.id(),
            milliseconds = begun.elapsed().as_millis(),
            "the embedded PostgreSQL is ready"
        );
        Ok(cluster)
    }

    /// Makes a database unless it exists.
    pub async fn ensure_database(&self, name: &str) -> Result<(), PostgresError> {
        let mut session = PgConnection::connect_with(&self.connect_options(SUPERUSER)).await?;
        let exists: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(name)
                .fetch_one(&mut session)
                .await?;
        if !exists {
            let name = name.replace('"', "\"\"");
            session.execute(format!("CREATE DATABASE \"{name}\"").as_str()).await?;
        }
        session.close().await?;
        Ok(())
    }

    /// Ends all sessions, stops the database and waits for it. Stop HTTP and the workers first.
    pub async fn stop(self) -> Result<(), PostgresError> {
        let Self { endpoint, postmaster, layout } = self;
        postmaster.stop().await?;
        if Layout::is_outside(&endpoint.socket_dir) {
            layout.account.script("rm -rf \"$1\"", &[endpoint.socket_dir.as_os_str()], "")?;
        }
        tracing::info!("the embedded PostgreSQL has stopped");
        // The data folder stays locked up to here: the next server must not meet a database that is
        // about to end.
        drop(layout);
        Ok(())
    }

    /// Leaves the database running without us, as a killed server does. Somebody else has to stop
    /// it.
    pub fn detach(self) -> Endpoint {
        self.postmaster.release();
        self.endpoint
    }

    /// Set on every start, so that the recorded password is always the one in force.
    async fn set_password(&self, mut session: PgConnection) -> Result<(), PostgresError> {
        // A password of ours has hexadecimal digits only; one from an edited file may have
        // anything.
        let password = self.endpoint.password.replace('\'', "''");
        let statement = format!("ALTER ROLE {SUPERUSER} PASSWORD '{password}'");
        session.execute(statement.as_str()).await?;
        session.close().await?;
        Ok(())
    }
}

impl Deref for Cluster {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.endpoint
    }
}
