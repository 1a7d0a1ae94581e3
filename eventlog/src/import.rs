//! Storing an exported log in an empty database, as it was: ids, times, hashes, transaction ids and
//! positions. All of it or nothing: one transaction, which any bad line ends.
//!
//! Never checks less than `ledgerline verify` would: every hash is computed anew, every link of
//! every chain is followed, and the feed must go on at every line.

mod batch;
mod ids;

use crate::tree::Frontier;
use crate::{ExportLine, Hash, HashedFields, Position, Recorded, event_hash};
use sqlx::{Executor, PgPool, Postgres, Transaction};

pub use ids::MOST_SKIPPED_IDS;

/// Events that are stored by one statement.
const BATCH: usize = 500;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the database is not empty: it holds {what}; nothing was changed")]
    NotEmpty { what: &'static str },
    /// `event` is its stream and sequence, where they are known.
    #[error("line {line}{event}: {problem}; nothing was imported")]
    BadLine { line: u64, event: String, problem: String },
    #[error(
        "line {line}: transaction {transaction_id} is {ahead} ahead of this cluster, and at most \
         {MOST_SKIPPED_IDS} ids are skipped; nothing was imported"
    )]
    TooFarAhead { line: u64, transaction_id: u64, ahead: u64 },
    #[error(
        "the {events} events have the tree root {found}, and {expected} was asked for; nothing was \
         imported"
    )]
    OtherRoot { events: u64, found: String, expected: String },
    #[error("the events up to line {line} could not be stored; nothing was imported")]
    Unavailable { line: u64, source: sqlx::Error },
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub events: u64,
    /// Of the tree over all of them.
    pub root: Hash,
    /// Transaction ids that were used up, so that the cluster goes on behind the imported ones.
    pub skipped_ids: u64,
}

/// An import that is under way. Dropping it imports nothing.
#[derive(Debug)]
pub struct Import {
    pool: PgPool,
    tx: Transaction<'static, Postgres>,
    batch: Vec<(u64, Recorded)>,
    frontier: Frontier,
    last: Position,
    highest_position: i64,
    /// The cluster's next transaction id when the import began.
    next_id: u64,
    line: u64,
}

impl Import {
    /// Locks the log against appends and makes sure that it is empty. The pool is the owner's, with
    /// two connections at least.
    pub async fn begin(pool: &PgPool) -> Result<Self, ImportError> {
        let unavailable = |source| ImportError::Unavailable { line: 0, source };
        let mut tx = pool.begin().await.map_err(unavailable)?;
        // Whoever reads lines may wait for more; a lock that is not had soon is somebody's work.
        tx.execute(
            "SET LOCAL idle_in_transaction_session_timeout = 0;
             SET LOCAL statement_timeout = 0;
             SET LOCAL lock_timeout = '10s';
             LOCK TABLE events IN EXCLUSIVE MODE",
        )
        .await
        .map_err(unavailable)?;
        if let Some(what) = batch::what_is_stored(&mut tx).await.map_err(unavailable)? {
            return Err(ImportError::NotEmpty { what });
        }
        let next_id = ids::next(pool).await.map_err(unavailable)?;
        Ok(Self {
            pool: pool.clone(),
            tx,
            batch: Vec::with_capacity(BATCH),
            frontier: Frontier::default(),
            last: Position::START,
            highest_position: 0,
            next_id,
            line: 0,
        })
    }

    /// How many events there are so far.
    pub fn events(&self) -> u64 {
        self.frontier.size()
    }

