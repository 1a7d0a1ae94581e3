//! Proves that the live rows are what the log says: builds them anew in a throw-away schema, up to
//! exactly the live position, and compares the texts of all rows.

use crate::generation::{create_tables, current, worker};
use crate::rebuild::{LEASE_TTL, RebuildError, fill};
use crate::table::Shape;
use crate::track::Track;
use crate::{Definition, session};
use eventlog::checkpoints::{self, Checkpoint};
use eventlog::{Position, leases};
use futures_util::TryStreamExt;
use sqlx::{Connection, Executor, PgConnection, PgPool};
use uuid::Uuid;

/// Differences reported at most; the count goes on.
const REPORTED: usize = 100;

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Where both stood.
    pub position: Position,
    /// Rows of the live table.
    pub rows: u64,
    pub differing: u64,
    /// The first of them, by key.
    pub differences: Vec<Difference>,
}

/// A row that the log does not make as it is. The rows are JSON texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub key: String,
    pub live: Option<String>,
    pub rebuilt: Option<String>,
}

/// Compares the live rows of a projection with a rebuild. `holder` is an id of this process.
pub async fn compare(
    pool: &PgPool,
    definition: &Definition,
    holder: Uuid,
) -> Result<Comparison, RebuildError> {
    let name = format!("compare:{}", definition.name);
    if !leases::acquire(pool, &name, holder, LEASE_TTL).await? {
        return Err(RebuildError::Busy);
    }
    let schema = format!("{}_compare", definition.name);
    let compared = compare_in(pool, definition, &schema, (&name, holder)).await;
    drop_all(&mut session::connect(pool).await?, &name, &schema).await?;
    leases::release(pool, &name, holder).await?;
    compared
}

async fn drop_all(db: &mut PgConnection, name: &str, schema: &str) -> Result<(), sqlx::Error> {
    db.execute(&*format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE")).await?;
    sqlx::query!("DELETE FROM checkpoints WHERE name = $1", name).execute(db).await?;
    Ok(())
}

async fn compare_in(
    pool: &PgPool,
    definition: &Definition,
    schema: &str,
    lease: (&str, Uuid),
) -> Result<Comparison, RebuildError> {
    let unknown = || RebuildError::Unknown(definition.name.to_owned());
    let mut db = session::connect(pool).await?;
    drop_all(&mut db, lease.0, schema).await?;

    // One snapshot holds the live rows and their position still, however long the rebuild takes. It
    // has no transaction id, so that the feed does not wait for it.
    let mut live = PgConnection::connect_with(&pool.connect_options()).await?;
    live.execute("SET timezone = 'UTC'; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let now = current(&mut live, definition.name).await?.ok_or_else(unknown)?;
    if now.version != definition.version {
        let (found, ours) = (now.version, definition.version);
        return Err(RebuildError::Version { name: definition.name, found, ours });
    }
    let live_shape = Shape::load(&mut live, &now.schema, definition.table).await?;

    let mut tx = db.begin().await?;
    create_tables(&mut tx, definition, schema).await?;
    let start = Checkpoint { generation: now.generation, position: Position::START };
    checkpoints::set(&mut *tx, lease.0, start).await?;
    tx.commit().await?;
    let mut track = Track {
        definition: *definition,
        generation: now.generation,
        checkpoint: lease.0.to_owned(),
        position: Position::START,
        worker: worker(&mut db, definition, schema).await?,
        is_live: false,
    };
    fill(pool, &mut db, &mut track, now.position, Some(lease)).await?;
    let shape = Shape::load(&mut db, schema, definition.table).await?;
    // The limits for short transactions are not for reading whole tables.
    db.execute("SET statement_timeout = 0").await?;
    let mut found =
        rows_differing(&mut live, &all_rows(&live_shape), &mut db, &all_rows(&shape)).await?;
    for table in definition.derived {
        let (ours, built) = (whole_rows(&now.schema, table), whole_rows(schema, table));
        let derived = rows_differing(&mut live, &ours, &mut db, &built).await?;
        found.differing += derived.differing;
        found.differences.extend(derived.differences);
    }
    found.differences.truncate(REPORTED);
    found.position = now.position;
    live.close().await?;
    db.close().await?;
    Ok(found)
}

/// Goes through both tables side by side, in the order of their keys.
async fn rows_differing(
    live: &mut PgConnection,
    live_sql: &str,
    rebuilt: &mut PgConnection,
    sql: &str,
) -> Result<Comparison, sqlx::Error> {
    let mut live = sqlx::query_as::<_, (String, String)>(live_sql).fetch(live);
    let mut rebuilt = sqlx::query_as::<_, (String, String)>(sql).fetch(rebuilt);
    let mut found =
        Comparison { position: Position::START, rows: 0, differing: 0, differences: Vec::new() };
    let (mut left, mut right) = (live.try_next().await?, rebuilt.try_next().await?);
    loop {
        let order = match (&left, &right) {
            (None, None) => return Ok(found),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((left, _)), Some((right, _))) => left.cmp(right),
        };
        let live_row = if order.is_le() {
            found.rows += 1;
            std::mem::replace(&mut left, live.try_next().await?)
        } else {
            None
        };
        let rebuilt_row = if order.is_ge() {
            std::mem::replace(&mut right, rebuilt.try_next().await?)
        } else {
            None
        };
        if live_row != rebuilt_row {
            found.differing += 1;
            if found.differences.len() < REPORTED {
                let key = live_row.as_ref().or(rebuilt_row.as_ref()).map(|(key, _)| key.clone());
                found.differences.push(Difference {
                    key: key.unwrap_or_default(),
                    live: live_row.map(|(_, row)| row),
                    rebuilt: rebuilt_row.map(|(_, row)| row),
                });
            }
        }
    }
}

/// All rows with their keys, in byte order of the key, generated columns included.
fn all_rows(shape: &Shape) -> String {
    format!(
        "SELECT t.{key}::text, row_to_json(t)::text FROM {table} t ORDER BY t.{key}::text COLLATE \"C\"",
        key = shape.key().name,
        table = shape.table,
    )
}

/// All rows of a derived table: they have keys of several columns, so each is its own key.
fn whole_rows(schema: &str, table: &str) -> String {
    format!(
        "SELECT r, r FROM (SELECT row_to_json(t)::text AS r FROM \"{schema}\".\"{table}\" t) s
          ORDER BY r COLLATE \"C\""
    )
}
