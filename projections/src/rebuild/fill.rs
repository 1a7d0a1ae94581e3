//! Fills a generation quickly: one task reads and decodes ahead while this one folds and stores.

use super::{LEASE_TTL, RebuildError};
use crate::batch::{Slot, decode};
use crate::scan::Scanner;
use crate::session;
use crate::track::{StepError, Track};
use eventlog::{Position, leases};
use sqlx::{Connection, PgConnection, PgPool};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Events read at once.
const CHUNK: usize = 10_000;
/// Transactions that write hide newer events from the feed: a chunk that takes longer than this is
/// stored in smaller pieces.
const LONG: Duration = Duration::from_millis(200);
const SMALLEST: usize = 250;
const RENEW: Duration = Duration::from_secs(5);

struct Chunk {
    slots: Vec<Slot>,
    /// What is reached with it.
    to: Position,
}

/// Brings the track to `target`, renewing the lease. Returns the number of events.
pub(crate) async fn fill(
    pool: &PgPool,
    db: &mut PgConnection,
    track: &mut Track,
    target: Position,
    lease: Option<(&str, Uuid)>,
) -> Result<u64, RebuildError> {
    if track.position >= target {
        return Ok(0);
    }
    let (sender, mut chunks) = mpsc::channel(1);
    let reader = read_ahead(pool.clone(), track.definition.streams, track.position, target, sender);
    let reader = tokio::spawn(reader);
    let mut events = 0;
    let mut piece = CHUNK;
    let mut renewed = Instant::now();
    while let Some(Chunk { slots, to }) = chunks.recv().await {
        events += u64::try_from(slots.len()).unwrap_or(u64::MAX);
        let mut rest = slots.as_slice();
        loop {
            let (part, later) = rest.split_at(rest.len().min(piece));
            let end = if later.is_empty() { to } else { part[part.len() - 1].position() };
            let started = Instant::now();
            track.step(db, part, end).await?;
            eventlog::fault!("rebuild.piece");
            piece = next_piece(piece, started.elapsed());
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        if let Some((lease, holder)) = lease
            && renewed.elapsed() > RENEW
        {
            if !leases::acquire(&mut *db, lease, holder, LEASE_TTL).await? {
                return Err(RebuildError::Busy);
            }
            renewed = Instant::now();
        }
    }
    // The channel is closed, so the task has ended or is about to.
    match reader.await {
        Ok(read) => read?,
        Err(error) => return Err(sqlx::Error::Protocol(error.to_string()).into()),
    }
    Ok(events)
}

fn next_piece(piece: usize, took: Duration) -> usize {
    if took > LONG {
        (piece / 2).max(SMALLEST)
    } else if took < LONG / 2 {
        (piece * 2).min(CHUNK)
    } else {
        piece
    }
}

/// Ends early where nobody receives any more.
async fn read_ahead(
    pool: PgPool,
    streams: &'static [&'static str],
    mut after: Position,
    target: Position,
    chunks: mpsc::Sender<Chunk>,
) -> Result<(), StepError> {
    let mut db = session::connect(&pool).await?;
    let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let mut scanner = Scanner::new(streams);
    while after < target {
        let (events, to) = scanner.next(&mut db, after, target, limit).await?;
        if chunks.send(Chunk { slots: decode(events), to }).await.is_err() {
            return Ok(());
        }
        after = to;
    }
    db.close().await?;
    Ok(())
}
