//! From starting the program to its first answer, on a database that is prepared: migrated, with the
//! demonstration in it, and running. The answer is a page of the catalogue.

use crate::closed_loop::Tally;
use crate::database::Database;
use crate::http::{Connection, request};
use crate::process::Process;
use crate::report::Measured;
use crate::{Bench, Result};
use std::time::Instant;

const STARTS: usize = 10;

pub async fn run(_: &Bench, database: &Database) -> Result<Measured> {
    let folder = tempfile::tempdir()?;
    start(database, &folder, &["--demo"]).await?.stop().await?;
    let mut tally = Tally::default();
    let mut memory = None;
    let started = Instant::now();
    for _ in 0..STARTS {
        let began = Instant::now();
        let process = start(database, &folder, &[]).await;
        tally.count(began, process.as_ref().map(drop));
        let process = process?;
        memory = process.memory();
        process.stop().await?;
    }
    tally.elapsed = started.elapsed();
    let mut measured = Measured::new(1, tally);
    measured.rss_mib = memory.map(|memory| memory.now);
    Ok(measured)
}

/// Starts it and waits for the first answer.
async fn start(database: &Database, folder: &tempfile::TempDir, more: &[&str]) -> Result<Process> {
    let process = Process::serve(database, folder.path(), more).await?;
    let mut connection = Connection::new(process.address);
    connection.send(&request("GET", "/products", "", "", "")).await?.expect(200)?;
    Ok(process)
}