    /// The next line of the export, as text.
    pub async fn line(&mut self, text: &str) -> Result<(), ImportError> {
        self.line += 1;
        let parsed = serde_json::from_str::<ExportLine>(text).map_err(|error| error.to_string());
        let (leaf_index, event) = parsed
            .and_then(|line| {
                let leaf_index = line.leaf_index;
                let event = Recorded::try_from(line).map_err(|error| error.to_string())?;
                Ok((leaf_index, event))
            })
            .map_err(|problem| self.bad(None, problem))?;
        self.check(leaf_index, &event).map_err(|problem| self.bad(Some(&event), problem))?;
        let transaction_id = event.position.transaction_id;
        let ahead = transaction_id.saturating_sub(self.next_id);
        if ahead > MOST_SKIPPED_IDS {
            return Err(ImportError::TooFarAhead { line: self.line, transaction_id, ahead });
        }
        self.last = event.position;
        self.highest_position = self.highest_position.max(event.position.global_position);
        self.frontier.push(&event.hash);
        self.batch.push((self.line, event));
        if self.batch.len() >= BATCH { self.flush().await } else { Ok(()) }
    }

    /// What can be checked of an event by itself and by the one before it in the feed.
    fn check(&self, leaf_index: u64, event: &Recorded) -> Result<(), String> {
        let expected = self.frontier.size();
        if leaf_index != expected {
            return Err(format!(
                "it is event {leaf_index} of the feed where event {expected} is due (only an \
                 export of the whole log can be imported)"
            ));
        }
        if event.position <= self.last {
            return Err("it does not lie behind the line before it in the feed".to_owned());
        }
        if event.position.global_position < 1 || event.sequence < 1 {
            return Err("positions and sequences begin at 1".to_owned());
        }
        if hash_of(event) != event.hash {
            return Err("its contents do not match its hash".to_owned());
        }
        for (name, text) in [("payload", &event.payload), ("metadata", &event.metadata)] {
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
                return Err(format!("its {name} is no JSON: {error}"));
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), ImportError> {
        let line = self.line;
        let unavailable = |source| ImportError::Unavailable { line, source };
        let heads = batch::heads(&mut self.tx, &self.batch).await.map_err(unavailable)?;
        if let Err((line, event, problem)) = batch::follow(heads, &self.batch) {
            return Err(ImportError::BadLine { line, event: named(&event), problem });
        }
        batch::store(&mut self.tx, &self.batch).await.map_err(unavailable)?;
        self.batch.clear();
        Ok(())
    }

    /// Commits, once the cluster counts transactions behind the last imported one. Where a root is
    /// given, the tree over the events must have it: that also shows a file that was cut short.
    pub async fn finish(mut self, root: Option<Hash>) -> Result<Imported, ImportError> {
        self.flush().await?;
        let (events, found) = (self.frontier.size(), self.frontier.root());
        if let Some(expected) = root
            && expected != found
        {
            let (found, expected) = (hex::encode(found), hex::encode(expected));
            return Err(ImportError::OtherRoot { events, found, expected });
        }
        let line = self.line;
        let unavailable = |source| ImportError::Unavailable { line, source };
        batch::restart_positions(&mut self.tx, self.highest_position).await.map_err(unavailable)?;
        // Before the commit: whatever appends next must come behind, and this transaction's lock
        // keeps everybody from appending until then.
        let skipped_ids = match events {
            0 => 0,
            _ => ids::skip(&self.pool, self.last.transaction_id).await.map_err(unavailable)?,
        };
        self.tx.commit().await.map_err(unavailable)?;
        Ok(Imported { events, root: found, skipped_ids })
    }

    fn bad(&self, event: Option<&Recorded>, problem: String) -> ImportError {
        let event = event.map(|event| named(&name(event))).unwrap_or_default();
        ImportError::BadLine { line: self.line, event, problem }
    }
}

/// `type/id event n`.
fn name(event: &Recorded) -> String {
    format!("{}/{} event {}", event.aggregate_type, event.aggregate_id, event.sequence)
}

fn named(event: &str) -> String {
    format!(", {event}")
}

fn hash_of(event: &Recorded) -> Hash {
    event_hash(
        &event.prev_hash,
        &HashedFields {
            aggregate_type: &event.aggregate_type,
            aggregate_id: &event.aggregate_id,
            sequence: event.sequence,
            event_type: &event.event_type,
            event_version: &event.event_version,
            event_id: event.event_id,
            recorded_at: event.recorded_at,
            payload: &event.payload,
            metadata: &event.metadata,
        },
    )
}
