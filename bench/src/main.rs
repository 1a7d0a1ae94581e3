//! Measures Ledgerline on this machine: `cargo run --release -p ledgerline-bench -- SCENARIO|--all`.
//!
//! One file per scenario in `scenarios/`. Numbers of a shared machine are noisy, so what a scenario
//! is compared with (pgbench, postgres-es) runs in turns with it, on the same cluster. Every run is
//! bounded in time, talks to loopback only, and leaves nothing behind.

mod closed_loop;
mod database;
mod history;
mod pgbench;
mod report;
mod scenarios;
mod server;
mod shop;

use clap::Parser;
use scenarios::Scenario;
use server::Server;
use std::process::ExitCode;
use std::time::Duration;

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
    /// Concurrent clients, where the scenario has some.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=64))]
    clients: u16,
    /// One JSON object per scenario, on a line of its own, instead of text.
    #[arg(long)]
    json: bool,
    /// A superuser of a PostgreSQL on this machine; scenarios make databases there and drop them.
    /// Without it, a throw-away cluster is started.
    #[arg(long)]
    database_url: Option<String>,
}

/// What every scenario gets.
struct Bench {
    server: Server,
    clients: usize,
    time: Duration,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ledgerline-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let bench = Bench {
        server: Server::start(arguments.database_url.as_deref()).await?,
        clients: usize::from(arguments.clients),
        time: Duration::from_secs(arguments.seconds),
    };
    let scenarios = if arguments.all { Scenario::all() } else { arguments.scenarios };
    let measured = measure(&bench, &scenarios, arguments.json).await;
    bench.server.stop().await?;
    measured
}

async fn measure(bench: &Bench, scenarios: &[Scenario], json: bool) -> Result<()> {
    for scenario in scenarios {
        let measured = scenario.run(bench).await?;
        report::print(scenario.name().as_str(), &measured, json);
    }
    Ok(())
}
