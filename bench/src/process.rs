//! What is measured runs as a process of its own: this program once more, as the server or as an
//! empty handler, so that it is always built from the same sources. It ends with us.

use crate::Result;
use crate::database::Database;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};

/// As the first argument: run `ledgerline serve` with the rest of them.
const SERVE: &str = "serve";
/// As the first argument: run `ledgerline demo` with the rest of them.
const DEMO: &str = "demo";
/// As the first argument: run the empty handler.
const EMPTY: &str = "serve-nothing";
/// A server that is not up by then will not come.
const START_WITHIN: Duration = Duration::from_mins(1);

/// A child that listens on loopback.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

/// What this program is, where it was started by itself.
pub async fn role() -> Option<ExitCode> {
    match std::env::args().nth(1)?.as_str() {
        SERVE | DEMO => Some(ledgerline::cli::run().await),
        EMPTY => Some(match serve_nothing().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the empty handler: {error}");
                ExitCode::FAILURE
            }
        }),
        _ => None,
    }
}

/// The ceiling of HTTP itself: a handler that does nothing, on the same library.
async fn serve_nothing() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("  API http://{}/api/v1", listener.local_addr()?);
    let router = axum::Router::new().fallback(async || ());
    Ok(axum::serve(listener, router).await?)
}

impl Process {
    pub async fn empty() -> Result<Self> {
        Self::start(this_program()?.arg(EMPTY)).await
    }

    /// The server on a database, with its own files in `folder`.
    pub async fn serve(database: &Database, folder: &Path, more: &[&str]) -> Result<Self> {
        let mut command = this_program()?;
        command
            .args([SERVE, "--addr", "127.0.0.1:0", "--rate-limits", "off", "--log", "warn"])
            .arg("--data-dir")
            .arg(folder)
            .args(more)
            .env("DATABASE_URL", database.url());
        Self::start(&mut command).await
    }

    /// Makes a large shop in an empty database.
    pub async fn fill(database: &Database, scale: u64) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let mut command = this_program()?;
        command.args([DEMO, "--scale", &scale.to_string(), "--data-dir"]).arg(folder.path());
        command.env("DATABASE_URL", database.url()).stdout(Stdio::null()).kill_on_drop(true);
        let ended = command.status().await?;
        if ended.success() { Ok(()) } else { Err("the large shop could not be made".into()) }
    }

    async fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let lines = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(lines).lines();
        let address = tokio::time::timeout(START_WITHIN, find_address(&mut lines)).await??;
        // Somebody must read what is said until the end.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, address })
    }

    /// Mebibytes that it occupies now, and the most that it ever did.
    pub fn memory(&self) -> Option<Memory> {
        Memory::of(&self.child.id()?.to_string())
    }

    /// Ends it. There is nothing to lose: its database goes too.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

async fn find_address(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<SocketAddr> {
    while let Some(line) = lines.next_line().await? {
        if let Some(url) = line.trim().strip_prefix("API ") {
            return address_of(url.trim());
        }
    }
    Err("the server has ended".into())
}

/// The address in a URL, which must be on loopback.
pub fn address_of(url: &str) -> Result<SocketAddr> {
    let host = url.strip_prefix("http://").ok_or_else(|| format!("{url} is not an http:// URL"))?;
    let host = host.split('/').next().unwrap_or(host).replace("localhost", "127.0.0.1");
    let address: SocketAddr = host.parse().map_err(|error| format!("{url}: {error}"))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(format!("{url} is not on this machine").into())
    }
}

/// This program without what would configure its servers from outside.
fn this_program() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("LEDGERLINE_") || text.ends_with("_URL") {
            command.env_remove(&name);
        }
    }
    Ok(command)
}

/// Of a process, in mebibytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub now: u64,
    pub most: u64,
}

impl Memory {
    /// `process` is a number, or `self`.
    pub fn of(process: &str) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
        };
        Some(Self { now: value("VmRSS:")?, most: value("VmHWM:")? })
    }
}
