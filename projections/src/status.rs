//! Where every projection stands, for operators and for the readiness check.

use crate::generation::building_name;
use chrono::{DateTime, Utc};
use eventlog::{Position, feed};
use sqlx::PgPool;

/// One generation of a projection.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub name: String,
    pub version: i32,
    pub generation: i32,
    /// Whether queries see this generation.
    pub is_current: bool,
    pub state: State,
    pub position: Position,
    /// Events of the feed that are still to come; numbers that were never used count too.
    pub lag_events: i64,
    pub updated_at: Option<DateTime<Utc>>,
    /// Why it failed.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Catches up; not complete yet.
    Building,
    Live,
    /// Stopped by an event; retried from time to time.
    Failed,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Live => "live",
            Self::Failed => "failed",
        }
    }
}

pub async fn status(db: &PgPool) -> Result<Vec<Status>, sqlx::Error> {
    let head = feed::head(db).await?;
    let rows = sqlx::query!(
        r#"SELECT p.name, p.version, p.generation, p.status, p.error,
                  c.name AS "checkpoint?", c.transaction_id::text AS tx,
                  c.global_position AS "global_position?", c.updated_at AS "updated_at?"
             FROM projections p
             LEFT JOIN checkpoints c
               ON c.name IN (p.name, p.name || '@' || p.generation) AND c.generation = p.generation
            ORDER BY p.name, p.generation"#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let position = match (&row.tx, row.global_position) {
                (Some(tx), Some(place)) => Position::from_stored(tx, place)?,
                _ => Position::START,
            };
            let building = building_name(&row.name, row.generation);
            Ok(Status {
                is_current: row.checkpoint.is_some_and(|checkpoint| checkpoint != building),
                name: row.name,
                version: row.version,
                generation: row.generation,
                state: match row.status.as_str() {
                    "live" => State::Live,
                    "building" => State::Building,
                    _ => State::Failed,
                },
                position,
                lag_events: (head.global_position - position.global_position).max(0),
                updated_at: row.updated_at,
                error: row.error,
            })
        })
        .collect()
}
