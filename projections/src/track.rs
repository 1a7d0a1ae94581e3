//! One projection on its way along the feed: a worker and the checkpoint that its rows move with.

use crate::Definition;
use crate::batch::{Slot, decode};
use crate::generation::{self, Current};
use crate::scan::Scanner;
use crate::table::{Fault, Worker};
use eventlog::{Position, checkpoints, feed};
use sqlx::{Connection, PgConnection};
use std::fmt;
use uuid::Uuid;

/// Events that a projection on its own takes at once.
const CHUNK: i64 = 5_000;

/// Why a batch did not go through.
#[derive(Debug)]
pub(crate) enum StepError {
    /// The checkpoint is not where this process left it: somebody else moved it.
    Stale,
    /// The projection cannot take these events.
    Poison {
        at: Option<(Position, Uuid)>,
        error: String,
    },
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StepError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Fault> for StepError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Poison { at, error } => Self::Poison { at, error },
            Fault::Database(error) => Self::Database(error),
        }
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale => f.write_str("another process moved the checkpoint"),
            Self::Poison { at: Some((position, event_id)), error } => {
                write!(f, "event {event_id} at {position}: {error}")
            }
            Self::Poison { at: None, error } => f.write_str(error),
            Self::Database(error) => error.fmt(f),
        }
    }
}

pub(crate) struct Track {
    pub definition: Definition,
    pub generation: i32,
    /// The checkpoint's name: the projection's, or another while it is being built.
    pub checkpoint: String,
    pub position: Position,
    pub worker: Box<dyn Worker>,
    /// Whether its status is known to be `live`.
    pub is_live: bool,
}

impl Track {
    /// The generation that queries see, from where it stands.
    pub async fn of_current(
        db: &mut PgConnection,
        definition: Definition,
        current: &Current,
    ) -> Result<Self, sqlx::Error> {
        Ok(Self {
            definition,
            generation: current.generation,
            checkpoint: definition.name.to_owned(),
            position: current.position,
            worker: generation::worker(db, &definition, &current.schema).await?,
            is_live: current.status == "live",
        })
    }

    /// Stores what the events make of the rows, and moves the checkpoint to `to`; both or neither.
    pub async fn step(
        &mut self,
        db: &mut PgConnection,
        slots: &[Slot],
        to: Position,
    ) -> Result<(), StepError> {
        let mut tx = db.begin().await?;
        // First of all: it locks the checkpoint, so that nobody else writes these rows meanwhile.
        let names = [self.checkpoint.clone()];
        let moved =
            checkpoints::advance(&mut *tx, &names, &[self.generation], self.position, to).await?;
        if moved != 1 {
            return Err(StepError::Stale);
        }
        if let Err(fault) = self.worker.apply(&mut tx, slots).await {
            self.worker.rolled_back();
            tx.rollback().await?;
            return Err(fault.into());
        }
        tx.commit().await?;
        self.worker.committed();
        self.position = to;
        Ok(())
    }

    /// Goes on alone up to `target`, which may move meanwhile; up to the feed's head where there is
    /// none. Where an event cannot be taken, it stops exactly before that one.
    pub async fn catch_up(
        &mut self,
        db: &mut PgConnection,
        target: impl Fn() -> Option<Position>,
    ) -> Result<(), StepError> {
        let mut limit = CHUNK;
        let mut scanner = Scanner::new(self.definition.streams);
        loop {
            let upto = match target() {
                Some(position) => position,
                None => feed::head(&mut *db).await?,
            };
            if self.position >= upto {
                return Ok(());
            }
            let (events, to) = scanner.next(db, self.position, upto, limit).await?;
            let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
            let only = events.first().map(|event| (event.position, event.event_id));
            match self.step(db, &decode(events), to).await {
                Ok(()) => limit = CHUNK.min(limit * 2),
                // The bad event is one of these: come closer to it.
                Err(StepError::Poison { .. }) if count > 1 => limit = count / 2,
                Err(StepError::Poison { at, error }) => {
                    return Err(StepError::Poison { at: at.or(only), error });
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl fmt::Debug for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} g{} at {}", self.definition, self.generation, self.position)
    }
}
