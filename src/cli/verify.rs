//! `ledgerline verify`: proves the log intact, or names the first event that is not.

use super::{CliError, open};
use crate::config::Flags;
use eventlog::verify;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Only this stream, as `type/id`; the tree over the whole feed is then left out
    #[arg(long, value_name = "TYPE/ID")]
    stream: Option<String>,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let stream = match &args.stream {
        None => None,
        Some(name) => Some(name.split_once('/').ok_or_else(|| {
            CliError::Failed(format!("{name:?} is no stream: give it as type/id"))
        })?),
    };
    let (_, database) = open(args.flags).await?;
    let pool = database.owner_pool().await?;
    let checked = check(&pool, stream).await;
    pool.close().await;
    database.close().await.map_err(crate::server::ServerError::from)?;
    checked
}

async fn check(pool: &sqlx::PgPool, stream: Option<(&str, &str)>) -> Result<(), CliError> {
    let started = Instant::now();
    let bar = progress_bar(verify::estimated_events(pool).await?, "chains");
    let report = verify::chains(pool, stream, |events| bar.set_position(events)).await?;
    bar.finish_and_clear();
    if let (Some((kind, id)), 0) = (stream, report.events) {
        return Err(CliError::Failed(format!("there is no stream {kind}/{id}")));
    }
    let mut heads = 0;
    if stream.is_none() {
        let bar = progress_bar(report.events, "tree");
        heads = verify::tree(pool, |events| bar.set_position(events)).await?;
        bar.finish_and_clear();
    }
    let seconds = started.elapsed().as_secs_f64().max(1e-6);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = report.events as f64 / seconds;
    println!(
        "intact: {} events in {} streams, {heads} tree heads; {seconds:.2} s, {rate:.0} events per second",
        report.events, report.streams
    );
    Ok(())
}

fn progress_bar(length: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg:>8} {bar:40} {pos}/{len} {per_sec} {eta}")
    {
        bar.set_style(style);
    }
    bar
}
