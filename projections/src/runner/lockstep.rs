//! The healthy projections, which read the feed together and stand at the same position.

use crate::batch::Slot;
use crate::revisions::Revisions;
use crate::track::{StepError, Track};
use eventlog::{Position, checkpoints};
use sqlx::{Connection, PgConnection};

/// Stores what the events make of all tracks' rows and moves all checkpoints, in one transaction.
///
/// A track that fails is taken out and returned with its error, and the others go on: the whole
/// transaction is done again without it. That costs the others nothing while nobody fails, where a
/// savepoint for each would cost them two round trips each, every time.
pub(super) async fn step(
    db: &mut PgConnection,
    revisions: &Revisions,
    tracks: &mut Vec<Track>,
    slots: &[Slot],
    from: Position,
    to: Position,
) -> Result<Vec<(Track, StepError)>, StepError> {
    let mut failed = Vec::new();
    while !tracks.is_empty() {
        match attempt(db, revisions, tracks, slots, from, to).await? {
            None => break,
            Some((place, error)) => {
                for track in tracks.iter_mut() {
                    track.worker.rolled_back();
                }
                failed.push((tracks.remove(place), error));
            }
        }
    }
    Ok(failed)
}

/// `None` where it is committed, else the place of the track that failed.
async fn attempt(
    db: &mut PgConnection,
    revisions: &Revisions,
    tracks: &mut [Track],
    slots: &[Slot],
    from: Position,
    to: Position,
) -> Result<Option<(usize, StepError)>, StepError> {
    let names: Vec<String> = tracks.iter().map(|track| track.checkpoint.clone()).collect();
    let generations: Vec<i32> = tracks.iter().map(|track| track.generation).collect();
    let mut tx = db.begin().await?;
    // First of all: it locks the checkpoints, so that nobody else writes these rows meanwhile.
    let moved = checkpoints::advance(&mut *tx, &names, &generations, from, to).await?;
    if usize::try_from(moved) != Ok(tracks.len()) {
        return Err(StepError::Stale);
    }
    eventlog::fault!("project.before");
    for (place, track) in tracks.iter_mut().enumerate() {
        match track.worker.apply(&mut tx, slots).await.map_err(StepError::from) {
            Ok(()) => {}
            Err(error @ StepError::Poison { .. }) => {
                tx.rollback().await?;
                return Ok(Some((place, error)));
            }
            Err(error) => return Err(error),
        }
    }
    eventlog::fault!("project.stored");
    // Whoever waits may learn of the commit from the database before we do.
    let changing = revisions.changing();
    tx.commit().await?;
    eventlog::fault!("project.committed");
    for track in tracks {
        if track.worker.committed() {
            revisions.changed(track.definition.name);
        }
        track.position = to;
    }
    changing.done();
    Ok(None)
}
