//! The real program as a process of its own, over its own embedded PostgreSQL in its own folder, or
//! over a database that the test gives it.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use ledgerline::postgres::{Cluster, ClusterOptions, DATABASE, Endpoint, Profile};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::PgPool;
use tempfile::TempDir;

use super::app::JWT_KEY;
use super::client::Client;

/// A data folder and what runs on it. Dropping it stops the database.
#[derive(Debug)]
pub struct Program {
    folder: TempDir,
    /// `None`: the program runs its own.
    database_url: Option<String>,
    environment: Vec<(String, OsString)>,
}

/// A server that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    pub base: String,
}

impl Program {
    /// A new data folder, with a configuration file.
    pub fn new(toml: &str) -> Self {
        Self::with(toml, None)
    }

    /// Over a database that somebody else runs.
    pub fn on(database_url: &str, toml: &str) -> Self {
        Self::with(toml, Some(database_url.to_owned()))
    }

    fn with(toml: &str, database_url: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Where the tests run as root, the database's user has to pass.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        fs::write(folder.path().join("ledgerline.toml"), toml).unwrap();
        Self { folder, database_url, environment: Vec::new() }
    }

    /// A further variable for all that runs on this folder.
    pub fn environment(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Beside the data folder; goes with it.
    #[cfg(feature = "faults")]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A command with the usual flags behind the given arguments, and nobody else's environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerline"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("LEDGERLINE_") || name.ends_with("_URL") {
                command.env_remove(name);
            }
        }
        if !arguments.contains(&"--addr") {
            command.env("LEDGERLINE_ADDR", "127.0.0.1:0");
        }
        if let Some(url) = &self.database_url {
            command.env("DATABASE_URL", url);
        }
        command
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .args(arguments)
            .args(["--rate-limits", "off", "--jwt-key", JWT_KEY, "--log", "warn"])
            .arg("--data-dir")
            .arg(self.data_dir())
            .arg("--config")
            .arg(self.folder.path().join("ledgerline.toml"));
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// Runs a command that must succeed, and returns what it says.
    pub async fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let (said, failed) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {said}{failed}");
        said
    }

    /// Starts the server and waits until it is ready.
    pub async fn serve(&self, arguments: &[&str]) -> Serving {
        let started = self.try_serve(arguments).await;
        started.unwrap_or_else(|status| panic!("the server has ended: {status}"))
    }

    /// The same where it may end before it is ready.
    pub async fn try_serve(&self, arguments: &[&str]) -> Result<Serving, ExitStatus> {
        let mut command = self.command(&[&["serve"], arguments].concat());
        let starting = move || {
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            // Ends with the process, if it does not get so far.
            let api =
                lines.by_ref().map(Result::unwrap).find(|line| line.trim().starts_with("API"));
            let Some(api) = api else { return Err(child.wait().unwrap()) };
            // Somebody must read what is said until the end.
            std::thread::spawn(move || lines.for_each(drop));
            let url = api.split_whitespace().last().unwrap();
            Ok(Serving { child, base: url.trim_end_matches("/api/v1").to_owned() })
        };
        tokio::task::spawn_blocking(starting).await.unwrap()
    }

    /// The database of the server that runs, as its owner.
    pub async fn pool(&self) -> PgPool {
        if let Some(url) = &self.database_url {
            return PgPool::connect(url).await.unwrap();
        }
        let running = Endpoint::of_running(&self.data_dir()).expect("a running database");
        PgPool::connect_with(running.connect_options(DATABASE)).await.unwrap()
    }
}

/// The postmaster of the embedded cluster in a data folder, by its file.
pub fn postmaster(data_dir: &Path) -> Option<Pid> {
    let file = fs::read_to_string(data_dir.join("postgres/cluster/postmaster.pid")).ok()?;
    Pid::from_raw(file.lines().next()?.trim().parse().ok()?)
}

impl Drop for Program {
    fn drop(&mut self) {
        let data_dir = self.data_dir();
        // Also where a test fails, and where a server was killed.
        if Endpoint::of_running(&data_dir).is_some() {
            let stop = async {
                let options = ClusterOptions { data_dir, profile: Profile::Serve };
                if let Ok(cluster) = Cluster::start(options).await {
                    let _ = cluster.stop().await;
                }
            };
            let stopping = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(stop);
            };
            std::thread::scope(|scope| drop(scope.spawn(stopping).join()));
        }
        // As root, the database lies elsewhere, behind a link.
        if let Ok(elsewhere) = fs::read_link(self.data_dir().join("postgres")) {
            let _ = fs::remove_dir_all(elsewhere);
        }
    }
}

impl Serving {
    pub fn guest(&self) -> Client {
        Client::guest(&self.base)
    }

    /// SIGKILL, to this process only: its database lives on.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; returns the exit code once the process has ended.
    pub async fn terminate(mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        tokio::task::spawn_blocking(move || self.child.wait().unwrap().code()).await.unwrap()
    }

    /// Whether it has ended, in whichever way.
    #[cfg(feature = "faults")]
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process said.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
