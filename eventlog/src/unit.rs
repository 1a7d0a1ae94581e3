//! The unit of work: which streams a command involves, and what it decides on them.

use crate::append::{NewEvent, PersonalChange};
use crate::load::{Entity, Loaded, Loader};
use crate::scheduler::EventLog;
use crate::{Hash, Metadata, Position, StreamId, UnitError};
use chrono::{DateTime, Utc};
use cqrs_es::{Aggregate, DomainEvent};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::oneshot;
use uuid::Uuid;

/// A client's key for a request: the first answer under it is recorded and given again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// The caller: keys of different callers never meet.
    pub scope: String,
    pub key: String,
    /// Of the whole request: the same key with another request is refused.
    pub request_hash: Hash,
}

/// How a unit of work uses a stream, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// Facts that may be slightly out of date.
    Peek,
    /// Facts that must still hold when the events are stored.
    Read,
    Write,
    /// A new stream: not loaded, its first event must be sequence 1.
    Create,
}

/// What a stream is to a unit of work.
#[derive(Clone, Copy)]
pub(crate) struct Role {
    pub loader: Loader,
    pub access: Access,
}

pub(crate) type Involved = HashMap<StreamId, Role>;

/// What happened to a unit of work.
#[derive(Debug)]
pub enum Outcome<T> {
    Done(Committed<T>),
    /// The idempotency key was recorded before with the same request: this was the answer.
    Replayed(serde_json::Value),
}

impl<T> Outcome<T> {
    /// The end of a command of several appends, the one before at `earlier`: a client that waits for
    /// the command waits for that one too where this one changed nothing.
    #[must_use]
    pub fn after(mut self, earlier: Option<Position>) -> Self {
        if let Self::Done(committed) = &mut self {
            committed.position = committed.position.or(earlier);
        }
        self
    }
}

/// A unit of work that was stored.
#[derive(Debug)]
pub struct Committed<T> {
    pub value: T,
    /// `None` where nothing had to change.
    pub position: Option<Position>,
}

/// Collects the streams of a unit of work, then runs it.
#[must_use]
pub struct UnitBuilder<'l> {
    log: &'l EventLog,
    metadata: Metadata,
    involved: Involved,
    idempotency: Option<IdempotencyKey>,
}

impl<'l> UnitBuilder<'l> {
    pub(crate) fn new(log: &'l EventLog, metadata: Metadata) -> Self {
        Self { log, metadata, involved: Involved::new(), idempotency: None }
    }

    fn involve<A: Entity>(mut self, id: impl Into<Arc<str>>, access: Access) -> Self {
        let stream = StreamId::new(A::TYPE, id);
        let role = self.involved.entry(stream);
        let role = role.or_insert_with(|| Role { loader: Loader::of::<A>(), access });
        // The strongest use wins where a stream is named twice.
        role.access = role.access.max(access);
        self
    }

    /// A new stream: nothing is loaded; if it exists already, the unit ends in a conflict.
    pub fn create<A: Entity>(self, id: impl Into<Arc<str>>) -> Self {
        self.involve::<A>(id, Access::Create)
    }

    /// A stream that may change.
    pub fn write<A: Entity>(self, id: impl Into<Arc<str>>) -> Self {
        self.involve::<A>(id, Access::Write)
    }

    /// A stream whose state must still be the same when the events are stored.
    pub fn read<A: Entity>(self, id: impl Into<Arc<str>>) -> Self {
        self.involve::<A>(id, Access::Read)
    }

    /// A stream whose state is looked at, and may be slightly out of date.
    pub fn peek<A: Entity>(self, id: impl Into<Arc<str>>) -> Self {
        self.involve::<A>(id, Access::Peek)
    }

    pub fn idempotency(mut self, key: Option<IdempotencyKey>) -> Self {
        self.idempotency = key;
        self
    }

