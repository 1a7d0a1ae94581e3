//! The command line: one binary, one sub-command for each thing that people do with it.

mod admin;
mod audit;
mod demo;
mod export;
mod healthcheck;
mod import;
mod jobs;
pub mod openapi;
mod projections;
mod replay;
mod serve;
mod verify;

use crate::config::{Config, Flags};
use crate::server::{Database, ServerError};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// An event-sourced commerce backend whose history can be proved.
#[derive(Debug, Parser)]
#[command(name = "ledgerline", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Args),
    /// Prove the log intact: recompute every hash, follow every chain, check every tree head
    Verify(verify::Args),
    /// Write the log to a file: NDJSON, CSV or Parquet
    Export(export::Args),
    /// Store an exported log in an empty database, with its hashes and positions
    Import(import::Args),
    /// Tell the story of a stream event by event, and its state as of any moment
    Replay(replay::Args),
    /// Sign tree heads, and check them, exports and proofs offline
    Audit(audit::Args),
    /// Look after the read models
    Projections(projections::Args),
    /// Show what comes round by the clock, or do it now
    Jobs(jobs::Args),
    /// Load the demonstration, or a shop of a million products and orders
    Demo(demo::Args),
    /// Make administrators
    Admin(admin::Args),
    /// Print the configuration that is in force, secrets hidden
    Config(Flags),
    /// Print the OpenAPI document
    Openapi,
    /// Ask a running server whether it is well; for container health checks
    Healthcheck(Flags),
}

/// Why a command ended without success.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    #[error(transparent)]
    Telemetry(#[from] crate::telemetry::TelemetryError),
    #[error(transparent)]
    Demo(#[from] crate::demo::DemoError),
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the log is not intact: {0}")]
    NotIntact(#[from] eventlog::verify::VerifyError),
    #[error("the ledgers are not right: {0}")]
    NotRight(#[from] crate::ledgers::LedgersError),
    #[error(transparent)]
    Import(#[from] eventlog::import::ImportError),
    #[error(transparent)]
    Replay(#[from] crate::replay::ReplayError),
    #[error("no tree head can be signed: {0}")]
    NotSigned(#[from] crate::audit::SignError),
    #[error(transparent)]
    BadCheckpoint(#[from] crate::audit::checkpoint::CheckpointError),
    #[error(transparent)]
    BadExport(#[from] crate::audit::export::ExportError),
    #[error(transparent)]
    BadProof(#[from] crate::audit::proof::BadProof),
    #[error("{0}")]
    Failed(String),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
}

/// Runs the command that the arguments name.
pub async fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(args) => serve::run(args).await,
        Command::Verify(args) => verify::run(args).await,
        Command::Export(args) => export::run(args).await,
        Command::Import(args) => import::run(args).await,
        Command::Replay(args) => replay::run(args).await,
        Command::Audit(args) => audit::run(args).await,
        Command::Projections(args) => projections::run(args).await,
        Command::Jobs(args) => jobs::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Admin(args) => admin::run(args).await,
        Command::Config(flags) => Config::load(flags).map_err(CliError::from).map(|config| {
            print!("{}", config.display());
        }),
        Command::Openapi => openapi::run(),
        Command::Healthcheck(flags) => healthcheck::run(&flags).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    text
}

/// The database of the configuration. A server that runs on the same data folder is not disturbed:
/// its database is used as it runs.
async fn open(flags: Flags) -> Result<(Config, Database), CliError> {
    let config = Config::load(flags)?;
    crate::telemetry::init("warn", config.log_format)?;
    let database = Database::open_beside(&config).await?;
    Ok((config, database))
}
