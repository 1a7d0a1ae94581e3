//! Puts a finished generation in the place of the current one, in one short transaction.

use super::RebuildError;
use crate::Definition;
use crate::batch::decode;
use crate::generation::{building_name, schema_name, show};
use crate::scan::Scanner;
use crate::track::Track;
use eventlog::Position;
use eventlog::checkpoints::{self, Checkpoint};
use sqlx::{Connection, PgConnection};
use std::time::Duration;

/// Events that may be missing still when the swap begins: they are projected within it.
const NEARLY: i64 = 1_000;
/// When a reader holds the view for too long, the swap steps back for this long.
const STEP_BACK: Duration = Duration::from_millis(200);

/// The furthest position of all current generations: past a failed one, so that a rebuild can take
/// its place among the healthy ones.
pub(super) async fn target(db: &mut PgConnection) -> Result<Position, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT c.transaction_id::text AS "tx!", c.global_position
             FROM checkpoints c
             JOIN projections p ON p.name = c.name AND p.generation = c.generation
            ORDER BY c.transaction_id DESC, c.global_position DESC
            LIMIT 1"#
    )
    .fetch_optional(db)
    .await?;
    row.map_or(Ok(Position::START), |row| Position::from_stored(&row.tx, row.global_position))
}

/// `false` where the others went too far ahead meanwhile, or readers stood in the way: fill up and
/// try again.
pub(super) async fn swap(
    db: &mut PgConnection,
    definition: &Definition,
    track: &mut Track,
) -> Result<bool, RebuildError> {
    match attempt(db, definition, track).await {
        // 55P03: the lock on the view was not to be had; a queue behind us must not grow.
        Err(RebuildError::Database(error))
            if error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref()
                == Some("55P03") =>
        {
            track.worker.rolled_back();
            tokio::time::sleep(STEP_BACK).await;
            Ok(false)
        }
        other => other,
    }
}

async fn attempt(
    db: &mut PgConnection,
    definition: &Definition,
    track: &mut Track,
) -> Result<bool, RebuildError> {
    let name = definition.name;
    let schema = schema_name(definition, track.generation);
    let mut tx = db.begin().await?;
    // Locks the checkpoint: whoever moves the current generation waits for the swap, and finds the
    // new generation then.
    sqlx::query_scalar!("SELECT generation FROM checkpoints WHERE name = $1 FOR UPDATE", name)
        .fetch_one(&mut *tx)
        .await?;
    let target = target(&mut tx).await?.max(track.position);
    let mut scanner = Scanner::new(definition.streams);
    let (events, to) = scanner.next(&mut tx, track.position, target, NEARLY).await?;
    if to < target {
        tx.rollback().await?;
        return Ok(false);
    }
    track.worker.apply(&mut tx, &decode(events)).await.map_err(crate::track::StepError::from)?;
    show(&mut tx, definition, &schema).await?;
    let checkpoint = Checkpoint { generation: track.generation, position: target };
    checkpoints::set(&mut *tx, name, checkpoint).await?;
    sqlx::query!("DELETE FROM checkpoints WHERE name = $1", building_name(name, track.generation))
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "UPDATE projections SET status = 'live', error = NULL, failed_at = NULL
          WHERE name = $1 AND generation = $2",
        name,
        track.generation
    )
    .execute(&mut *tx)
    .await?;
    eventlog::fault!("rebuild.swapping");
    tx.commit().await?;
    eventlog::fault!("rebuild.swapped");
    track.worker.committed();
    Ok(true)
}
