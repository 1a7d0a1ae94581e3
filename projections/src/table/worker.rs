//! Folds batches into one table of one generation.
//!
//! Rows stay in memory between batches. That is right because the rows of a generation change only
//! together with its checkpoint, and whoever uses a worker moves that checkpoint first, from
//! exactly where the worker stands: had anybody else written, the move would fail.

use super::change::{Changes, Columns};
use super::{Shape, sql};
use crate::Projection;
use crate::batch::Slot;
use async_trait::async_trait;
use eventlog::Position;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use uuid::Uuid;

/// Rows kept in memory between batches, at most (beside those of the last batch).
const KEPT_ROWS: usize = 10_000;

/// Why a batch did not go through.
#[derive(Debug)]
pub(crate) enum Fault {
    /// This projection cannot take these events: its own affair.
    Poison { at: Option<(Position, Uuid)>, error: String },
    /// The database failed all of them: try again.
    Database(sqlx::Error),
}

impl Fault {
    /// Sorts an error of a statement that stored or loaded this projection's rows.
    fn of_statement(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code().map(String::from));
        match code.as_deref() {
            // Data, constraints, unknown names, limits of a statement, time-out: the same rows
            // would fail again. Everything else (connections, locks, shutdown) may pass.
            Some("57014") => Self::Poison { at: None, error: error.to_string() },
            Some(code)
                if ["21", "22", "23", "42", "54"].iter().any(|class| code.starts_with(class)) =>
            {
                Self::Poison { at: None, error: error.to_string() }
            }
            _ => Self::Database(error),
        }
    }
}

/// Folds into one table. After `apply` comes exactly one of `committed` and `rolled_back`.
#[async_trait]
pub(crate) trait Worker: Send {
    async fn apply(&mut self, db: &mut PgConnection, slots: &[Slot]) -> Result<(), Fault>;
    /// Whether rows were touched.
    fn committed(&mut self) -> bool;
    fn rolled_back(&mut self);
}

pub(crate) struct TableWorker<P: Projection> {
    shape: Arc<Shape>,
    load: String,
    insert: String,
    delete: String,
    /// Rows as of the checkpoint; `None`: there is no row.
    rows: HashMap<P::Key, Option<P::Row>>,
    /// What the batch made of them, until it is committed.
    pending: HashMap<P::Key, Option<P::Row>>,
}

impl<P: Projection> TableWorker<P> {
    pub fn new(shape: Arc<Shape>) -> Self {
        Self {
            load: sql::load(&shape),
            insert: sql::insert(&shape),
            delete: sql::delete(&shape),
            shape,
            rows: HashMap::new(),
            pending: HashMap::new(),
        }
    }

    async fn load(&mut self, db: &mut PgConnection, keys: Vec<P::Key>) -> Result<(), Fault> {
        if keys.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = keys.iter().map(P::Key::to_string).collect();
        let found: Vec<(i64, String)> = sqlx::query_as(&self.load)
            .bind(texts)
            .fetch_all(db)
            .await
            .map_err(Fault::of_statement)?;
        let mut rows: Vec<Option<P::Row>> = std::iter::repeat_n(None, keys.len()).collect();
        for (place, json) in found {
            // The places count from 1, in the order of `keys`.
            let Some(place) = usize::try_from(place).ok().and_then(|place| place.checked_sub(1))
            else {
                continue;
            };
            rows[place] = Some(serde_json::from_str(&json).map_err(|error| Fault::Poison {
                at: None,
                error: format!("the stored row {} does not parse: {error}", keys[place]),
            })?);
        }
        self.rows.extend(keys.into_iter().zip(rows));
        Ok(())
    }

    /// Which rows each event touches.
    fn touched(slots: &[Slot]) -> Result<Vec<(&crate::Envelope, P::Key)>, Fault> {
        let mut touched = Vec::with_capacity(slots.len());
        for slot in slots.iter().filter(|slot| P::STREAMS.contains(&slot.stream_type())) {
            match slot {
                Slot::Readable(event) => {
                    let keys = fold(event, || Ok(P::keys(event)?.into_iter().collect::<Vec<_>>()))?;
                    touched.extend(keys.into_iter().map(|key| (event, key)));
                }
                Slot::Unreadable { position, event_id, error, .. } => {
                    let at = Some((*position, *event_id));
                    return Err(Fault::Poison { at, error: error.clone() });
                }
            }
        }
        Ok(touched)
    }

