//! `ledgerline demo`: the demonstration shop, in any size.

use super::CliError;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Flags};
use crate::demo;
use crate::demo::scale::{self, Part, Scale};
use crate::server::{Database, ServerError, state_at, state_for_cli};
use crate::state::AppState;
use indicatif::{ProgressBar, ProgressStyle};
use projections::Runner;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Make so many products and as many orders instead, on an empty log
    #[arg(long, num_args = 0..=1, default_missing_value = "1000000", value_name = "NUMBER",
        value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    scale: Option<u64>,
}

/// How often it is looked how far the read models are.
const LOOK: Duration = Duration::from_secs(1);

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let config = Config::load(args.flags)?;
    crate::telemetry::init("warn", config.log_format)?;
    let database = Database::open_beside(&config).await?;
    let now = SystemClock.now();
    let done = match args.scale {
        None => {
            let state = state_for_cli(config, &database).await?;
            (demo::load(&state).await.map_err(CliError::from), state)
        }
        Some(number) => {
            let clock = scale::clock(now);
            let state = state_at(config, &database, clock.clone()).await?;
            let scale = Scale { products: number, orders: number };
            (load(&state, &clock, scale).await, state)
        }
    };
    let (done, state) = done;
    state.pool.close().await;
    state.read_pool.close().await;
    database.close().await.map_err(ServerError::from)?;
    done
}

async fn load(
    state: &AppState,
    clock: &Arc<crate::clock::ManualClock>,
    scale: Scale,
) -> Result<(), CliError> {
    let bar = bar();
    let shown = bar.clone();
    scale::load(state, clock, scale, move |part, done, total| {
        if done == 1 {
            shown.set_length(total);
            shown.set_message(match part {
                Part::Accounts => "accounts",
                Part::Products => "products",
                Part::Orders => "orders",
            });
        }
        shown.set_position(done);
    })
    .await?;
    project(state, &bar).await?;
    bar.finish_and_clear();
    let (customers, sellers) = (scale.customers(), scale.sellers());
    println!(
        "{} products of {sellers} sellers, and {} orders of {customers} customers",
        scale.products, scale.orders
    );
    Ok(())
}

/// Brings the read models up to date, as a server would.
async fn project(state: &AppState, bar: &ProgressBar) -> Result<(), CliError> {
    let stop = CancellationToken::new();
    let holder = state.entropy.new_id();
    let runners = [&state.read_models, &state.books].map(|read_models| {
        let runner = Runner::new(state.pool.clone(), read_models.clone(), holder);
        tokio::spawn(runner.run(stop.clone().cancelled_owned()))
    });
    let mut most = 0;
    loop {
        let status = projections::status(&state.pool).await?;
        if let Some(failed) = status.iter().find_map(|row| row.error.as_ref()) {
            return Err(CliError::Failed(format!("a read model stands still: {failed}")));
        }
        let behind = status.iter().map(|row| row.lag_events).sum::<i64>();
        let behind = u64::try_from(behind).unwrap_or_default();
        most = most.max(behind);
        bar.set_length(most);
        bar.set_message("events to project, of all read models");
        bar.set_position(most - behind);
        if behind == 0 {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    stop.cancel();
    for runner in runners {
        let _ = runner.await;
    }
    Ok(())
}

fn bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} {msg}, {per_sec}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
