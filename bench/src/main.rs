//! Measures Ledgerline on this machine: `cargo run --release -p ledgerline-bench -- SCENARIO|--all`.
//!
//! One file per scenario in `scenarios/`. Numbers of a shared machine are noisy, so what a scenario
//! is compared with (pgbench, postgres-es, an empty HTTP handler) runs in turns with it, on the same
//! cluster. Every run is bounded in time, talks to loopback only, and leaves nothing behind.

mod closed_loop;
mod database;
mod history;
mod http;
mod market;
mod open_loop;
mod orders;
mod pgbench;
mod process;
mod report;
mod same_sql;
mod scenarios;
mod server;
mod shop;
mod site;
mod visitors;

use clap::Parser;
use ledgerline::server::allow_connections;
use mimalloc::MiMalloc;
use scenarios::Scenario;
use server::Server;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The same as the server's, which this program also is.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, BoxError>;

#[derive(Parser)]
#[command(about, arg_required_else_help = true)]
struct Arguments {
    /// What to measure.
    #[arg(value_enum, required_unless_present = "all")]
    scenarios: Vec<Scenario>,
    /// All scenarios, one after the other.
    #[arg(long)]
    all: bool,
    /// How long each side of a scenario is measured.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Concurrent clients, where the scenario has some. Default 32, and 64 over HTTP.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    clients: Option<u16>,
    /// One JSON object per scenario, on a line of its own, instead of text.
    #[arg(long)]
    json: bool,
    /// A superuser of a PostgreSQL on this machine, which allows 200 connections; scenarios make
    /// databases there and drop them. Without it, a throw-away cluster is started.
    #[arg(long)]
    database_url: Option<String>,
    /// A running server on this machine, without rate limits, for the scenarios over HTTP that need
    /// no database of their own. It is left with what they make there.
    #[arg(long, requires = "jwt_key")]
    url: Option<String>,
    /// The key by which that server signs its access tokens.
    #[arg(long, env = "LEDGERLINE_JWT_KEY", hide_env_values = true)]
    jwt_key: Option<String>,
    /// Commands do not ask the server to wait for its read models.
    #[arg(long)]
    respond_async: bool,
    /// How far `growth` goes: 10 million events take some 10 GB of disk, and several times longer.
    #[arg(long, default_value_t = 1_000_000)]
    growth_events: usize,
    /// How many products and orders the shop of `scale` has: a million take half an hour and 20 GB.
    #[arg(long, default_value_t = 20_000)]
    scale: u64,
    /// A database of `--database-url` that `ledgerline demo --scale` has filled with so many: `scale`
    /// uses it, and leaves it.
    #[arg(long, requires = "database_url")]
    prepared: Option<String>,
}

/// What every scenario gets.
struct Bench {
    server: Server,
    clients: usize,
    time: Duration,
    /// The server to use, and the key of its tokens.
    running: Option<(SocketAddr, String)>,
    respond_async: bool,
    growth_events: usize,
    /// Products and orders of the large shop, and the database where it is already.
    scale: u64,
    prepared: Option<String>,
}

impl Bench {
    fn is_prepared(&self) -> bool {
        self.prepared.is_some()
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    // Of every process, the server's among them.
    allow_connections();
    if let Some(ended) = process::role().await {
        return ended;
    }
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ledgerline-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let running = match (&arguments.url, &arguments.jwt_key) {
        (Some(url), Some(key)) => Some((process::address_of(url)?, key.clone())),
        _ => None,
    };
    let mut bench = Bench {
        server: Server::start(arguments.database_url.as_deref()).await?,
        clients: 0,
        time: Duration::from_secs(arguments.seconds),
        running,
        respond_async: arguments.respond_async,
        growth_events: arguments.growth_events,
        scale: arguments.scale,
        prepared: arguments.prepared,
    };
    let scenarios = if arguments.all { Scenario::all() } else { arguments.scenarios };
    // What a scenario has started ends with it, wherever it is cut off.
    let measured = tokio::select! {
        measured = all(&mut bench, scenarios, arguments.clients, arguments.json) => measured,
        stopped = told_to_stop() => stopped.and(Err("stopped before the end".into())),
    };
    bench.server.stop().await?;
    measured
}

async fn all(
    bench: &mut Bench,
    scenarios: Vec<Scenario>,
    clients: Option<u16>,
    json: bool,
) -> Result<()> {
    let mut failed = Vec::new();
    for scenario in scenarios {
        bench.clients = clients.map_or(scenario.clients(), usize::from);
        let name = scenario.name();
        // The others are measured in any case.
        match scenario.run(bench).await {
            Ok(measured) => report::print(&name, &measured, json),
            Err(error) => {
                eprintln!("{name}: {error}");
                failed.push(name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

async fn told_to_stop() -> Result<()> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
