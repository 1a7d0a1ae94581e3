//! pgbench, PostgreSQL's own benchmark: what the machine can store at all.

use crate::Result;
use crate::database::Database;
use sqlx::Executor;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::process::Command;

/// Shaped like `events`, without its second index, its triggers and its defaults: the least that
/// storing one event can cost.
const TABLE: &str = "
    CREATE TABLE pgbench_events (
        aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint NOT NULL,
        event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL,
        metadata json NOT NULL, event_id uuid NOT NULL, recorded_at timestamptz NOT NULL,
        prev_hash bytea, hash bytea,
        CONSTRAINT pgbench_events_pkey PRIMARY KEY (aggregate_type, aggregate_id, sequence))";

/// One event of a new stream, with the bytes that ours have.
pub const INSERT: &str = r#"
\set n random(1, 1000000000000000000)
INSERT INTO pgbench_events VALUES ('cart', 'bench-' || :n::text, 1, 'ItemAdded', '1.0',
    '{"ItemAdded":{"product_id":"019a0000-0000-7000-8000-000000000001","quantity":1,"price":"9900.00"}}',
    '{"actor":"bench","correlation_id":"019a0000-0000-7000-8000-000000000001","causation_id":"019a0000-0000-7000-8000-000000000001","request_id":"019a0000-0000-7000-8000-000000000001","command":"bench","schema":1}',
    '019a0000-0000-7000-8000-000000000001', clock_timestamp(),
    '\x0000000000000000000000000000000000000000000000000000000000000000',
    '\x0000000000000000000000000000000000000000000000000000000000000000');
"#;

/// Transactions on one database: single-row INSERTs, or given statements.
pub struct Pgbench {
    program: PathBuf,
    scripts: Vec<NamedTempFile>,
    arguments: Vec<String>,
    password: Option<String>,
}

impl Pgbench {
    /// Single-row INSERT transactions. Makes their table.
    pub async fn prepare(database: &Database, clients: usize) -> Result<Self> {
        make_table(database).await?;
        Self::in_mode("prepared", database, clients, &[INSERT.to_owned()])
    }

    /// Each transaction is one of the scripts, by chance. Statements that are planned for any values
    /// or for those of the moment, whichever this finds faster: the server has both kinds.
    pub async fn with(database: &Database, clients: usize, scripts: &[String]) -> Result<Self> {
        let mut best: Option<(f64, Self)> = None;
        for mode in ["prepared", "extended"] {
            let way = Self::in_mode(mode, database, clients, scripts)?;
            let rate = way.run(Duration::from_secs(1)).await?;
            if best.as_ref().is_none_or(|(known, _)| rate > *known) {
                best = Some((rate, way));
            }
        }
        Ok(best.ok_or("pgbench has no mode")?.1)
    }

    fn in_mode(
        mode: &str,
        database: &Database,
        clients: usize,
        scripts: &[String],
    ) -> Result<Self> {
        let program = find().ok_or("pgbench is not installed")?;
        let scripts: Result<Vec<_>> = scripts.iter().map(|script| written(script)).collect();
        let scripts = scripts?;
        let files = scripts.iter().map(|script| format!("-f{}", script.path().display()));
        let arguments = ["-n", "-j", "2", "-M", mode].into_iter().map(str::to_owned);
        let arguments = arguments
            .chain([format!("-c{clients}")])
            .chain(files)
            .chain(database.arguments())
            .collect();
        Ok(Self { program, scripts, arguments, password: database.password() })
    }

    /// Transactions per second.
    pub async fn run(&self, time: Duration) -> Result<f64> {
        let seconds = time.as_secs().max(1);
        let mut command = Command::new(&self.program);
        command.arg(format!("-T{seconds}")).args(&self.arguments).kill_on_drop(true);
        if let Some(password) = &self.password {
            command.env("PGPASSWORD", password);
        }
        let output = tokio::time::timeout(time + Duration::from_secs(30), command.output());
        let output = output.await??;
        let text = String::from_utf8_lossy(&output.stdout);
        let tps = text.lines().find_map(|line| line.strip_prefix("tps = "));
        let tps =
            tps.and_then(|rest| rest.split(' ').next()).and_then(|number| number.parse().ok());
        tps.ok_or_else(|| {
            let problem = String::from_utf8_lossy(&output.stderr);
            format!("pgbench with {} scripts: {problem}", self.scripts.len()).into()
        })
    }
}

/// The table of [`INSERT`].
pub async fn make_table(database: &Database) -> Result<()> {
    database.pool.execute(TABLE).await?;
    Ok(())
}

fn written(script: &str) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(script.as_bytes())?;
    Ok(file)
}

/// On the path, or where Debian puts it.
fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders.into_iter().map(|folder| folder.join("pgbench")).find(|program| program.is_file())
}
