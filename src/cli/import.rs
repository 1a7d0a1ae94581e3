//! `ledgerline import`: an exported log into an empty database, all of it or nothing.

use super::{CliError, open};
use crate::config::Flags;
use eventlog::Hash;
use eventlog::import::{Import, Imported};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::PgPool;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// No event is nearly as long.
const LONGEST_LINE: u64 = 64 << 20;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Refuse a file whose events have another tree root than this: `export` says which one it is
    #[arg(long, value_name = "HEX", value_parser = hash)]
    root: Option<Hash>,
    /// A whole export in NDJSON; `-` is standard input
    file: PathBuf,
}

fn hash(text: &str) -> Result<Hash, String> {
    let mut hash = Hash::default();
    hex::decode_to_slice(text, &mut hash).map_err(|error| error.to_string())?;
    Ok(hash)
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let io = |source| CliError::Io { path: args.file.clone(), source };
    // Before the database is touched.
    let (input, bytes): (Box<dyn AsyncRead + Send + Unpin>, u64) = if args.file == Path::new("-") {
        (Box::new(tokio::io::stdin()), 0)
    } else {
        let file = tokio::fs::File::open(&args.file).await.map_err(io)?;
        let bytes = file.metadata().await.map_err(io)?.len();
        (Box::new(file), bytes)
    };
    let (_, database) = open(args.flags.clone()).await?;
    let pool = database.owner_pool().await?;
    let done = import(&pool, input, bytes, &args).await;
    pool.close().await;
    database.close().await.map_err(crate::server::ServerError::from)?;
    done
}

async fn import(
    pool: &PgPool,
    input: impl AsyncRead + Unpin,
    bytes: u64,
    args: &Args,
) -> Result<(), CliError> {
    let started = Instant::now();
    let mut import = Import::begin(pool).await?;
    let mut input = BufReader::new(input);
    let bar = progress_bar(bytes);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = (&mut input).take(LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut line).await;
        let read = read.map_err(|source| CliError::Io { path: args.file.clone(), source })?;
        if read == 0 {
            break;
        }
        // What is not text is no JSON either, and is refused as such.
        let text = String::from_utf8_lossy(&line);
        import.line(text.trim_end_matches(['\r', '\n'])).await?;
        bar.inc(u64::try_from(read).unwrap_or_default());
    }
    bar.finish_and_clear();
    let Imported { events, root, skipped_ids } = import.finish(args.root).await?;
    let seconds = started.elapsed().as_secs_f64();
    println!("imported {events} events in {seconds:.2} s; tree root {}", hex::encode(root));
    if skipped_ids > 0 {
        println!("{skipped_ids} transaction ids were skipped, so that new events come behind");
    }
    Ok(())
}

fn progress_bar(bytes: u64) -> ProgressBar {
    let bar = if bytes == 0 { ProgressBar::no_length() } else { ProgressBar::new(bytes) };
    let template = "import {bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
