//! Generations: a projection's table lives in a schema of its own for every time it was built, and
//! queries see the current one through a view that never changes its name.

use crate::table::Shape;
use crate::{Definition, analysts};
use eventlog::Position;
use eventlog::checkpoints::{self, Checkpoint};
use sqlx::{Connection, Executor, PgConnection, PgPool};

/// The generation that the views show.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    pub generation: i32,
    pub version: i32,
    pub schema: String,
    pub status: String,
    pub position: Position,
}

/// `Arbitrary`, but the same in every process: only one may create or drop schemas at a time.
const ENSURE_LOCK: i64 = 0x6c65_6467_6572;

/// The schema of a generation.
pub(crate) fn schema_name(definition: &Definition, generation: i32) -> String {
    format!("{}_v{}_g{generation}", definition.name, definition.version)
}

/// The checkpoint of a generation that is being built beside the current one.
pub(crate) fn building_name(name: &str, generation: i32) -> String {
    format!("{name}@{generation}")
}

/// Creates what is missing for new projections: schema, table, view and checkpoint. Changes nothing
/// that exists; see [`crate::rebuild`] for new versions.
pub async fn ensure(pool: &PgPool, definitions: &[Definition]) -> Result<(), sqlx::Error> {
    let mut db = crate::session::connect(pool).await?;
    let mut tx = db.begin().await?;
    sqlx::query_scalar!("SELECT pg_advisory_xact_lock($1)", ENSURE_LOCK)
        .fetch_one(&mut *tx)
        .await?;
    for definition in definitions {
        if checkpoints::load(&mut *tx, definition.name).await?.is_some() {
            continue;
        }
        let schema = schema_name(definition, 1);
        tracing::info!(projection = definition.name, schema, "creating a projection");
        create_tables(&mut tx, definition, &schema).await?;
        show(&mut tx, definition, &schema).await?;
        // With a history to catch up with it is not live yet, though its view exists.
        sqlx::query!(
            "INSERT INTO projections (name, generation, version, schema_name, status)
             SELECT $1, 1, $2, $3, CASE WHEN EXISTS (SELECT FROM events) THEN 'building' ELSE 'live' END",
            definition.name,
            definition.version,
            schema
        )
        .execute(&mut *tx)
        .await?;
        let start = Checkpoint { generation: 1, position: Position::START };
        checkpoints::set(&mut *tx, definition.name, start).await?;
    }
    // Also those of views that are older than the role.
    for definition in definitions {
        for table in definition.tables() {
            analysts::admit(&mut tx, table).await?;
        }
    }
    tx.commit().await?;
    db.close().await
}

/// Creates the schema with the empty table in it.
pub(crate) async fn create_tables(
    db: &mut PgConnection,
    definition: &Definition,
    schema: &str,
) -> Result<(), sqlx::Error> {
    db.execute(&*format!("CREATE SCHEMA \"{schema}\"")).await?;
    db.execute(&*format!("SET LOCAL search_path = \"{schema}\", public")).await?;
    db.execute(definition.schema).await?;
    db.execute("RESET search_path").await?;
    Ok(())
}

/// Lets the views show the tables of that schema.
pub(crate) async fn show(
    db: &mut PgConnection,
    definition: &Definition,
    schema: &str,
) -> Result<(), sqlx::Error> {
    for table in definition.tables() {
        show_table(db, table, schema).await?;
    }
    Ok(())
}

async fn show_table(db: &mut PgConnection, table: &str, schema: &str) -> Result<(), sqlx::Error> {
    let same_columns = sqlx::query_scalar!(
        r#"SELECT array_agg((a.attname, a.atttypid, a.atttypmod) ORDER BY a.attnum)
                  FILTER (WHERE a.attrelid = to_regclass('read.' || quote_ident($1)))
                = array_agg((a.attname, a.atttypid, a.atttypmod) ORDER BY a.attnum)
                  FILTER (WHERE a.attrelid = to_regclass(quote_ident($2) || '.' || quote_ident($1)))
             FROM pg_attribute a
            WHERE a.attrelid IN (to_regclass('read.' || quote_ident($1)),
                                 to_regclass(quote_ident($2) || '.' || quote_ident($1)))
              AND a.attnum > 0 AND NOT a.attisdropped"#,
        table,
        schema
    )
    .fetch_one(&mut *db)
    .await?;
    // Replacing keeps the view's identity, so that no statement under way notices; with other
    // columns PostgreSQL refuses it.
    if same_columns != Some(true) {
        db.execute(&*format!("DROP VIEW IF EXISTS read.\"{table}\"")).await?;
    }
    let view = format!(
        "CREATE OR REPLACE VIEW read.\"{table}\" AS SELECT * FROM \"{schema}\".\"{table}\""
    );
    db.execute(&*view).await?;
    // A view that was dropped has lost what was granted on it.
    analysts::admit(db, table).await
}

/// The current generation; `None` before [`ensure`].
pub(crate) async fn current(
    db: &mut PgConnection,
    name: &str,
) -> Result<Option<Current>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT p.generation, p.version, p.schema_name, p.status,
                  c.transaction_id::text AS "tx!", c.global_position
             FROM checkpoints c JOIN projections p ON p.name = c.name AND p.generation = c.generation
            WHERE c.name = $1"#,
        name
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Current {
            generation: row.generation,
            version: row.version,
            schema: row.schema_name,
            status: row.status,
            position: Position::from_stored(&row.tx, row.global_position)?,
        })
    })
    .transpose()
}

/// A worker for the table in that schema.
pub(crate) async fn worker(
    db: &mut PgConnection,
    definition: &Definition,
    schema: &str,
) -> Result<Box<dyn crate::table::Worker>, sqlx::Error> {
    Ok(definition.worker(Shape::load(db, schema, definition.table).await?))
}

/// Drops a generation that no view shows (any more), with all that belongs to it.
pub(crate) async fn drop_generation(
    db: &mut PgConnection,
    name: &str,
    generation: i32,
    schema: &str,
) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    tx.execute(&*format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE")).await?;
    sqlx::query!("DELETE FROM projections WHERE name = $1 AND generation = $2", name, generation)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("DELETE FROM checkpoints WHERE name = $1", building_name(name, generation))
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

/// Sets the status of a generation; an error comes with a failed one only.
pub(crate) async fn set_status(
    db: &mut PgConnection,
    name: &str,
    generation: i32,
    error: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE projections
            SET status = CASE WHEN $3::text IS NULL THEN 'live' ELSE 'failed' END, error = $3,
                failed_at = CASE WHEN $3::text IS NULL THEN NULL ELSE clock_timestamp() END
          WHERE name = $1 AND generation = $2",
        name,
        generation,
        error
    )
    .execute(db)
    .await?;
    Ok(())
}
