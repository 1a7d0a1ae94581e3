//! The scenarios. A new one is a file here, a variant and a line in `run`.

mod append;
mod browse;
mod cart;
mod cart_size;
mod checkout;
mod commands;
mod feed;
mod flash_sale;
mod growth;
mod history;
mod lag;
mod load;
mod memory;
mod mixed;
mod rebuild;
mod scale;
mod startup;
mod turns;
mod verify;

use crate::pgbench::Pgbench;
use crate::report::Measured;
use crate::visitors::Means;
use crate::{Bench, Result};
use clap::ValueEnum;
use std::time::Duration;

/// How long pgbench runs where nothing else runs in turns with it.
const REFERENCE: Duration = Duration::from_secs(2);

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
    /// Putting products into carts over HTTP.
    Cart,
    /// From an empty cart to a confirmed order of three lines over HTTP.
    Checkout,
    /// The same, paid also with a promotion, a gift card and points.
    CheckoutFull,
    /// Searching, opening products, and facets, in turns with pgbench running the same statements.
    Browse,
    /// Order histories, in turns with pgbench running the same statements.
    History,
    /// A thousand buyers at once, one product, a hundred units.
    FlashSale,
    /// Eight of ten look around, one fills a cart, one checks out.
    Mixed,
    /// How far the read models are behind while commands come as fast as they can.
    Lag,
    /// The same commands and queries on a short and on a long log.
    Growth,
    /// Carts of 1 to 200 lines.
    CartSize,
    /// From starting the server to its first answer.
    Startup,
    /// The server's memory, idle and under load.
    Memory,
    /// A shop of `--scale` products and orders: what people look at in it.
    Scale,
}

impl Scenario {
    pub fn all() -> Vec<Self> {
        Self::value_variants().to_vec()
    }

    /// Where nobody says otherwise.
    pub fn clients(self) -> usize {
        match self {
            Self::Append | Self::Commands | Self::Load => 32,
            _ => 64,
        }
    }

    /// As it is given on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Measures it. Where nothing ran in turns with it, pgbench ran before and behind it.
    pub async fn run(self, bench: &Bench) -> Result<Measured> {
        let before = pgbench(bench).await?;
        let mut measured = self.measure(bench).await?;
        if measured.pgbench.is_none() {
            measured.pgbench = Some(f64::midpoint(before, pgbench(bench).await?));
        }
        Ok(measured)
    }

    /// In a database of its own.
    async fn measure(self, bench: &Bench) -> Result<Measured> {
        if self == Self::Scale
            && let Some(name) = &bench.prepared
        {
            let database = bench.server.existing(name).await?;
            let measured = scale::run(bench, &database).await;
            database.close().await;
            return measured;
        }
        let database = bench.server.database().await?;
        let measured = match self {
            Self::Append => append::run(bench, &database).await,
            Self::Commands => commands::run(bench, &database).await,
            Self::Load => load::run(bench, &database).await,
            Self::Feed => feed::run(bench, &database).await,
            Self::Rebuild => rebuild::run(&database).await,
            Self::Verify => verify::run(bench, &database).await,
            Self::Cart => cart::run(bench, &database).await,
            Self::Checkout => checkout::run(bench, &database, Means::Money).await,
            Self::CheckoutFull => checkout::run(bench, &database, Means::All).await,
            Self::Browse => browse::run(bench, &database).await,
            Self::History => history::run(bench, &database).await,
            Self::FlashSale => flash_sale::run(bench, &database).await,
            Self::Mixed => mixed::run(bench, &database).await,
            Self::Lag => lag::run(bench, &database).await,
            Self::Growth => growth::run(bench, &database).await,
            Self::CartSize => cart_size::run(bench, &database).await,
            Self::Startup => startup::run(bench, &database).await,
            Self::Memory => memory::run(bench, &database).await,
            Self::Scale => scale::run(bench, &database).await,
        };
        bench.server.drop_database(database).await?;
        measured
    }
}

/// Single-row INSERT transactions per second, at the moment.
async fn pgbench(bench: &Bench) -> Result<f64> {
    let database = bench.server.database().await?;
    let rate = Pgbench::prepare(&database, bench.clients).await?.run(REFERENCE).await;
    bench.server.drop_database(database).await?;
    rate
}
