//! `ledgerline verify`: proves the log intact, or names the first event that is not.

use super::audit::open_checkpoint;
use super::{CliError, open};
use crate::audit;
use crate::audit::note::Verifier;
use crate::config::Flags;
use crate::ledgers;
use eventlog::tree::Head;
use eventlog::verify;
use indicatif::{ProgressBar, ProgressStyle};
use projections::ledger::Account;
use rust_decimal::Decimal;
use std::path::PathBuf;
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Only this stream, as `type/id`; the tree over the whole feed is then left out
    #[arg(long, value_name = "TYPE/ID")]
    stream: Option<String>,
    /// A signed tree head from outside of this database: the log must still begin with its events.
    /// May be given several times
    #[arg(long, value_name = "FILE", requires = "vkey", conflicts_with = "stream")]
    checkpoint: Vec<PathBuf>,
    /// The ledgers, and nothing else: gift cards, points, uses of promotions, and the books
    #[arg(long, conflicts_with_all = ["stream", "checkpoint", "all"])]
    ledgers: bool,
    /// The ledgers too
    #[arg(long, conflicts_with = "stream")]
    all: bool,
    /// The key that verifies it: name+hash+key
    #[arg(long)]
    vkey: Option<Verifier>,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let stream = match &args.stream {
        None => None,
        Some(name) => Some(name.split_once('/').ok_or_else(|| {
            CliError::Failed(format!("{name:?} is no stream: give it as type/id"))
        })?),
    };
    let mut kept = Vec::new();
    if let Some(vkey) = &args.vkey {
        for path in &args.checkpoint {
            kept.push(open_checkpoint(path, vkey)?);
        }
    }
    let (_, database) = open(args.flags).await?;
    let pool = database.owner_pool().await?;
    let checked = async {
        if !args.ledgers {
            check(&pool, stream, &kept).await?;
        }
        if args.ledgers || args.all { check_ledgers(&pool).await } else { Ok(()) }
    }
    .await;
    pool.close().await;
    database.close().await.map_err(crate::server::ServerError::from)?;
    checked
}

async fn check(
    pool: &sqlx::PgPool,
    stream: Option<(&str, &str)>,
    kept: &[Head],
) -> Result<(), CliError> {
    let started = Instant::now();
    let bar = progress_bar(verify::estimated_events(pool).await?, "chains");
    let report = verify::chains(pool, stream, |events| bar.set_position(events)).await?;
    bar.finish_and_clear();
    if let (Some((kind, id)), 0) = (stream, report.events) {
        return Err(CliError::Failed(format!("there is no stream {kind}/{id}")));
    }
    let mut tree = verify::TreeReport::default();
    if stream.is_none() {
        let bar = progress_bar(report.events, "tree");
        tree = verify::tree_against(pool, kept, |events| bar.set_position(events)).await?;
        bar.finish_and_clear();
        if let Some(size) = audit::disagreement(pool).await? {
            return Err(CliError::Failed(format!(
                "the log is not intact: the signed checkpoint of {size} events is of another \
                 history than the tree head of this size"
            )));
        }
    }
    let seconds = started.elapsed().as_secs_f64().max(1e-6);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = report.events as f64 / seconds;
    println!(
        "intact: {} events in {} streams, {} tree heads; {seconds:.2} s, {rate:.0} events per second",
        report.events, report.streams, tree.heads
    );
    for head in kept {
        println!("intact since the checkpoint of {} events", head.size);
    }
    Ok(())
}

async fn check_ledgers(pool: &sqlx::PgPool) -> Result<(), CliError> {
    let started = Instant::now();
    let bar = progress_bar(verify::estimated_events(pool).await?, "ledgers");
    let report = ledgers::verify(pool, |events| bar.set_position(events)).await?;
    bar.finish_and_clear();
    // Not negated: nothing owed is not `-0.00`.
    let owed = |account| Decimal::ZERO - report.balance(account);
    println!(
        "ledgers right: {} events, {} lines in the journal; {} owed on {} gift cards, {} in points \
         to {} customers; {} promotions; {:.2} s",
        report.events,
        report.lines,
        owed(Account::GiftCardLiability),
        report.cards,
        owed(Account::LoyaltyLiability),
        report.accounts,
        report.promotions,
        started.elapsed().as_secs_f64()
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
