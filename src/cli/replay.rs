//! `ledgerline replay`: the story of one stream, event by event, and where it had come to.

use super::export::moment;
use super::{CliError, open};
use crate::config::Flags;
use crate::replay::{self, Step, Told, in_one_line, show_as_of};
use eventlog::AsOf;
use serde_json::json;
use sqlx::PgPool;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    flags: Flags,
    /// What it is, for instance `order`
    #[arg(value_name = "TYPE")]
    aggregate_type: String,
    id: String,
    /// Up to this moment: an RFC 3339 time or a position, both included
    #[arg(long, value_name = "TIME|POSITION", value_parser = moment)]
    as_of: Option<AsOf>,
    /// One JSON object a line: each event, then the state
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let (_, database) = open(args.flags.clone()).await?;
    let pool = database.pool(2, Duration::from_secs(10)).await?;
    let done = tell(&pool, &args).await;
    pool.close().await;
    database.close().await.map_err(crate::server::ServerError::from)?;
    done
}

async fn tell(pool: &PgPool, args: &Args) -> Result<(), CliError> {
    let codec = crate::log::codec();
    let stream = (args.aggregate_type.as_str(), args.id.as_str());
    let mut printed = Ok(());
    let mut print = |step: Step| {
        // After an error the rest is told to nobody.
        if printed.is_ok() {
            printed = print_step(&step, args.json);
        }
    };
    let told = replay::tell(pool, &codec, stream, args.as_of, Some(&mut print)).await?;
    if told.version == 0 {
        let (kind, id) = stream;
        let when = args.as_of.map(|as_of| format!(" as of {}", show_as_of(as_of)));
        let when = when.unwrap_or_default();
        return Err(CliError::Failed(format!("there is no stream {kind}/{id}{when}")));
    }
    match printed.and_then(|()| print_end(args, &told)) {
        // Whoever read it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(CliError::Io { path: PathBuf::from("standard output"), source }),
        Ok(()) => Ok(()),
    }
}

fn print_step(step: &Step, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json { writeln!(out, "{}", json!(step)) } else { writeln!(out, "{step}") }
}

fn print_end(args: &Args, told: &Told) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let as_of = args.as_of.map(show_as_of);
    if args.json {
        let end = json!({
            "type": args.aggregate_type,
            "id": args.id,
            "as_of": as_of,
            "version": told.version,
            "position": told.position.to_string(),
            "recorded_at": told.recorded_at,
            "balances": told.balances,
            "state": told.state,
        });
        return writeln!(out, "{end}");
    }
    let when = as_of.unwrap_or_else(|| "the end of the log".to_owned());
    writeln!(out, "{}/{} as of {when}", args.aggregate_type, args.id)?;
    writeln!(out, "version {}, position {}", told.version, told.position)?;
    writeln!(out, "{}", in_one_line(&told.balances))?;
    writeln!(out, "{:#}", told.state)
}
