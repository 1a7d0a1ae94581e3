//! The scheduler: group commit with a lane per stream.
//!
//! Units of work that wait are executed together: decided in order against a shared working set,
//! stored by one statement. While a stream is being appended to it is busy, and the commands that
//! want it wait and are folded into the next append: contention within a process costs latency,
//! never a retry. Between processes the primary key of `events` decides.

mod group;

use crate::codec::Codec;
use crate::load::{Entity, Loaded, Loader, load_many};
use crate::unit::{Access, IdempotencyKey, Pending, UnitBuilder, Verdict};
use crate::{Metadata, Position, StreamId, UnitError};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;
use uuid::Uuid;

/// What the log needs from outside, and its limits.
#[derive(Clone)]
pub struct Options {
    /// The clock, at least microseconds.
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// How stored events are read back.
    pub codec: Arc<Codec>,
    /// Fresh ids for events, ordered by time.
    pub new_id: Arc<dyn Fn() -> Uuid + Send + Sync>,
    /// Called after each append, for instance to wake the projections.
    pub on_append: Arc<dyn Fn(Position) + Send + Sync>,
    /// Appends under way at once.
    pub max_in_flight: usize,
    /// Units of work that one append stores at most.
    pub max_group: usize,
    /// Aggregates kept in memory.
    pub cache_capacity: u64,
    /// Tries of a unit that meets other processes.
    pub max_attempts: u32,
}

/// The handle to the log; cheap to clone.
#[derive(Clone)]
pub struct EventLog {
    shared: Arc<Shared>,
    queue: mpsc::UnboundedSender<Pending>,
}

pub(crate) struct Shared {
    pub pool: PgPool,
    pub options: Options,
    pub cache: moka::sync::Cache<StreamId, Loaded>,
}

impl EventLog {
    /// Starts the scheduler on the current tokio runtime.
    pub fn start(pool: PgPool, options: Options) -> Self {
        let cache = moka::sync::Cache::builder()
            .max_capacity(options.cache_capacity)
            // Bounds how long facts that other processes changed can be seen out of date.
            .time_to_live(std::time::Duration::from_mins(1))
            .build();
        let shared = Arc::new(Shared { pool, options, cache });
        let (queue, waiting) = mpsc::unbounded_channel();
        tokio::spawn(Scheduler::new(Arc::clone(&shared)).run(waiting));
        Self { shared, queue }
    }

    /// Begins a unit of work; `metadata` goes with each of its events.
    pub fn unit(&self, metadata: Metadata) -> UnitBuilder<'_> {
        UnitBuilder::new(self, metadata)
    }

    /// An aggregate and its version, from memory where it is there: possibly slightly out of date,
    /// so good for finding out which streams a command involves, not for deciding.
    pub async fn peek<A: Entity>(&self, id: &str) -> Result<(Arc<A>, i64), UnitError<Infallible>> {
        let stream = StreamId::new(A::TYPE, id);
        let loaded = match self.shared.cache.get(&stream) {
            Some(loaded) => loaded,
            // Not put into the cache: an append may be under way that this load does not see.
            None => load_many(
                &self.shared.pool,
                &self.shared.options.codec,
                &[(stream.clone(), Loader::of::<A>())],
            )
            .await?
            .remove(&stream)
            .unwrap_or_else(Loader::of::<A>().empty),
        };
        let state = loaded.state.downcast::<A>().map_err(|_| UnitError::Unreadable {
            stream: stream.to_string(),
            source: "a state of another type".into(),
        })?;
        Ok((state, loaded.sequence))
    }

    /// The answer recorded under an idempotency key, if any. For commands of several steps, which
    /// record it with their last one.
    pub async fn recorded_answer(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<serde_json::Value>, UnitError<Infallible>> {
        let row = sqlx::query!(
            r#"SELECT request_hash, response AS "response!: serde_json::Value"
                 FROM idempotency WHERE scope = $1 AND key = $2"#,
            key.scope,
            key.key
        )
        .fetch_optional(&self.shared.pool)
        .await
        .map_err(UnitError::Unavailable)?;
        match row {
            None => Ok(None),
            Some(row) if row.request_hash == key.request_hash => Ok(Some(row.response)),
            Some(_) => Err(UnitError::KeyReused),
        }
    }

    /// How stored events are read back.
    pub fn codec(&self) -> &Codec {
        &self.shared.options.codec
    }

    pub fn pool(&self) -> &PgPool {
        &self.shared.pool
    }

    pub(crate) fn submit(&self, pending: Pending) {
        if let Err(mpsc::error::SendError(mut pending)) = self.queue.send(pending) {
            pending.unit.answer(Verdict::Failed(UnitError::Stopped));
        }
    }
}