    /// Runs `decide` on the loaded streams and stores what it records, all or nothing. It may run
    /// several times (after a conflict), always on fresh state; it must be pure but for `work`.
    pub async fn run<T, E, F>(self, decide: F) -> Result<Outcome<T>, UnitError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnMut(&mut Work<'_>) -> Result<T, E> + Send + 'static,
    {
        let metadata = serde_json::to_string(&self.metadata).map_err(|source| {
            UnitError::Unreadable { stream: "metadata".to_owned(), source: source.into() }
        })?;
        let (reply, answer) = oneshot::channel();
        let unit = TypedUnit { decide, decided: None, reply: Some(reply) };
        self.log.submit(Pending {
            involved: self.involved,
            metadata: metadata.into(),
            idempotency: self.idempotency,
            unit: Box::new(unit),
        });
        answer.await.unwrap_or(Err(UnitError::Stopped))
    }
}

/// A unit of work on its way through the scheduler.
pub(crate) struct Pending {
    pub involved: Involved,
    pub metadata: Arc<str>,
    pub idempotency: Option<IdempotencyKey>,
    pub unit: Box<dyn Unit>,
}

/// What became of a unit, its type erased.
pub(crate) enum Verdict {
    Stored(Option<Position>),
    Replayed(serde_json::Value),
    Failed(UnitError<std::convert::Infallible>),
}

/// A unit of work with its types erased.
pub(crate) trait Unit: Send {
    /// Runs the decision and keeps its result. `false` where the domain refused.
    fn decide(&mut self, work: &mut Work<'_>) -> bool;
    /// Answers the caller. A refusal by the domain wins over the verdict.
    fn answer(&mut self, verdict: Verdict);
}

type Answer<T, E> = Result<Outcome<T>, UnitError<E>>;

struct TypedUnit<T, E, F> {
    decide: F,
    decided: Option<Result<T, E>>,
    reply: Option<oneshot::Sender<Answer<T, E>>>,
}

impl<T, E, F> Unit for TypedUnit<T, E, F>
where
    T: Send,
    E: Send,
    F: FnMut(&mut Work<'_>) -> Result<T, E> + Send,
{
    fn decide(&mut self, work: &mut Work<'_>) -> bool {
        let decided = (self.decide)(work);
        let accepted = decided.is_ok();
        self.decided = Some(decided);
        accepted
    }

    fn answer(&mut self, verdict: Verdict) {
        let Some(reply) = self.reply.take() else {
            return;
        };
        let answer = match (verdict, self.decided.take()) {
            (Verdict::Replayed(response), _) => Ok(Outcome::Replayed(response)),
            (Verdict::Failed(error), _) => Err(error.widen()),
            (Verdict::Stored(_), Some(Err(refusal))) => Err(UnitError::Rejected(refusal)),
            (Verdict::Stored(position), Some(Ok(value))) => {
                Ok(Outcome::Done(Committed { value, position }))
            }
            (Verdict::Stored(_), None) => Err(UnitError::Stopped),
        };
        // The caller may have gone away; what was stored stays stored.
        let _ = reply.send(answer);
    }
}

/// A stream within a group: what the log holds, and what the units before have staged on it.
pub(crate) struct Staged {
    pub base: Loaded,
    /// Whether another process may have changed it since.
    pub from_cache: bool,
    pub loader: Loader,
    pub state: Arc<dyn std::any::Any + Send + Sync>,
    pub events: Vec<NewEvent>,
}

impl Staged {
    pub fn loaded(base: Loaded, loader: Loader) -> Self {
        let state = Arc::clone(&base.state);
        Self { base, from_cache: false, loader, state, events: Vec::new() }
    }

    pub fn cached(base: Loaded, loader: Loader) -> Self {
        Self { from_cache: true, ..Self::loaded(base, loader) }
    }

    pub fn sequence(&self) -> i64 {
        self.base.sequence + i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }
}

/// What one unit has changed so far; thrown away where the domain refuses.
#[derive(Default)]
pub(crate) struct Changes {
    pub streams: HashMap<StreamId, ChangedStream>,
    pub personal: Vec<PersonalChange>,
    pub response: Option<serde_json::Value>,
}

pub(crate) struct ChangedStream {
    pub state: Arc<dyn std::any::Any + Send + Sync>,
    pub events: Vec<NewEvent>,
}

/// The streams of a unit of work, as they are now, and what it records on them.
pub struct Work<'g> {
    pub(crate) group: &'g HashMap<StreamId, Staged>,
    pub(crate) involved: &'g Involved,
    pub(crate) changes: Changes,
    pub(crate) metadata: Arc<str>,
    pub(crate) now: DateTime<Utc>,
    /// Whether there is an idempotency key.
    pub(crate) keyed: bool,
    pub(crate) new_id: &'g (dyn Fn() -> Uuid + Send + Sync),
}

impl Work<'_> {
    /// The aggregate as it is now, with what this unit recorded before.
    ///
    /// # Panics
    /// Where the stream was not named when the unit was built: a mistake in the program.
    pub fn state<A: Entity>(&self, id: &str) -> &A {
        let stream = StreamId::new(A::TYPE, id);
        let state = match self.changes.streams.get(&stream) {
            Some(changed) => &changed.state,
            None => &self.staged(&stream).state,
        };
        #[expect(clippy::expect_used, reason = "a stream's type decides the type of its state")]
        state.downcast_ref().expect("the state of a stream has the type of the stream")
    }

