//! A running server: its database, its background work and its HTTP, from start to stop.

use crate::checkout::{Checkout, process};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, ConfigError};
use crate::entropy::Entropy;
use crate::gift_cards::{CodeKeys, GiftCards};
use crate::images::{self, Images};
use crate::mail::Mailer;
use crate::payments::{DemoProvider, PaymentProvider};
use crate::postgres::{Cluster, ClusterOptions, DATABASE, Endpoint, PostgresError, Profile};
use crate::state::{AppState, Parts};
use crate::webhooks::{Resolver, SystemResolver};
use crate::{audit, auth, http, jobs, mail, migrations, webhooks};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use projections::{Group, ReadModels, Runner};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The role under which the server works: it may add to the log and read it, nothing else.
const APP_ROLE: &str = "ledgerline_app";
/// How long background work may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Each connection is a file: as many as the system allows, and not just the usual 1024.
pub fn allow_connections() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        tracing::warn!(%error, now = limit.current, "no more files can be opened than usual");
    }
}

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database cannot be migrated: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the key of the access tokens cannot be used: {0}")]
    Keys(#[from] auth::KeyError),
    #[error("the key of the gift-card codes cannot be used: {0}")]
    CodeKeys(#[from] crate::gift_cards::CodeKeyError),
    #[error("the key of the tree heads cannot be used: {0}")]
    AuditKey(#[from] audit::AuditKeyError),
    #[error(transparent)]
    Mail(#[from] mail::SmtpSetupError),
    #[error(transparent)]
    Images(#[from] images::S3SetupError),
    #[error("the first administrator cannot be made: {0}")]
    FirstAdmin(#[from] auth::bootstrap::BootstrapError),
    #[error("cannot listen on {addr}: {source}")]
    Listen { addr: SocketAddr, source: std::io::Error },
}

/// A database that is migrated and reachable, embedded or not.
#[derive(Debug)]
pub struct Database {
    cluster: Option<Cluster>,
    /// As the owner: migrations, and reading all of the log for verification.
    owner: PgConnectOptions,
}

impl Database {
    /// The database for a command beside a running server: the embedded PostgreSQL of a server that
    /// runs on the same data folder is used as it runs, and left running.
    pub async fn open_beside(config: &Config) -> Result<Self, ServerError> {
        if config.database_url.is_none()
            && let Some(running) = Endpoint::of_running(&config.data_dir)
        {
            let owner = running.connect_options(DATABASE);
            return Ok(Self { cluster: None, owner });
        }
        Self::open(config).await
    }

    /// Starts the embedded PostgreSQL or connects to the configured one, and migrates it.
    pub async fn open(config: &Config) -> Result<Self, ServerError> {
        let (cluster, owner) = if let Some(url) = &config.database_url {
            (None, url.expose().parse::<PgConnectOptions>()?)
        } else {
            let data_dir = config.data_dir.clone();
            let cluster =
                Cluster::start(ClusterOptions { data_dir, profile: Profile::Serve }).await?;
            cluster.ensure_database(DATABASE).await?;
            let owner = cluster.connect_options(DATABASE);
            (Some(cluster), owner)
        };
        let database = Self { cluster, owner };
        let pool = database.owner_pool().await?;
        migrations::MIGRATOR.run(&pool).await?;
        pool.close().await;
        Ok(database)
    }

    /// A small pool as the owner of the database.
    pub async fn owner_pool(&self) -> Result<PgPool, sqlx::Error> {
        PgPoolOptions::new().max_connections(2).connect_with(self.owner.clone()).await
    }

    /// A pool with the rights of the server.
    pub async fn pool(&self, connections: u32, patience: Duration) -> Result<PgPool, sqlx::Error> {
        app_pool(self.owner.clone(), connections, patience).await
    }

    /// Closes everything that was opened through it, then stops the embedded PostgreSQL.
    pub async fn close(self) -> Result<(), PostgresError> {
        match self.cluster {
            Some(cluster) => cluster.stop().await,
            None => Ok(()),
        }
    }
}

async fn app_pool(
    options: PgConnectOptions,
    connections: u32,
    patience: Duration,
) -> Result<PgPool, sqlx::Error> {
    let options = options.options([
        ("role", APP_ROLE),
        // A transaction that is forgotten would stall the feed for everybody.
        ("idle_in_transaction_session_timeout", "10s"),
        ("statement_timeout", "30s"),
    ]);
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(patience)
        // Pinging each connection before its use costs a third of the throughput.
        .test_before_acquire(false)
        .connect_with(options)
        .await
}

/// What a server asks the machine for, so that tests can answer instead.
#[derive(Debug, Clone)]
pub struct World {
    pub clock: Arc<dyn Clock>,
    /// Finds the targets of webhooks.
    pub resolver: Arc<dyn Resolver>,
}

impl Default for World {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), resolver: Arc::new(SystemResolver) }
    }
}

/// A server that runs until [`Server::stop`].
#[derive(Debug)]
pub struct Server {
    pub state: AppState,
    pub addr: SocketAddr,
    stop: CancellationToken,
    /// HTTP ends first, then the work behind it.
    http: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
    database: Database,
}

impl Server {
    /// Starts all that the configuration asks for, and returns once HTTP listens.
    pub async fn start(config: Config, metrics: PrometheusHandle) -> Result<Self, ServerError> {
        Self::start_in(config, metrics, World::default()).await
    }

    /// The same in another world: by another clock, or with other names.
    pub async fn start_in(
        config: Config,
        metrics: PrometheusHandle,
        world: World,
    ) -> Result<Self, ServerError> {
        let World { clock, resolver } = world;
        let database = Database::open(&config).await?;
        let state = assemble(config, metrics, clock, &database).await?;
        let (addr, role) = (state.config.addr, state.config.role);
        if let Some(admin) = &state.config.first_admin {
            auth::bootstrap::first_admin(&state, &admin.email, admin.password.expose()).await?;
        }
        let stop = state.stopping.clone();
        let mut background = state.start_background(&stop);
        if role.works() {
            background.extend(start_work(&state, mailer(&state.config)?, resolver, &stop));
        }
        let listener =
            TcpListener::bind(addr).await.map_err(|source| ServerError::Listen { addr, source })?;
        let addr = listener.local_addr().map_err(|source| ServerError::Listen { addr, source })?;
        let http = tokio::spawn(http::serve(listener, state.clone(), stop.child_token()));
        Ok(Self { state, addr, stop, http, background, database })
    }

    /// Ends HTTP once what is under way is answered, then the background work, then the database.
    pub async fn stop(self) -> Result<(), ServerError> {
        self.stop.cancel();
        let ended = async {
            let _ = self.http.await;
            for task in self.background {
                let _ = task.await;
            }
        };
        if tokio::time::timeout(STOP_WITHIN, ended).await.is_err() {
            tracing::warn!("some work did not end in time; it is repeated at the next start");
        }
        self.state.pool.close().await;
        self.state.read_pool.close().await;
        Ok(self.database.close().await?)
    }
}

/// The state of a server, on a database that is open.
async fn assemble(
    config: Config,
    metrics: PrometheusHandle,
    clock: Arc<dyn Clock>,
    database: &Database,
) -> Result<AppState, ServerError> {
    let entropy = Arc::new(Entropy::new(Arc::clone(&clock)));
    let (key, old) = (config.jwt_key.as_ref(), config.jwt_old_keys.as_ref());
    let keys = auth::SigningKeys::load(key, old, &config.data_dir, &entropy)?;
    let code_keys = CodeKeys::load(config.code_key.as_ref(), &config.data_dir, &entropy)?;
    let patience = Duration::from_secs(config.database.acquire_timeout_s);
    let pool = database.pool(config.database.write_connections, patience).await?;
    let read_pool = match &config.database_read_url {
        Some(url) => {
            app_pool(url.expose().parse()?, config.database.read_connections, patience).await?
        }
        None => database.pool(config.database.read_connections, patience).await?,
    };
    projections::ensure(&pool, &projections::all()).await?;
    let read_models = ReadModels::new(read_pool.clone(), Group::Shop);
    let books = ReadModels::new(read_pool.clone(), Group::Books);
    let provider: Arc<dyn PaymentProvider> = Arc::new(DemoProvider::new(&pool));
    let images = images(&config)?;
    let signs = config.role.works();
    let audit_signer = signs.then(|| audit::load_key(&config, &entropy)).transpose()?;
    let parts = Parts {
        config,
        clock,
        entropy,
        keys,
        pool,
        read_pool,
        read_models,
        books,
        metrics,
        provider,
        images,
        code_keys,
        audit_signer,
    };
    Ok(AppState::build(parts).await?)
}

/// The state for a command that needs no server around it.
pub async fn state_for_cli(config: Config, database: &Database) -> Result<AppState, ServerError> {
    state_at(config, database, Arc::new(SystemClock)).await
}

/// The same, by another clock.
pub async fn state_at(
    config: Config,
    database: &Database,
    clock: Arc<dyn Clock>,
) -> Result<AppState, ServerError> {
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    assemble(config, metrics, clock, database).await
}

/// Where images lie: the configured store, else the data folder.
fn images(config: &Config) -> Result<Images, ServerError> {
    Ok(Images::new(match &config.s3_url {
        Some(url) => Arc::new(images::S3::new(url.expose())?),
        None => Arc::new(images::Folder::new(config.data_dir.join("images"))),
    }))
}

/// Who carries mail: the configured server, else the data folder.
fn mailer(config: &Config) -> Result<Arc<dyn Mailer>, ServerError> {
    Ok(match &config.smtp_url {
        Some(url) => Arc::new(mail::Smtp::new(url.expose())?),
        None => Arc::new(mail::Folder::new(config.data_dir.join("mail"))),
    })
}

/// The projections, the processes, the tree and the jobs.
fn start_work(
    state: &AppState,
    mailer: Arc<dyn Mailer>,
    resolver: Arc<dyn Resolver>,
    stop: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let holder = state.entropy.new_id();
    let runners = [&state.read_models, &state.books]
        .map(|read_models| Runner::new(state.pool.clone(), read_models.clone(), holder));
    state.appended.wake(runners.iter().map(Runner::waker).collect());
    let projecting = runners.map(|runner| tokio::spawn(runner.run(stop.clone().cancelled_owned())));
    let finishing = process::run(
        Checkout::of(state),
        GiftCards::of(state),
        state.pool.clone(),
        state.read_models.clone(),
        stop.clone(),
    );
    let sealing = {
        let (state, stop) = (state.clone(), stop.clone());
        async move {
            stop.run_until_cancelled(audit::keep_signed(state, holder)).await;
        }
    };
    let mut tasks = vec![
        tokio::spawn(finishing),
        tokio::spawn(mail::run(state.clone(), mailer, stop.clone())),
        tokio::spawn(webhooks::run(state.clone(), resolver, stop.clone())),
        tokio::spawn(sealing),
        tokio::spawn(jobs::run(state.clone(), stop.clone())),
    ];
    tasks.extend(projecting);
    tasks
}