/// Decides which units run together, and when.
struct Scheduler {
    shared: Arc<Shared>,
    waiting: VecDeque<Pending>,
    busy: HashSet<StreamId>,
    in_flight: usize,
    finished_tx: mpsc::UnboundedSender<Vec<StreamId>>,
    finished: mpsc::UnboundedReceiver<Vec<StreamId>>,
}

impl Scheduler {
    fn new(shared: Arc<Shared>) -> Self {
        let (finished_tx, finished) = mpsc::unbounded_channel();
        Self {
            shared,
            waiting: VecDeque::new(),
            busy: HashSet::new(),
            in_flight: 0,
            finished_tx,
            finished,
        }
    }

    async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Pending>) {
        let mut open = true;
        while open || self.in_flight > 0 || !self.waiting.is_empty() {
            tokio::select! {
                unit = queue.recv(), if open => match unit {
                    Some(unit) => self.waiting.push_back(unit),
                    None => open = false,
                },
                Some(streams) = self.finished.recv(), if self.in_flight > 0 => self.release(&streams),
            }
            while let Ok(unit) = queue.try_recv() {
                self.waiting.push_back(unit);
            }
            while let Ok(streams) = self.finished.try_recv() {
                self.release(&streams);
            }
            self.dispatch();
        }
    }

    fn release(&mut self, streams: &[StreamId]) {
        self.in_flight -= 1;
        for stream in streams {
            self.busy.remove(stream);
        }
    }

    fn dispatch(&mut self) {
        while self.in_flight < self.shared.options.max_in_flight && !self.waiting.is_empty() {
            let group = self.next_group();
            if group.is_empty() {
                return;
            }
            let written = written_streams(&group);
            self.busy.extend(written.iter().cloned());
            self.in_flight += 1;
            let shared = Arc::clone(&self.shared);
            let finished = Finished { streams: written, tx: self.finished_tx.clone() };
            tokio::spawn(async move {
                group::execute(&shared, group).await;
                drop(finished);
            });
        }
    }

    /// The waiting units whose streams are free, first come first served for each stream.
    fn next_group(&mut self) -> Vec<Pending> {
        let mut group = Vec::new();
        let mut passed_over: HashSet<StreamId> = HashSet::new();
        let mut still_waiting = VecDeque::with_capacity(self.waiting.len());
        for unit in self.waiting.drain(..) {
            let free = group.len() < self.shared.options.max_group
                && unit.involved.iter().filter(|i| i.access != Access::Peek).all(|involved| {
                    !self.busy.contains(&involved.stream) && !passed_over.contains(&involved.stream)
                });
            if free {
                group.push(unit);
            } else {
                passed_over.extend(
                    unit.involved
                        .iter()
                        .filter(|i| matches!(i.access, Access::Create | Access::Write))
                        .map(|i| i.stream.clone()),
                );
                still_waiting.push_back(unit);
            }
        }
        self.waiting = still_waiting;
        group
    }
}

fn written_streams(group: &[Pending]) -> Vec<StreamId> {
    let written = group.iter().flat_map(|unit| &unit.involved);
    written
        .filter(|i| matches!(i.access, Access::Create | Access::Write))
        .map(|i| i.stream.clone())
        .collect()
}

/// Frees the streams of a group when it ends, also when it panics.
struct Finished {
    streams: Vec<StreamId>,
    tx: mpsc::UnboundedSender<Vec<StreamId>>,
}

impl Drop for Finished {
    fn drop(&mut self) {
        // The scheduler may have stopped already; then nobody waits for these streams.
        let _ = self.tx.send(std::mem::take(&mut self.streams));
    }
}