    /// When the events of this unit are recorded, to the microsecond.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// When the first event of the stream was recorded: now, where this unit or one before it in
    /// the same append records it. `None` for an empty stream, or one that has snapshots.
    pub fn created_at<A: Aggregate>(&self, id: &str) -> Option<DateTime<Utc>> {
        let staged = self.staged(&StreamId::new(A::TYPE, id));
        let fresh = staged.base.sequence == 0 && self.version::<A>(id) > 0;
        if fresh { Some(self.now) } else { staged.base.created_at }
    }

    /// Whether the unit named this stream.
    pub fn involves<A: Aggregate>(&self, id: &str) -> bool {
        self.involved.contains_key(&StreamId::new(A::TYPE, id))
    }

    /// The sequence of the last event, counting what this unit recorded.
    pub fn version<A: Aggregate>(&self, id: &str) -> i64 {
        let stream = StreamId::new(A::TYPE, id);
        let new = self.changes.streams.get(&stream).map_or(0, |changed| changed.events.len());
        self.staged(&stream).sequence() + i64::try_from(new).unwrap_or(i64::MAX)
    }

    fn staged(&self, stream: &StreamId) -> &Staged {
        // Others of the group may have named it: that would be a matter of luck.
        match self.group.get(stream).filter(|_| self.involved.contains_key(stream)) {
            Some(staged) => staged,
            None => panic!("stream {stream} was not named when the unit of work was built"),
        }
    }

    /// Records events: they are applied at once and stored with the rest of the unit.
    ///
    /// # Panics
    /// Where the stream was not named for writing or creating: a mistake in the program.
    pub fn record<A: Entity>(&mut self, id: &str, events: Vec<A::Event>) {
        if events.is_empty() {
            return;
        }
        let stream = StreamId::new(A::TYPE, id);
        let access = self.involved.get(&stream).map(|role| role.access);
        assert!(access >= Some(Access::Write), "stream {stream} was not named for writing");
        let mut state = self.state::<A>(id).clone();
        let mut new_events = Vec::with_capacity(events.len());
        for event in events {
            new_events.push(self.new_event(&event));
            state.apply(event);
        }
        let empty = || ChangedStream { state: Arc::new(()), events: Vec::new() };
        let changed = self.changes.streams.entry(stream).or_insert_with(empty);
        changed.state = Arc::new(state);
        changed.events.append(&mut new_events);
    }

    fn new_event(&self, event: &impl DomainEvent) -> NewEvent {
        #[expect(clippy::expect_used, reason = "our events are plain data: they always serialise")]
        let payload = serde_json::to_string(event).expect("an event serialises");
        NewEvent {
            event_id: (self.new_id)(),
            event_type: event.event_type(),
            event_version: event.event_version(),
            payload,
            metadata: Arc::clone(&self.metadata),
        }
    }

    /// Stores a piece of personal data together with the events.
    pub fn set_personal(
        &mut self,
        subject: Uuid,
        key: impl Into<String>,
        value: impl Into<String>,
    ) {
        let change = PersonalChange::Set { subject, key: key.into(), value: value.into() };
        self.changes.personal.push(change);
    }

    /// Erases all personal data of a subject together with the events.
    pub fn erase_personal(&mut self, subject: Uuid) {
        self.changes.personal.push(PersonalChange::EraseAll { subject });
    }

    /// The answer to record under the idempotency key.
    pub fn respond(&mut self, response: serde_json::Value) {
        self.changes.response = Some(response);
    }

    /// The same, made only where there is a key to record it under.
    pub fn respond_with(&mut self, response: impl FnOnce() -> serde_json::Value) {
        if self.keyed {
            self.respond(response());
        }
    }
}
