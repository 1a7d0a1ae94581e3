//! `ledgerline audit`: what an auditor does. Only `checkpoint` needs a database; the rest works from
//! files, on a machine that the operator of the log has never touched.

use super::CliError;
use crate::audit::note::Verifier;
use crate::audit::proof::{ConsistencyProof, Included, InclusionProof, Proof};
use crate::audit::{self, checkpoint, export};
use crate::clock::SystemClock;
use crate::config::{Config, Flags};
use crate::entropy::Entropy;
use crate::server::{Database, ServerError, state_for_cli};
use eventlog::Hash;
use eventlog::tree::{Collector, Head, consistency_ranges, inclusion_ranges};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key that signs tree heads, and the verifier key that goes with it
    Keygen {
        /// The name of the log; must be `origin` under `[audit]` of the configuration file
        #[arg(long, default_value = "ledgerline")]
        origin: String,
        /// The file for the private key: it must not be there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Seal the log as it is now, and print the signed tree head; the verifier key goes to standard error
    Checkpoint(Box<Flags>),
    /// Check a signed tree head, and that an export or a proof is of the same history; works offline
    VerifyCheckpoint(VerifyCheckpoint),
    /// Print a proof made from an export; works offline
    Prove(Prove),
}

#[derive(Debug, clap::Args)]
struct VerifyCheckpoint {
    /// The signed tree head
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    /// The key that verifies it: name+hash+key
    #[arg(long)]
    vkey: Verifier,
    /// An export of the log (NDJSON), which must begin with exactly the events of the checkpoint
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// A proof, as `audit prove` and the API print it
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// An older checkpoint, for a proof that the log only grew
    #[arg(long, value_name = "FILE", requires = "proof")]
    older: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Prove {
    /// The export (NDJSON)
    #[arg(long, value_name = "FILE")]
    export: PathBuf,
    /// The checkpoint that the proof leads to; the export must have its root
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    #[command(flatten)]
    subject: Subject,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Subject {
    /// Prove that this event is in the log
    #[arg(long, value_name = "EVENT_ID")]
    event: Option<Uuid>,
    /// Prove that the log of this many events is the beginning of that of the checkpoint
    #[arg(long, value_name = "SIZE")]
    from_size: Option<u64>,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    match args.action {
        Action::Keygen { origin, out } => keygen(&origin, &out),
        Action::Checkpoint(flags) => newest(*flags).await,
        Action::VerifyCheckpoint(wanted) => verify_checkpoint(&wanted),
        Action::Prove(wanted) => prove(&wanted),
    }
}

fn keygen(origin: &str, out: &Path) -> Result<(), CliError> {
    let entropy = Entropy::new(Arc::new(SystemClock));
    let (key, signer) = audit::random_key(origin, &entropy).map_err(ServerError::from)?;
    crate::keyfile::write_private(out, &format!("{key}\n"))
        .map_err(|source| failed(out, source))?;
    println!("private key:  {} (for LEDGERLINE_AUDIT_KEY; keep it secret)", out.display());
    println!("verifier key: {}", signer.verifier());
    Ok(())
}

async fn newest(flags: Flags) -> Result<(), CliError> {
    let config = Config::load(flags)?;
    crate::telemetry::init("warn", config.log_format)?;
    let database = Database::open_beside(&config).await?;
    let state = state_for_cli(config, &database).await?;
    let signed = audit::sign_head(&state).await;
    state.pool.close().await;
    state.read_pool.close().await;
    database.close().await.map_err(ServerError::from)?;
    let signed = signed?.ok_or_else(|| CliError::Failed("the log is empty".to_owned()))?;
    print!("{}", signed.note);
    eprintln!("verifier key: {}", signed.vkey);
    Ok(())
}

fn verify_checkpoint(wanted: &VerifyCheckpoint) -> Result<(), CliError> {
    let head = open_checkpoint(&wanted.checkpoint, &wanted.vkey)?;
    println!(
        "checkpoint: signed by {}, {} events, root {}",
        wanted.vkey.name(),
        head.size,
        hex::encode(head.root)
    );
    let proof = wanted.proof.as_deref().map(parse_proof).transpose()?;
    let mut leaf = None;
    if let Some(path) = &wanted.export {
        let events = export::check(reader(path)?, &head, |index, event| {
            if let Some(Proof::Inclusion(proof)) = &proof
                && proof.leaf_index == index
            {
                leaf = Some(event.event_id);
            }
        })?;
        let size = head.size;
        println!("export: its first {size} events are those of the checkpoint, unchanged");
        if events > size {
            println!("export: {} more are younger than the checkpoint", events - size);
        }
    }
    let Some(proof) = proof else { return Ok(()) };
    let older = wanted.older.as_ref().map(|path| open_checkpoint(path, &wanted.vkey));
    proof.verify(&head, older.transpose()?.as_ref(), &wanted.vkey)?;
    report(&proof, leaf)
}

fn parse_proof(path: &Path) -> Result<Proof, CliError> {
    let proof = serde_json::from_str(&text(path)?);
    proof.map_err(|_| CliError::Failed(format!("{}: it is no proof", path.display())))
}

/// Says what was proved and nothing more: a proof is about a hash. Whose hash that is shows only the
/// export, in whose line the id is hashed.
fn report(proof: &Proof, leaf: Option<Uuid>) -> Result<(), CliError> {
    match proof {
        Proof::Consistency(proof) => println!(
            "proof: the {} events of the older checkpoint are still the first ones",
            proof.from_size
        ),
        Proof::Inclusion(proof) => {
            let (hash, index) = (&proof.event_hash, proof.leaf_index);
            let claimed = proof.event_id;
            match leaf {
                None => {
                    println!("proof: the event with the hash {hash} is leaf {index} of the log");
                }
                Some(id) if id == claimed => {
                    println!("proof: the event {id} is leaf {index} of the log, as in the export");
                }
                Some(id) => {
                    return Err(CliError::Failed(format!(
                        "the proof names the event {claimed}, but leaf {index} is the event {id}"
                    )));
                }
            }
        }
    }
    Ok(())
}

fn prove(wanted: &Prove) -> Result<(), CliError> {
    let note = text(&wanted.checkpoint)?;
    let (_, head) = checkpoint::unverified(&note)?;
    let proof = match (wanted.subject.event, wanted.subject.from_size) {
        (Some(event), _) => Proof::Inclusion(included(&wanted.export, event, &head, note)?),
        (None, from) => {
            Proof::Consistency(grown(&wanted.export, from.unwrap_or_default(), &head, note)?)
        }
    };
    let shown = serde_json::to_string_pretty(&proof);
    println!("{}", shown.map_err(|error| CliError::Failed(error.to_string()))?);
    Ok(())
}

/// Reads the export twice: the hashes that prove an event depend on where it stands.
fn included(
    path: &Path,
    event: Uuid,
    head: &Head,
    note: String,
) -> Result<InclusionProof, CliError> {
    let mut found: Option<(u64, Hash)> = None;
    export::check(reader(path)?, head, |index, recorded| {
        if recorded.event_id == event && index < head.size {
            found.get_or_insert((index, recorded.hash));
        }
    })?;
    let (index, event_hash) = found.ok_or_else(|| {
        let size = head.size;
        CliError::Failed(format!("the event {event} is not among the {size} of the checkpoint"))
    })?;
    let hashes = collected(path, head, Collector::new(inclusion_ranges(index, head.size)))?;
    let leaf = Included { event_id: event, index, event_hash: &event_hash, hashes: &hashes };
    Ok(InclusionProof::new(leaf, head, Some(note)))
}

fn grown(path: &Path, from: u64, head: &Head, note: String) -> Result<ConsistencyProof, CliError> {
    if from == 0 || from > head.size {
        let size = head.size;
        return Err(CliError::Failed(format!("--from-size must be between 1 and {size}")));
    }
    let old = std::iter::once(0..from).collect();
    let root = collected(path, head, Collector::new(old))?.first().copied().unwrap_or_default();
    let hashes = collected(path, head, Collector::new(consistency_ranges(from, head.size)))?;
    Ok(ConsistencyProof::new(&Head { size: from, root }, head, &hashes, Some(note)))
}

/// The hashes that the collector wants, from an export that has the root of the checkpoint.
fn collected(path: &Path, head: &Head, mut wanted: Collector) -> Result<Vec<Hash>, CliError> {
    export::check(reader(path)?, head, |_, event| wanted.push(&event.hash))?;
    wanted.hashes().ok_or_else(|| CliError::Failed("the export is too short".to_owned()))
}

pub(super) fn open_checkpoint(path: &Path, vkey: &Verifier) -> Result<Head, CliError> {
    Ok(checkpoint::open(&text(path)?, vkey)?)
}

fn text(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|source| failed(path, source))
}

fn reader(path: &Path) -> Result<BufReader<File>, CliError> {
    let file = File::open(path).map_err(|source| failed(path, source))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

fn failed(path: &Path, source: std::io::Error) -> CliError {
    CliError::Io { path: path.to_owned(), source }
}
