//! The scheduler: group commit with a lane per stream.
//!
//! Units of work that wait are executed together: decided in order against a shared working set,
//! stored by one statement. While a stream is being appended to it is busy, and the commands that
//! want it wait and are folded into the next append: contention within a process costs latency,
//! never a retry. Between processes the primary key of `events` decides.

mod group;
mod lanes;
mod options;
mod session;
mod staging;

use crate::load::{Entity, Loaded, Loader, load_many};
use crate::unit::{Pending, UnitBuilder, Verdict};
use crate::{Codec, Metadata, StreamId, UnitError};
use lanes::{Claim, Lanes, Queue};
use moka::ops::compute::Op;
pub use options::Options;
use session::Session;
use sqlx::PgPool;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Units that wait at most; more are refused, so that memory stays bounded while the database is
/// away.
const MAX_WAITING: usize = 20_000;

/// How long a connection is kept for the next append.
const KEEP_CONNECTIONS: Duration = Duration::from_millis(500);

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

impl Shared {
    /// Keeps what was loaded, unless something newer is known already: an append may have ended
    /// that the load did not see.
    fn remember(&self, stream: StreamId, loaded: &Loaded) {
        self.cache.entry(stream).and_compute_with(|known| match known {
            Some(known) if known.value().sequence >= loaded.sequence => Op::Nop,
            _ => Op::Put(loaded.clone()),
        });
    }
}

impl EventLog {
    /// Starts the scheduler on the current tokio runtime. It ends when the last handle is dropped
    /// and what was begun is done.
    pub fn start(pool: PgPool, options: Options) -> Self {
        let cache = moka::sync::Cache::builder()
            .max_capacity(options.cache_capacity)
            // Bounds how long facts that other processes changed can be seen out of date.
            .time_to_live(Duration::from_mins(1))
            .build();
        let shared = Arc::new(Shared { pool, options, cache });
        let (queue, arriving) = mpsc::unbounded_channel();
        tokio::spawn(Scheduler::new(Arc::clone(&shared)).run(arriving));
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
        let loaded = if let Some(loaded) = self.shared.cache.get(&stream) {
            loaded
        } else {
            let mut db = self.shared.pool.acquire().await.map_err(UnitError::Unavailable)?;
            let wanted = [(stream.clone(), Loader::of::<A>())];
            let mut found = load_many(&mut db, &self.shared.options.codec, &wanted).await?;
            let loaded = found.remove(&stream).unwrap_or_else(Loader::of::<A>().empty);
            self.shared.remember(stream.clone(), &loaded);
            loaded
        };
        let state = loaded.state.downcast::<A>().map_err(|_| UnitError::Unreadable {
            stream: stream.to_string(),
            source: "a state of another type".into(),
        })?;
        Ok((state, loaded.sequence))
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
    queue: Queue,
    lanes: Lanes,
    in_flight: usize,
    /// Connections of groups that ended, for the next ones: taking one from the pool and giving it
    /// back costs a round trip each.
    sessions: Vec<Session>,
    finished_tx: mpsc::UnboundedSender<Ended>,
    finished: mpsc::UnboundedReceiver<Ended>,
}

impl Scheduler {
    fn new(shared: Arc<Shared>) -> Self {
        let (finished_tx, finished) = mpsc::unbounded_channel();
        Self {
            shared,
            queue: Queue::default(),
            lanes: Lanes::default(),
            in_flight: 0,
            sessions: Vec::new(),
            finished_tx,
            finished,
        }
    }

    async fn run(mut self, mut arriving: mpsc::UnboundedReceiver<Pending>) {
        let mut open = true;
        while open || self.in_flight > 0 {
            let idle = self.in_flight == 0 && !self.sessions.is_empty();
            tokio::select! {
                unit = arriving.recv(), if open => match unit {
                    Some(unit) => self.admit(unit),
                    None => open = false,
                },
                Some(ended) = self.finished.recv(), if self.in_flight > 0 => self.release(ended),
                () = tokio::time::sleep(KEEP_CONNECTIONS), if idle => self.sessions.clear(),
            }
            while let Ok(unit) = arriving.try_recv() {
                self.admit(unit);
            }
            while let Ok(ended) = self.finished.try_recv() {
                self.release(ended);
            }
            // With no group under way all streams are free, so that whoever waits is dispatched.
            self.dispatch();
        }
    }

    fn admit(&mut self, mut unit: Pending) {
        if self.queue.len() >= MAX_WAITING {
            let refusal = UnitError::Unavailable(sqlx::Error::PoolTimedOut);
            unit.unit.answer(Verdict::Failed(refusal));
        } else {
            self.queue.push(unit);
        }
    }

    fn release(&mut self, ended: Ended) {
        self.in_flight -= 1;
        self.lanes.release(&ended.claim);
        self.queue.streams_were_freed();
        self.sessions.extend(ended.session);
    }

    fn dispatch(&mut self) {
        while self.in_flight < self.shared.options.max_in_flight.max(1) {
            let group = self.queue.next_group(&self.lanes, self.shared.options.max_group.max(1));
            if group.is_empty() {
                return;
            }
            let claim = Claim::of(&group);
            self.lanes.take(&claim);
            self.in_flight += 1;
            let shared = Arc::clone(&self.shared);
            let mut session = self.sessions.pop().unwrap_or_default();
            let running = Running { ended: Some(claim), tx: self.finished_tx.clone() };
            tokio::spawn(async move {
                group::execute(&shared, &mut session, group).await;
                running.end(session);
            });
        }
    }
}

/// A group that has ended, and what it leaves.
struct Ended {
    claim: Claim,
    session: Option<Session>,
}

/// Frees the streams of a group when it ends, also when it panics.
struct Running {
    ended: Option<Claim>,
    tx: mpsc::UnboundedSender<Ended>,
}

impl Running {
    fn end(mut self, session: Session) {
        self.send(Some(session));
    }

    fn send(&mut self, session: Option<Session>) {
        if let Some(claim) = self.ended.take() {
            // The scheduler may have stopped already; then nobody waits for these streams.
            let _ = self.tx.send(Ended { claim, session });
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.send(None);
    }
}
