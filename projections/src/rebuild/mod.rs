//! Builds a projection anew from the whole log, beside the one that queries see, and swaps.
//!
//! Chunks keep the write transactions short, for those hide newer events from the feed. Each chunk
//! commits with its checkpoint, so that a rebuild that was cut off goes on where it was.

mod fill;
mod swap;

pub(crate) use fill::fill;

use crate::generation::{
    building_name, create_tables, current, drop_generation, schema_name, worker,
};
use crate::track::{StepError, Track};
use crate::{Definition, session};
use eventlog::checkpoints::{self, Checkpoint};
use eventlog::{Position, leases};
use sqlx::{Connection, PgConnection, PgPool};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A process that dies while rebuilding blocks the next attempt for this long.
pub(crate) const LEASE_TTL: Duration = Duration::from_secs(30);

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The generation that queries see now.
    pub generation: i32,
    /// Events read; fewer than all where an earlier attempt had come further already.
    pub events: u64,
    pub took: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("another process is at it")]
    Busy,
    #[error("there is no projection {0}")]
    Unknown(String),
    #[error("{name} has rows of version {found}, and this program makes version {ours}")]
    Version { name: &'static str, found: i32, ours: i32 },
    /// The new fold cannot take an event; the current generation stays as it is.
    #[error("{0}")]
    Poison(String),
    #[error("somebody else moved the checkpoint")]
    Stale,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<StepError> for RebuildError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Stale => Self::Stale,
            StepError::Database(error) => Self::Database(error),
            poison @ StepError::Poison { .. } => Self::Poison(poison.to_string()),
        }
    }
}

/// Builds the next generation and puts it in place. Queries see the old rows until then, and all of
/// the new ones from then on. `holder` is an id of this process.
pub async fn rebuild(
    pool: &PgPool,
    definition: &Definition,
    holder: Uuid,
) -> Result<Rebuilt, RebuildError> {
    let lease = format!("rebuild:{}", definition.name);
    if !leases::acquire(pool, &lease, holder, LEASE_TTL).await? {
        return Err(RebuildError::Busy);
    }
    let built = build(pool, definition, &lease, holder).await;
    leases::release(pool, &lease, holder).await?;
    built
}

async fn build(
    pool: &PgPool,
    definition: &Definition,
    lease: &str,
    holder: Uuid,
) -> Result<Rebuilt, RebuildError> {
    let started = Instant::now();
    let mut db = session::connect(pool).await?;
    let mut track = begin(&mut db, definition).await?;
    let generation = track.generation;
    tracing::info!(projection = definition.name, generation, from = %track.position, "rebuilding");
    let mut events = 0;
    loop {
        let target = swap::target(&mut db).await?;
        events += fill(pool, &mut db, &mut track, target, Some((lease, holder))).await?;
        if swap::swap(&mut db, definition, &mut track).await? {
            break;
        }
    }
    clean_up(&mut db, definition, generation).await?;
    db.close().await?;
    Ok(Rebuilt { generation, events, took: started.elapsed() })
}

/// Goes on with a generation that was begun by this version, or begins one.
async fn begin(db: &mut PgConnection, definition: &Definition) -> Result<Track, RebuildError> {
    let name = definition.name;
    let now = current(db, name).await?.ok_or_else(|| RebuildError::Unknown(name.to_owned()))?;
    if now.version > definition.version {
        let (found, ours) = (now.version, definition.version);
        return Err(RebuildError::Version { name, found, ours });
    }
    let begun = sqlx::query!(
        "SELECT generation, version, schema_name FROM projections
          WHERE name = $1 AND generation <> $2 ORDER BY generation",
        name,
        now.generation
    )
    .fetch_all(&mut *db)
    .await?;
    let mut latest = now.generation;
    for row in begun {
        latest = latest.max(row.generation);
        let checkpoint = building_name(name, row.generation);
        let place = checkpoints::load(&mut *db, &checkpoint).await?;
        match place {
            Some(place) if row.generation > now.generation && row.version == definition.version => {
                let worker = worker(db, definition, &row.schema_name).await?;
                return Ok(track(definition, row.generation, place.position, worker));
            }
            _ => drop_generation(db, name, row.generation, &row.schema_name).await?,
        }
    }
    let generation = latest + 1;
    let schema = schema_name(definition, generation);
    let mut tx = db.begin().await?;
    create_tables(&mut tx, definition, &schema).await?;
    sqlx::query!(
        "INSERT INTO projections (name, generation, version, schema_name, status)
         VALUES ($1, $2, $3, $4, 'building')",
        name,
        generation,
        definition.version,
        schema
    )
    .execute(&mut *tx)
    .await?;
    let start = Checkpoint { generation, position: Position::START };
    checkpoints::set(&mut *tx, &building_name(name, generation), start).await?;
    tx.commit().await?;
    let worker = worker(db, definition, &schema).await?;
    Ok(track(definition, generation, Position::START, worker))
}

fn track(
    definition: &Definition,
    generation: i32,
    position: Position,
    worker: Box<dyn crate::table::Worker>,
) -> Track {
    Track {
        definition: *definition,
        generation,
        checkpoint: building_name(definition.name, generation),
        position,
        worker,
        is_live: false,
    }
}

/// Drops what the swap left behind. Statements that still read the old rows go first.
async fn clean_up(
    db: &mut PgConnection,
    definition: &Definition,
    generation: i32,
) -> Result<(), sqlx::Error> {
    let old = sqlx::query!(
        "SELECT generation, schema_name FROM projections WHERE name = $1 AND generation < $2",
        definition.name,
        generation
    )
    .fetch_all(&mut *db)
    .await?;
    for row in old {
        let dropped = drop_generation(db, definition.name, row.generation, &row.schema_name).await;
        // The next rebuild would try again; until then it only takes up space.
        if let Err(error) = dropped {
            tracing::warn!(schema = row.schema_name, %error, "an old generation stays for now");
        }
    }
    Ok(())
}
