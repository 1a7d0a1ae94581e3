//! A database of its own for every test, in milliseconds: a copy of a template that was migrated
//! once.
//!
//! All test processes of a user share one cluster (threads of `cargo test`, processes of nextest).
//! The first one starts it. A small shell, the guard, watches a FIFO that every test process holds
//! open: when the last one has gone, in whichever way, it stops the cluster and deletes its folder.
//! It must never depend on a test's runtime, and never leave a database process behind.

#![cfg(test)]

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ledgerline::postgres::{Cluster, ClusterOptions, Endpoint, Profile};
use rustix::fs::OFlags;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgPool};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// `$1` is the folder of a cluster. Five idle seconds bridge the gaps between the processes of a
/// run.
const GUARD: &str = r#"
trap '' HUP INT TERM
cd "$1" || exit 1
mkfifo users || exit 1
sleep 10 > users &
exec 3< users
idle=0
while [ "$idle" -lt 5 ]; do
    # Waits while anybody holds the other end, and answers at once when nobody does.
    if [ -n "$(cat <&3)" ]; then idle=0; else idle=$((idle + 1)); fi
    sleep 1
done
mv users closed
cat <&3 > /dev/null
if home=$(cd data/postgres && pwd -P) && read -r pid < "$home/cluster/postmaster.pid"; then
    arguments() { tr '\0' ' ' < "/proc/$pid/cmdline" || ps -ww -o args= -p "$pid"; }
    runs() { arguments | grep -qF "$home/"; }
    if runs; then kill -QUIT "$pid"; fi
    while runs; do sleep 1; done
fi 2> /dev/null
cd / && rm -rf "$1" "$home"
"#;

/// A migrated database that nobody else uses. Dropping the value drops the database.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// A copy of the template.
    pub async fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let shared = Shared::get();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let statement = format!("CREATE DATABASE {name} TEMPLATE {}", shared.template);
        shared.execute(&statement).await.expect("a copy of the template");
        // The one thing that is not copied: what the migrations grant on the database itself.
        let statement = format!("GRANT CREATE ON DATABASE {name} TO ledgerline_app");
        shared.execute(&statement).await.expect("the rights of the server");
        Self { name }
    }

    /// For pools and sessions of one's own, as the superuser.
    pub fn connect_options(&self) -> PgConnectOptions {
        Shared::get().endpoint.connect_options(&self.name)
    }

    /// For programs that take a `DATABASE_URL`.
    pub fn url(&self) -> String {
        Shared::get().endpoint.url(&self.name)
    }

    /// A small pool that belongs to the caller's runtime.
    pub async fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(5)
            .test_before_acquire(false)
            .connect_with(self.connect_options())
            .await
            .expect("a session with the test's database")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // On a thread of its own: the test's runtime must not be entered twice, and may be gone.
        // What cannot be dropped goes with the cluster.
        let _ = on_own_runtime(Shared::get().drop_database(&self.name));
    }
}

/// What every template holds beside the migrations.
async fn prepare_template(pool: &PgPool) {
    // The read models belong to the server's role, as if it had made them itself.
    let options = pool.connect_options().as_ref().clone().options([("role", "ledgerline_app")]);
    let server = PgPoolOptions::new().max_connections(2).connect_with(options).await;
    let server = server.expect("a session as the server");
    projections::ensure(&server, &projections::all()).await.expect("the read models");
    server.close().await;
    // Last: a copy then neither sets hint bits nor plans blindly.
    pool.execute("VACUUM (ANALYZE)").await.expect("a tidy template");
}

/// This process's share in the cluster.
struct Shared {
    endpoint: Endpoint,
    template: String,
    /// As long as it is open, the guard keeps the cluster.
    _membership: File,
}

impl Shared {
    fn get() -> &'static Self {
        static SHARED: OnceLock<Shared> = OnceLock::new();
        SHARED.get_or_init(|| on_own_runtime(Self::join()))
    }

    async fn join() -> Self {
        let base = base_folder();
        let lock = File::create(base.join("lock")).expect("a lock file");
        lock.lock().expect("the lock of the test cluster");
        let (membership, endpoint) = match join_running(&base).await {
            Some(running) => running,
            None => start(&base).await,
        };
        let mut shared = Self { endpoint, template: template_name(), _membership: membership };
        shared.ensure_template().await;
        shared
    }

    async fn execute(&self, statement: &str) -> Result<(), sqlx::Error> {
        let options = self.endpoint.connect_options("postgres").disable_statement_logging();
        let mut session = PgConnection::connect_with(&options).await?;
        session.execute(statement).await?;
        session.close().await
    }

    async fn drop_database(&self, name: &str) -> Result<(), sqlx::Error> {
        // A test's sessions are open still. DROP would end them too, but then waits for 100 ms.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        self.execute(&format!("{end} = '{name}'")).await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
    }

    /// Called under the lock. A template that is marked as one is complete.
    async fn ensure_template(&mut self) {
        let name = &self.template;
        let options = self.endpoint.connect_options("postgres");
        let mut session = PgConnection::connect_with(&options).await.expect("a session");
        let complete =
            "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)";
        let complete: bool = sqlx::query_scalar(complete)
            .bind(name)
            .fetch_one(&mut session)
            .await
            .expect("the list of databases");
        if complete {
            return;
        }
        self.execute(&format!("DROP DATABASE IF EXISTS {name}")).await.expect("no half template");
        self.execute(&format!("CREATE DATABASE {name}")).await.expect("a new template");
        let options = self.endpoint.connect_options(name);
        let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await;
        let pool = pool.expect("a session with the template");
        MIGRATIONS.run(&pool).await.expect("the migrations");
        prepare_template(&pool).await;
        pool.close().await;
        let complete = format!("ALTER DATABASE {name} IS_TEMPLATE true ALLOW_CONNECTIONS false");
        self.execute(&complete).await.expect("a complete template");
    }
}

