//! `ledgerline replay`: the story of one stream, event by event, and where it had come to.

use super::export::moment;
use super::{CliError, open};
use crate::clock::SystemClock;
use crate::config::{Config, Flags};
use crate::entropy::Entropy;
use crate::gift_cards::CodeKeys;
use crate::replay::{self, Step, Told, in_one_line, show_as_of};
use crate::server::ServerError;
use aggregates::gift_card::Code;
use aggregates::{Decider, GiftCard};
use eventlog::AsOf;
use serde_json::json;
use sqlx::PgPool;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    flags: Flags,
    /// What it is, for instance `order`
    #[arg(value_name = "TYPE", required_unless_present = "code")]
    aggregate_type: Option<String>,
    #[arg(required_unless_present = "code")]
    id: Option<String>,
    /// The gift card that has this code now
    #[arg(long, conflicts_with_all = ["aggregate_type", "id"])]
    code: Option<String>,
    /// Up to this moment: an RFC 3339 time or a position, both included
    #[arg(long, value_name = "TIME|POSITION", value_parser = moment)]
    as_of: Option<AsOf>,
    /// One JSON object a line: each event, then the state
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let (config, database) = open(args.flags.clone()).await?;
    let pool = database.pool(2, Duration::from_secs(10)).await?;
    let done = match stream(&config, &pool, &args).await {
        Ok(stream) => tell(&pool, &args, &stream).await,
        Err(error) => Err(error),
    };
    pool.close().await;
    database.close().await.map_err(ServerError::from)?;
    done
}

/// Type and id of the stream that the arguments name.
async fn stream(config: &Config, pool: &PgPool, args: &Args) -> Result<(String, String), CliError> {
    if let (Some(kind), Some(id)) = (&args.aggregate_type, &args.id) {
        return Ok((kind.clone(), id.clone()));
    }
    let code = args.code.as_deref().unwrap_or_default();
    let code: Code = code.parse().map_err(|error| CliError::Failed(format!("{error}")))?;
    let entropy = Entropy::new(Arc::new(SystemClock));
    let keys = CodeKeys::load(config.code_key.as_ref(), &config.data_dir, &entropy)
        .map_err(ServerError::from)?;
    projections::ensure(pool, &projections::all()).await?;
    match projections::gift_cards::by_code(pool, &keys.hash(&code)).await? {
        Some(id) => Ok((<GiftCard as Decider>::TYPE.to_owned(), id.to_string())),
        None => Err(CliError::Failed("there is no gift card with this code".to_owned())),
    }
}

async fn tell(pool: &PgPool, args: &Args, stream: &(String, String)) -> Result<(), CliError> {
    let codec = crate::log::codec();
    let stream = (stream.0.as_str(), stream.1.as_str());
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
    match printed.and_then(|()| print_end(args, stream, &told)) {
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

fn print_end(args: &Args, (kind, id): (&str, &str), told: &Told) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let as_of = args.as_of.map(show_as_of);
    if args.json {
        let end = json!({
            "type": kind,
            "id": id,
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
    writeln!(out, "{kind}/{id} as of {when}")?;
    writeln!(out, "version {}, position {}", told.version, told.position)?;
    writeln!(out, "{}", in_one_line(&told.balances))?;
    writeln!(out, "{:#}", told.state)
}