    async fn store(&self, db: &mut PgConnection) -> Result<(), Fault> {
        let changes = self.changes().map_err(|error| Fault::Poison {
            at: None,
            error: format!("a row does not fit its table: {error}"),
        })?;
        if !changes.deleted.is_empty() {
            let rows = changes.deleted.len();
            let query = sqlx::query(&self.delete).bind(changes.deleted);
            check(query.execute(&mut *db).await, rows)?;
        }
        for (changed, columns) in changes.updated {
            let update = sql::update(&self.shape, &changed);
            execute(db, &update, columns).await?;
        }
        if !changes.inserted.is_empty() {
            execute(db, &self.insert, changes.inserted).await?;
        }
        Ok(())
    }

    fn changes(&self) -> Result<Changes, serde_json::Error> {
        let mut changes = Changes::default();
        for (key, new) in &self.pending {
            match (self.rows.get(key).and_then(Option::as_ref), new) {
                (None, None) => {}
                (None, Some(new)) => changes.insert(&self.shape, new)?,
                (Some(_), None) => changes.deleted.push(key.to_string()),
                (Some(old), Some(new)) if old == new => {}
                (Some(old), Some(new)) => changes.update(&self.shape, old, new)?,
            }
        }
        Ok(changes)
    }
}

/// Runs a statement that takes an array for each column.
async fn execute(db: &mut PgConnection, sql: &str, columns: Columns) -> Result<(), Fault> {
    let rows = columns.first().map_or(0, Vec::len);
    let mut query = sqlx::query(sql);
    for values in columns {
        query = query.bind(values);
    }
    check(query.execute(db).await, rows)
}

/// A step of the fold. What goes wrong in it, a panic too, is this projection's own affair.
fn fold<T>(
    event: &crate::Envelope,
    step: impl FnOnce() -> Result<T, crate::ApplyError>,
) -> Result<T, Fault> {
    let error = match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the fold panicked".to_owned(),
    };
    Err(Fault::Poison { at: Some((event.position, event.event_id)), error })
}

/// A statement must change exactly the rows that were meant; else memory and table have parted,
/// and both must be read anew.
fn check(
    result: Result<sqlx::postgres::PgQueryResult, sqlx::Error>,
    rows: usize,
) -> Result<(), Fault> {
    let done = result.map_err(Fault::of_statement)?.rows_affected();
    if usize::try_from(done) == Ok(rows) {
        return Ok(());
    }
    let error = format!("{done} rows changed where {rows} were meant");
    Err(Fault::Database(sqlx::Error::Protocol(error)))
}

#[async_trait]
impl<P: Projection> Worker for TableWorker<P> {
    async fn apply(&mut self, db: &mut PgConnection, slots: &[Slot]) -> Result<(), Fault> {
        let touched = Self::touched(slots)?;
        if touched.is_empty() {
            return Ok(());
        }
        let mut unknown: Vec<P::Key> = Vec::new();
        let mut asked = HashSet::new();
        for (_, key) in &touched {
            if !self.rows.contains_key(key) && asked.insert(key) {
                unknown.push(key.clone());
            }
        }
        self.load(db, unknown).await?;
        for (event, key) in &touched {
            let row = match self.pending.remove(key) {
                Some(row) => row,
                None => self.rows.get(key).cloned().flatten(),
            };
            let row = fold(event, || P::apply(row, key, event))?;
            self.pending.insert(key.clone(), row);
        }
        self.store(db).await
    }

    fn committed(&mut self) -> bool {
        let touched = !self.pending.is_empty();
        if self.rows.len() > KEPT_ROWS {
            self.rows.clear();
        }
        self.rows.extend(self.pending.drain());
        touched
    }

    fn rolled_back(&mut self) {
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApplyError;
    use crate::testing::{History, event_id};
    use aggregates::{Fact, cart};

    #[test]
    fn an_error_or_a_panic_in_a_fold_poisons_it_at_that_event() {
        let history = History::default().then("1", Fact::Cart(cart::Event::Cleared {}));
        let event = history.last();
        assert_eq!(fold(event, || Ok(7)).unwrap(), 7);
        let steps: [fn() -> Result<i32, ApplyError>; 2] =
            [|| Err(ApplyError::Overflow), || panic!("an impossible row")];
        for (step, message) in steps.into_iter().zip(["a number left its range", "panicked"]) {
            let Err(Fault::Poison { at, error }) = fold(event, step) else {
                panic!("not poisoned: {message}");
            };
            assert_eq!(at, Some((event.position, event_id(0))));
            assert!(error.contains(message), "{error}");
        }
    }
}
