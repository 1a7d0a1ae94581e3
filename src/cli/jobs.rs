//! `ledgerline jobs`: what comes round by the clock, and doing it by hand.

use super::CliError;
use crate::config::{Config, Flags};
use crate::jobs::{self, Job};
use crate::server::{Database, ServerError, state_for_cli};
use crate::state::AppState;
use chrono::{DateTime, Utc};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show the jobs and their last runs
    List(Flags),
    /// Do a job now, unless another node is at it
    Run {
        #[command(flatten)]
        flags: Flags,
        name: String,
    },
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let flags = match &args.action {
        Action::List(flags) | Action::Run { flags, .. } => flags.clone(),
    };
    let config = Config::load(flags)?;
    crate::telemetry::init("warn", config.log_format)?;
    let database = Database::open_beside(&config).await?;
    let state = state_for_cli(config, &database).await?;
    let done = match &args.action {
        Action::List(_) => list(&state).await,
        Action::Run { name, .. } => run_one(&state, name).await,
    };
    state.pool.close().await;
    state.read_pool.close().await;
    database.close().await.map_err(ServerError::from)?;
    done
}

async fn list(state: &AppState) -> Result<(), CliError> {
    println!(
        "{:<18} {:<15} {:<20} {:>7}  what it does",
        "name", "schedule", "last done", "changed"
    );
    for run in jobs::list(&state.pool).await? {
        let at = run.finished_at.map_or_else(|| "never".to_owned(), short);
        let done = run.done.map_or_else(|| "-".to_owned(), |done| done.to_string());
        let (name, schedule) = (run.job.name(), run.job.schedule());
        println!("{name:<18} {schedule:<15} {at:<20} {done:>7}  {}", run.job.about());
        if let Some(error) = run.error {
            println!("{:<18} the last run failed: {error}", "");
        }
    }
    Ok(())
}

async fn run_one(state: &AppState, name: &str) -> Result<(), CliError> {
    let Some(job) = Job::named(name) else {
        let names = Job::ALL.map(Job::name).join(", ");
        return Err(CliError::Failed(format!("there is no job {name:?}; there are {names}")));
    };
    match jobs::run_now(state, job).await {
        Ok(Some(done)) => println!("{job}: {done} changed"),
        Ok(None) => println!("{job}: another node is at it"),
        Err(error) => return Err(CliError::Failed(format!("{job}: {error}"))),
    }
    Ok(())
}

fn short(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
