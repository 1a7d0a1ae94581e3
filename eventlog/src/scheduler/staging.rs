//! The working set of a group: the streams as the log holds them, what the units decide on them,
//! and storing it all by one statement.

use super::Shared;
use super::group::Failure;
use crate::append::{Append, IdempotencyRecord, PersonalChange, Snapshot, StreamAppend, append};
use crate::load::{Loaded, Loader, load_many, moved};
use crate::unit::{Access, Changes, Pending, Role, Staged, Verdict, Work};
use crate::{Position, StreamId, UnitError};
use chrono::{DateTime, SubsecRound, Utc};
use sqlx::PgConnection;
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

pub(super) struct Staging {
    streams: HashMap<StreamId, Staged>,
    guards: HashMap<StreamId, i64>,
    idempotency: Vec<IdempotencyRecord>,
    personal: Vec<PersonalChange>,
    /// The units that recorded events.
    pub changed: HashSet<usize>,
    /// The units that ended without events: refused, or nothing had to change.
    unchanged: Vec<usize>,
    recorded_at: DateTime<Utc>,
}

impl Staging {
    /// Takes the streams from the cache or loads them. A stream that only is created is not
    /// loaded, unless `thorough`.
    pub async fn load(
        shared: &Shared,
        db: &mut PgConnection,
        involved: Vec<(&StreamId, Role)>,
        thorough: bool,
    ) -> Result<Self, Failure> {
        let mut streams = HashMap::new();
        let mut created: HashMap<&StreamId, Loader> = HashMap::new();
        let mut missing: HashMap<&StreamId, Loader> = HashMap::new();
        for (stream, role) in involved {
            if streams.contains_key(stream) {
                continue;
            }
            if let Some(loaded) = shared.cache.get(stream) {
                streams.insert(stream.clone(), Staged::cached(loaded, role.loader));
            } else if role.access == Access::Create && !thorough {
                created.insert(stream, role.loader);
            } else {
                missing.insert(stream, role.loader);
            }
        }
        metrics::counter!("ledgerline_cache_hits_total").increment(streams.len() as u64);
        if !missing.is_empty() {
            metrics::counter!("ledgerline_cache_misses_total").increment(missing.len() as u64);
            let wanted: Vec<_> =
                missing.iter().map(|(s, loader)| ((*s).clone(), *loader)).collect();
            let found = load_many(db, &shared.options.codec, &wanted).await?;
            for (stream, loaded) in found {
                shared.remember(stream.clone(), &loaded);
                if let Some(loader) = missing.get(&stream) {
                    streams.insert(stream, Staged::loaded(loaded, *loader));
                }
            }
        }
        for (stream, loader) in created {
            let empty = || Staged::loaded((loader.empty)(), loader);
            streams.entry(stream.clone()).or_insert_with(empty);
        }
        Ok(Self {
            streams,
            guards: HashMap::new(),
            idempotency: Vec::new(),
            personal: Vec::new(),
            changed: HashSet::new(),
            unchanged: Vec::new(),
            recorded_at: (shared.options.now)().trunc_subsecs(6),
        })
    }

    /// Runs one unit on what the units before it left.
    pub fn decide(&mut self, shared: &Shared, index: usize, unit: &mut Pending) -> Verdict {
        let exists = |stream| self.streams.get(stream).is_some_and(|staged| staged.sequence() > 0);
        let creates = |access| access == Access::Create;
        if unit.involved.iter().any(|(stream, role)| creates(role.access) && exists(stream)) {
            return Verdict::Failed(UnitError::Conflict);
        }
        let mut work = Work {
            group: &self.streams,
            involved: &unit.involved,
            changes: Changes::default(),
            metadata: Arc::clone(&unit.metadata),
            now: self.recorded_at,
            keyed: unit.idempotency.is_some(),
            new_id: &*shared.options.new_id,
        };
        // What the unit changed so far is thrown away where it panics, so nothing half-done stays.
        let decided = catch_unwind(AssertUnwindSafe(|| unit.unit.decide(&mut work)));
        let changes = work.changes;
        match decided {
            Ok(accepted) => {
                if accepted && !changes.streams.is_empty() {
                    self.changed.insert(index);
                } else {
                    self.unchanged.push(index);
                }
                if accepted {
                    self.accept(unit, changes);
                }
                Verdict::Stored(None)
            }
            Err(panic) => Verdict::Failed(UnitError::Unreadable {
                stream: names(unit),
                source: format!("the decision panicked: {}", message(&*panic)).into(),
            }),
        }
    }

    fn accept(&mut self, unit: &Pending, changes: Changes) {
        if !changes.streams.is_empty() {
            for (stream, _) in unit.involved.iter().filter(|(_, r)| r.access == Access::Read) {
                if let Some(staged) = self.streams.get(stream) {
                    self.guards.insert(stream.clone(), staged.base.sequence);
                }
            }
        }
        for (stream, changed) in changes.streams {
            if let Some(staged) = self.streams.get_mut(&stream) {
                staged.state = changed.state;
                staged.events.extend(changed.events);
            }
        }
        for change in changes.personal {
            fold_personal(&mut self.personal, change);
        }
        if let (Some(key), Some(response)) = (&unit.idempotency, changes.response) {
            self.idempotency.push(IdempotencyRecord {
                scope: key.scope.clone(),
                key: key.key.clone(),
                request_hash: key.request_hash,
                response,
            });
        }
    }

