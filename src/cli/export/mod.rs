//! `ledgerline export`: the log or the journal as a file, in feed order and in bounded memory: one
//! page, and for Parquet one row group, is all that is held.

mod columns;
mod csv;
mod journal;
mod log;
mod ndjson;
mod parquet;
mod target;

use super::{CliError, open};
use crate::config::Flags;
use crate::replay::parse_as_of;
use clap::ValueEnum;
use columns::Columns;
use eventlog::export::{Export, Selection};
use eventlog::tree::Frontier;
use eventlog::{AsOf, ExportLine, verify};
use indicatif::{ProgressBar, ProgressStyle};
use journal::JournalLine;
use projections::ledger::{self, Cursor, Filter};
use sqlx::PgPool;
use std::path::PathBuf;
use target::Target;

/// Lines of the journal that are read at once.
const JOURNAL_PAGE: u32 = 5_000;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Where to begin: an RFC 3339 time (that moment included), or a position (what lies behind it)
    #[arg(long, value_name = "TIME|POSITION", value_parser = moment)]
    from: Option<AsOf>,
    /// Where to end: an RFC 3339 time or a position, both included
    #[arg(long, value_name = "TIME|POSITION", value_parser = moment)]
    to: Option<AsOf>,
    /// What to export
    #[arg(long, value_enum, default_value_t = What::Log)]
    what: What,
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// Only this stream, as `type/id`
    #[arg(long, value_name = "TYPE/ID")]
    stream: Option<String>,
    /// The file, written beside and put in its place when it is complete; `-` is standard output
    #[arg(long, default_value = "-")]
    output: PathBuf,
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The events, byte for byte
    Log,
    /// The double-entry journal, one line of an entry each
    Journal,
}

/// The forms of an export. Only NDJSON can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Ndjson,
    Csv,
    Parquet,
}

/// A file that is being written.
trait Sink<L> {
    fn write(&mut self, lines: Vec<L>) -> Result<(), SinkError>;
    /// Writes what is held back, and hands the target on.
    fn finish(self: Box<Self>) -> Result<Target, SinkError>;
}

type SinkError = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn moment(text: &str) -> Result<AsOf, String> {
    parse_as_of(text).ok_or_else(|| "neither an RFC 3339 time nor a position".to_owned())
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let selection = selection(&args)?;
    let (_, database) = open(args.flags.clone()).await?;
    let pool = database.owner_pool().await?;
    let done = match args.what {
        What::Log => export(&pool, selection, &args).await,
        What::Journal => export_journal(&pool, &args).await,
    };
    pool.close().await;
    database.close().await.map_err(crate::server::ServerError::from)?;
    done
}

fn selection(args: &Args) -> Result<Selection, CliError> {
    let mut selection = Selection::default();
    if let Some(name) = &args.stream {
        let stream = name.split_once('/').ok_or_else(|| {
            CliError::Failed(format!("{name:?} is no stream: give it as type/id"))
        })?;
        selection.stream = Some((stream.0.to_owned(), stream.1.to_owned()));
    }
    if let Some(from) = args.from {
        selection.stretch = selection.stretch.beginning(from);
    }
    if let Some(to) = args.to {
        selection.stretch = selection.stretch.ending(to);
    }
    Ok(selection)
}

async fn export(pool: &PgPool, selection: Selection, args: &Args) -> Result<(), CliError> {
    let importable = selection.is_importable();
    let of_stream = selection.stream.is_some();
    let failed = |source: SinkError| unwritable(args, &source);
    let mut sink = sink::<ExportLine>(args).map_err(failed)?;
    let bar = if of_stream {
        ProgressBar::no_length()
    } else {
        ProgressBar::new(verify::estimated_events(pool).await?)
    };
    if let Ok(style) = ProgressStyle::with_template("export {bar:40} {pos}/{len} {per_sec} {eta}") {
        bar.set_style(style);
    }
    let mut export = Export::start(pool.clone(), selection).await?;
    let (mut events, mut tree) = (0_u64, Frontier::default());
    loop {
        let page = export.next_page().await?;
        if page.is_empty() {
            break;
        }
        for exported in &page {
            tree.push(&exported.event.hash);
        }
        events += u64::try_from(page.len()).unwrap_or_default();
        let lines = page.into_iter().map(|one| ExportLine::new(one.leaf_index, one.event));
        sink.write(lines.collect()).map_err(failed)?;
        bar.set_position(events);
    }
    bar.finish_and_clear();
    if events == 0 && of_stream {
        return Err(CliError::Failed("there is no such stream, or nothing of it there".to_owned()));
    }
    sink.finish().and_then(Target::complete).map_err(failed)?;
    if importable {
        eprintln!("exported {events} events; tree root {}", hex::encode(tree.root()));
    } else {
        eprintln!("exported {events} events: a part of the log, for reading and not for import");
    }
    Ok(())
}

/// The journal as the read models know it; it lags behind the log for a moment at most.
async fn export_journal(pool: &PgPool, args: &Args) -> Result<(), CliError> {
    if args.stream.is_some() {
        return Err(CliError::Failed("the journal is exported whole: leave --stream out".into()));
    }
    let failed = |source: SinkError| unwritable(args, &source);
    projections::ensure(pool, &projections::all()).await?;
    let mut filter = Filter { limit: JOURNAL_PAGE, as_of: args.to, ..Filter::default() };
    match args.from {
        Some(AsOf::Time(from)) => filter.from = Some(from),
        Some(AsOf::Position(behind)) => filter.after = Some(Cursor::behind(behind)),
        None => {}
    }
    let mut sink = sink::<JournalLine>(args).map_err(failed)?;
    let bar = ProgressBar::new_spinner();
    let mut lines = 0_u64;
    loop {
        let page = ledger::entries(pool, &filter).await?;
        lines += u64::try_from(page.items.len()).unwrap_or_default();
        let written = page.items.into_iter().map(JournalLine::from);
        sink.write(written.collect()).map_err(failed)?;
        bar.set_message(format!("{lines} lines of the journal"));
        bar.tick();
        let Some(next) = page.next else { break };
        filter.after = Some(next);
    }
    bar.finish_and_clear();
    sink.finish().and_then(Target::complete).map_err(failed)?;
    eprintln!("exported {lines} lines of the journal");
    Ok(())
}

fn unwritable(args: &Args, source: &SinkError) -> CliError {
    CliError::Failed(format!("{} cannot be written: {source}", args.output.display()))
}

fn sink<L: Columns>(args: &Args) -> Result<Box<dyn Sink<L>>, SinkError> {
    let target = Target::open(&args.output)?;
    Ok(match args.format {
        Format::Ndjson => Box::new(ndjson::Ndjson::new(target)),
        Format::Csv => Box::new(csv::Csv::new::<L>(target)),
        Format::Parquet => Box::new(parquet::Parquet::<L>::new(target)?),
    })
}
