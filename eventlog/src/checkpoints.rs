//! How far each reader of the feed has come.

use crate::Position;
use sqlx::PgExecutor;

/// A reader's durable place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    pub generation: i32,
    pub position: Position,
}

pub async fn load(db: impl PgExecutor<'_>, name: &str) -> Result<Option<Checkpoint>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT generation, transaction_id::text AS "tx!", global_position
             FROM checkpoints WHERE name = $1"#,
        name
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Position::from_stored(&row.tx, row.global_position)
            .map(|position| Checkpoint { generation: row.generation, position })
    })
    .transpose()
}

/// Moves readers forward, all in one statement; belongs into the transaction that stores their
/// rows. Returns how many checkpoints moved: one that stands further on already (another process
/// was faster) or whose generation is another one does not, and the caller must roll back.
///
/// The commit does not wait for the disk: after a crash of the database a reader may stand further
/// back, together with its rows, and reads again.
pub async fn advance(
    db: impl PgExecutor<'_>,
    names: &[String],
    generations: &[i32],
    from: Position,
    to: Position,
) -> Result<u64, sqlx::Error> {
    crate::fault!("checkpoint.before");
    let done = sqlx::query!(
        "WITH lax AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
         UPDATE checkpoints c
            SET transaction_id = $5::text::xid8, global_position = $6, updated_at = clock_timestamp()
           FROM lax, UNNEST($1::text[], $2::int[]) AS r(name, generation)
          WHERE c.name = r.name AND c.generation = r.generation
            AND c.transaction_id = $3::text::xid8 AND c.global_position = $4",
        names,
        generations,
        from.transaction_id.to_string(),
        from.global_position,
        to.transaction_id.to_string(),
        to.global_position
    )
    .execute(db)
    .await?;
    crate::fault!("checkpoint.moved");
    Ok(done.rows_affected())
}

/// Creates or replaces a reader's place.
pub async fn set(
    db: impl PgExecutor<'_>,
    name: &str,
    checkpoint: Checkpoint,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO checkpoints (name, generation, transaction_id, global_position)
         VALUES ($1, $2, $3::text::xid8, $4)
         ON CONFLICT (name) DO UPDATE
            SET generation = excluded.generation, transaction_id = excluded.transaction_id,
                global_position = excluded.global_position, updated_at = clock_timestamp()",
        name,
        checkpoint.generation,
        checkpoint.position.transaction_id.to_string(),
        checkpoint.position.global_position
    )
    .execute(db)
    .await?;
    Ok(())
}
