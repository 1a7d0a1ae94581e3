//! The scenarios. A new one is a file here, a variant and a line in `run`.

mod append;
mod commands;
mod feed;
mod load;
mod rebuild;
mod verify;

use crate::report::Measured;
use crate::{Bench, Result};
use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// One-event commands on new streams, in turns with pgbench's single-row INSERTs.
    Append,
    /// One-event commands on existing streams, in turns with postgres-es under `CqrsFramework`.
    Commands,
    /// Loading streams of 20 events from the database.
    Load,
    /// Reading the feed from its start to its end, page by page.
    Feed,
    /// Recomputing every hash and every tree head.
    Verify,
    /// Making a read model anew from the log, beside the live one.
    Rebuild,
}

impl Scenario {
    pub fn all() -> Vec<Self> {
        Self::value_variants().to_vec()
    }

    /// As it is given on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Measures in a database of its own.
    pub async fn run(self, bench: &Bench) -> Result<Measured> {
        let database = bench.server.database().await?;
        let measured = match self {
            Self::Append => append::run(bench, &database).await,
            Self::Commands => commands::run(bench, &database).await,
            Self::Load => load::run(bench, &database).await,
            Self::Feed => feed::run(bench, &database).await,
            Self::Rebuild => rebuild::run(&database).await,
            Self::Verify => verify::run(bench, &database).await,
        };
        bench.server.drop_database(database).await?;
        measured
    }
}