/// Another build may have other migrations or another `prepare_template`.
fn template_name() -> String {
    let mut hasher = DefaultHasher::new();
    for migration in MIGRATIONS.iter() {
        migration.checksum.hash(&mut hasher);
    }
    let program = std::env::current_exe().and_then(fs::metadata).expect("this program");
    (program.ino(), program.mtime(), program.mtime_nsec(), program.size()).hash(&mut hasher);
    format!("template_{:016x}", hasher.finish())
}

/// Where the clusters of this user's tests lie, one at a time as a rule.
fn base_folder() -> PathBuf {
    let user = rustix::process::geteuid();
    let base = std::env::temp_dir().join(format!("ledgerline-tests-{}", user.as_raw()));
    // Root's database processes run as another user, who has to pass.
    let mode = if user.is_root() { 0o711 } else { 0o700 };
    // It is there from the second run on.
    let _ = DirBuilder::new().mode(mode).create(&base);
    let found = fs::symlink_metadata(&base).expect("a folder for the test cluster");
    assert!(found.is_dir() && found.uid() == user.as_raw(), "{} is not ours", base.display());
    base
}

/// Called under the lock: the cluster that other test processes use, or that still waits for some.
async fn join_running(base: &Path) -> Option<(File, Endpoint)> {
    let mut running = None;
    let entries = fs::read_dir(base).expect("the folder of the test clusters");
    for folder in entries.flatten().map(|entry| entry.path()) {
        let data_dir = folder.join("data");
        let endpoint = Endpoint::of_running(&data_dir);
        if let Some(membership) = become_member(&folder) {
            running = endpoint.map(|endpoint| (membership, endpoint)).or(running);
        } else if folder.is_dir() && (endpoint.is_none() || !folder.join("closed").exists()) {
            // No guard listens, and none is stopping the database: it was killed.
            if endpoint.is_some() {
                stop(data_dir).await;
            }
            let _ = fs::remove_dir_all(&folder);
        }
    }
    running
}

async fn stop(data_dir: PathBuf) {
    let options = ClusterOptions { data_dir, profile: Profile::Test };
    if let Ok(cluster) = Cluster::start(options).await {
        let _ = cluster.stop().await;
    }
}

/// Opens the FIFO of a cluster; fails where no guard listens.
fn become_member(folder: &Path) -> Option<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).expect("flags of the system fit");
    let mut options = OpenOptions::new();
    let mut fifo = options.write(true).custom_flags(flags).open(folder.join("users")).ok()?;
    fifo.write_all(b"+").ok()?;
    Some(fifo)
}

/// Called under the lock.
async fn start(base: &Path) -> (File, Endpoint) {
    let folder = tempfile::Builder::new().prefix("cluster-").tempdir_in(base);
    let folder = folder.expect("a folder for the test cluster").keep();
    let mode = base.metadata().expect("the folder above").permissions().mode();
    fs::set_permissions(&folder, Permissions::from_mode(mode)).expect("an open folder");
    let membership = watched(&folder);
    let options = ClusterOptions { data_dir: folder.join("data"), profile: Profile::Test };
    let cluster = Cluster::start(options).await.expect("a cluster for the tests");
    (membership, cluster.detach())
}

/// Starts the guard of a folder.
#[expect(clippy::zombie_processes, reason = "the guard outlives this process: that is its purpose")]
fn watched(folder: &Path) -> File {
    Command::new("/bin/sh")
        .args(["-c", GUARD, "ledgerline-test-guard"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // What ends the tests must not end the guard.
        .process_group(0)
        .spawn()
        .expect("a shell");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        if let Some(membership) = become_member(folder) {
            return membership;
        }
        thread::sleep(Duration::from_millis(2));
    }
    panic!("the guard of the test cluster does not listen");
}

/// Runs a future to its end on a thread and a runtime of its own.
fn on_own_runtime<F>(future: F) -> F::Output
where
    F: Future + Send,
    F::Output: Send,
{
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(future)
    };
    thread::scope(|scope| scope.spawn(run).join()).expect("the test database's thread")
}