    /// Events are stored only where their stream has not moved on. A unit that records none has no
    /// such proof where the cache was asked: the streams that it looked at, and how far they were
    /// known.
    pub fn doubtful<'u>(&self, units: &'u [Pending]) -> Vec<(&'u StreamId, i64)> {
        let units = self.unchanged.iter().filter_map(|index| units.get(*index));
        let doubtful: HashMap<_, _> = units
            .flat_map(|unit| unit.involved.keys())
            .filter_map(|stream| Some((stream, self.streams.get(stream)?)))
            .filter(|(_, staged)| staged.from_cache)
            .map(|(stream, staged)| (stream, staged.base.sequence))
            .collect();
        doubtful.into_iter().collect()
    }

    /// Stores what the units recorded and brings the cache up to date.
    pub async fn store(
        self,
        shared: &Shared,
        db: &mut PgConnection,
    ) -> Result<Option<Position>, Failure> {
        let Self { streams, guards, idempotency, personal, recorded_at, .. } = self;
        let involved: Vec<StreamId> = streams.keys().cloned().collect();
        let mut after = Vec::new();
        let mut appends = Vec::new();
        // All processes insert streams in the same order, so that two appends that meet wait for
        // each other one way only and never deadlock.
        let mut streams: Vec<_> = streams.into_iter().collect();
        streams.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        for (stream, staged) in streams {
            if !staged.events.is_empty() {
                let created_at = staged.base.created_at.or(Some(recorded_at));
                let sequence = staged.sequence();
                let snapshot = snapshot(shared, &stream, &staged);
                after.push((sequence, created_at, staged.state));
                appends.push(StreamAppend {
                    stream,
                    expected: staged.base.sequence,
                    prev_hash: staged.base.hash,
                    events: staged.events,
                    snapshot,
                });
            }
        }
        let guards = guards.into_iter().collect();
        let batch = Append { streams: appends, guards, idempotency, personal };
        if batch.is_empty() {
            return Ok(None);
        }
        let started = Instant::now();
        let appended = match append(db, &batch, recorded_at).await {
            Ok(appended) => appended,
            Err(error) => {
                // Whatever was the matter, what we believed of these streams may be wrong. That
                // includes an append whose acknowledgement was lost.
                for stream in &involved {
                    shared.cache.invalidate(stream);
                }
                return Err(error.into());
            }
        };
        metrics::histogram!("ledgerline_append_seconds").record(started.elapsed());
        let events: usize = batch.streams.iter().map(|stream| stream.events.len()).sum();
        metrics::counter!("ledgerline_events_appended_total").increment(events as u64);
        let streams = batch.streams.into_iter().zip(after).zip(appended.heads);
        for ((stream, (sequence, created_at, state)), hash) in streams {
            let loaded = Loaded { sequence, hash, created_at, state };
            shared.cache.insert(stream.stream, loaded);
        }
        if let Some(position) = appended.position {
            tell(shared, position);
            crate::fault!("append.told");
        }
        Ok(appended.position)
    }
}

/// Nobody is refused because the cache is behind another process.
pub(super) async fn still_current(
    shared: &Shared,
    db: &mut PgConnection,
    streams: &[(&StreamId, i64)],
) -> Result<(), Failure> {
    if streams.is_empty() {
        return Ok(());
    }
    let moved = moved(db, streams).await.map_err(Failure::OfAll)?;
    for stream in &moved {
        shared.cache.invalidate(*stream);
    }
    if moved.is_empty() { Ok(()) } else { Err(Failure::OutOfDate) }
}

/// The events are stored: nothing that goes wrong in telling may take their answers away.
fn tell(shared: &Shared, position: Position) {
    let told = catch_unwind(AssertUnwindSafe(|| (shared.options.on_append)(position)));
    if let Err(panic) = told {
        tracing::error!(panic = message(&*panic), "on_append panicked");
    }
}

/// Due where the events pass a multiple of the policy's number.
fn snapshot(shared: &Shared, stream: &StreamId, staged: &Staged) -> Option<Snapshot> {
    let policy = shared.options.codec.snapshot_policy(stream.aggregate_type)?;
    let due = staged.base.sequence / policy.every != staged.sequence() / policy.every;
    let state = due.then(|| (staged.loader.freeze)(&*staged.state)).flatten()?;
    Some(Snapshot { schema_version: policy.schema_version, state })
}

/// Units change personal data in their order, but one statement stores it without an order: what a
/// later change makes void is left out.
fn fold_personal(personal: &mut Vec<PersonalChange>, change: PersonalChange) {
    let erased = |of: &PersonalChange| match &change {
        PersonalChange::EraseAll { subject } => of.subject() == *subject,
        PersonalChange::Set { subject, key, .. } => {
            matches!(of, PersonalChange::Set { subject: s, key: k, .. } if s == subject && k == key)
        }
    };
    personal.retain(|of| !erased(of));
    personal.push(change);
}

fn names(unit: &Pending) -> String {
    let names: Vec<String> = unit.involved.keys().map(ToString::to_string).collect();
    names.join(", ")
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
