//! `ledgerline projections`: how the read models are, and making them anew.

use super::{CliError, open};
use crate::clock::SystemClock;
use crate::config::Flags;
use crate::entropy::Entropy;
use projections::Definition;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show where each projection stands
    Status(Flags),
    /// Make a projection anew beside the live one, then swap them
    Rebuild {
        #[command(flatten)]
        flags: Flags,
        name: String,
    },
    /// Compare the live rows with rows made anew from the log, byte for byte
    Verify {
        #[command(flatten)]
        flags: Flags,
        /// Only this projection
        name: Option<String>,
    },
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let flags = match &args.action {
        Action::Status(flags) | Action::Rebuild { flags, .. } | Action::Verify { flags, .. } => {
            flags.clone()
        }
    };
    let (_, database) = open(flags).await?;
    let pool = database.pool(4, Duration::from_secs(10)).await?;
    let done = perform(&pool, &args.action).await;
    pool.close().await;
    database.close().await.map_err(crate::server::ServerError::from)?;
    done
}

async fn perform(pool: &PgPool, action: &Action) -> Result<(), CliError> {
    projections::ensure(pool, &projections::all()).await?;
    match action {
        Action::Status(_) => status(pool).await,
        Action::Rebuild { name, .. } => rebuild(pool, name).await,
        Action::Verify { name, .. } => verify(pool, name.as_deref()).await,
    }
}

async fn status(pool: &PgPool) -> Result<(), CliError> {
    println!(
        "{:<17} {:>3} {:>4} {:<9} {:>20} {:>8}  error",
        "name", "ver", "gen", "state", "position", "behind"
    );
    for row in projections::status(pool).await? {
        println!(
            "{:<17} {:>3} {:>4} {:<9} {:>20} {:>8}  {}",
            row.name,
            row.version,
            row.generation,
            row.state.as_str(),
            row.position.to_string(),
            row.lag_events,
            row.error.unwrap_or_default()
        );
    }
    Ok(())
}

async fn rebuild(pool: &PgPool, name: &str) -> Result<(), CliError> {
    let definition = find(name)?;
    let rebuilt = projections::rebuild(pool, &definition, holder())
        .await
        .map_err(|error| CliError::Failed(format!("{name} could not be rebuilt: {error}")))?;
    println!(
        "{name}: generation {}, {} events in {:.2} s",
        rebuilt.generation,
        rebuilt.events,
        rebuilt.took.as_secs_f64()
    );
    Ok(())
}

async fn verify(pool: &PgPool, name: Option<&str>) -> Result<(), CliError> {
    let definitions = match name {
        Some(name) => vec![find(name)?],
        None => projections::all(),
    };
    let mut differing = Vec::new();
    for definition in definitions {
        let compared = projections::compare(pool, &definition, holder())
            .await
            .map_err(|error| CliError::Failed(format!("{}: {error}", definition.name)))?;
        println!(
            "{:<17} {} rows compared, {} differ",
            definition.name,
            compared.rows,
            compared.differences.len()
        );
        for difference in compared.differences.iter().take(10) {
            println!("  {difference:?}");
        }
        if !compared.differences.is_empty() {
            differing.push(definition.name);
        }
    }
    if differing.is_empty() {
        Ok(())
    } else {
        Err(CliError::Failed(format!("the log tells otherwise: {}", differing.join(", "))))
    }
}

/// An id of this process, for leases.
fn holder() -> uuid::Uuid {
    Entropy::new(Arc::new(SystemClock)).new_id()
}

fn find(name: &str) -> Result<Definition, CliError> {
    let all = projections::all();
    let names: Vec<_> = all.iter().map(|definition| definition.name).collect();
    let found = all.iter().find(|definition| definition.name == name).copied();
    found.ok_or_else(|| {
        CliError::Failed(format!("there is no projection {name:?}; there are {}", names.join(", ")))
    })
}
