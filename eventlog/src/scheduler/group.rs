//! Executing a group: load what is missing, decide each unit in order, store all at once, answer.

use super::Shared;
use crate::append::{Append, IdempotencyRecord, StreamAppend, append};
use crate::load::{Loaded, Loader, load_many};
use crate::unit::{Access, Changes, IdempotencyKey, Involved, Pending, Staged, Verdict, Work};
use crate::{AppendError, Position, StreamId, UnitError};
use chrono::{DateTime, SubsecRound, Utc};
use rand::Rng;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Executes the units together; where that fails because of one of them, each for itself.
pub(super) async fn execute(shared: &Shared, mut units: Vec<Pending>) {
    metrics::histogram!("ledgerline_append_group_units").record(as_f64(units.len()));
    match attempt(shared, &mut units).await {
        Ok(verdicts) => {
            for unit in answer(verdicts, units) {
                execute_alone(shared, unit).await;
            }
        }
        Err(Failure::Fatal(error)) => fail_all(units, error),
        Err(Failure::Retry(_)) => {
            for unit in units {
                execute_alone(shared, unit).await;
            }
        }
    }
}

async fn execute_alone(shared: &Shared, unit: Pending) {
    let mut units = vec![unit];
    for attempt_number in 1.. {
        let reason = match attempt(shared, &mut units).await {
            Ok(verdicts) => {
                let deferred = answer(verdicts, units);
                debug_assert!(deferred.is_empty(), "a unit alone shares its key with none");
                return;
            }
            Err(Failure::Fatal(error)) => return fail_all(units, error),
            Err(Failure::Retry(reason)) => reason,
        };
        match reason {
            AppendError::Duplicate { constraint } => {
                return fail_all(units, UnitError::Duplicate { constraint });
            }
            AppendError::Unavailable(error) => {
                return fail_all(units, UnitError::Unavailable(error));
            }
            // A recorded key is found by the look-up of the next attempt.
            AppendError::Conflict | AppendError::KeyRecorded => {
                metrics::counter!("ledgerline_append_conflicts_total").increment(1);
            }
        }
        if attempt_number >= shared.options.max_attempts {
            return fail_all(units, UnitError::Conflict);
        }
        tokio::time::sleep(backoff(attempt_number)).await;
    }
}

/// Full jitter over an exponentially growing window, at most 50 ms.
fn backoff(attempt_number: u32) -> Duration {
    let window = 1_000_u64 << attempt_number.min(6);
    #[expect(clippy::disallowed_methods, reason = "jitter decides nothing but a delay")]
    let micros = rand::rng().random_range(0..window.min(50_000));
    Duration::from_micros(micros)
}

enum Failure {
    /// Nothing was stored because of one of the units: try them one by one.
    Retry(AppendError),
    Fatal(UnitError<Infallible>),
}

/// Runs and stores the units. A verdict for each; `None` for a unit that shares its idempotency
/// key with an earlier one of the group, and so was not run.
async fn attempt(shared: &Shared, units: &mut [Pending]) -> Result<Vec<Option<Verdict>>, Failure> {
    let keyed = units.iter().enumerate();
    let keyed = keyed.filter_map(|(index, unit)| Some((index, unit.idempotency.clone()?)));
    let recorded = recorded_answers(shared, keyed.collect()).await?;
    let involved = units.iter().flat_map(|unit| unit.involved.iter().cloned()).collect();
    let mut staging = Staging::load(shared, involved).await.map_err(Failure::Fatal)?;
    let mut verdicts: Vec<Option<Verdict>> = Vec::with_capacity(units.len());
    let mut keys = HashSet::new();
    for (index, unit) in units.iter_mut().enumerate() {
        if let Some(verdict) = recorded.get(&index) {
            verdicts.push(Some(match verdict {
                Some(response) => Verdict::Replayed(response.clone()),
                None => Verdict::Failed(UnitError::KeyReused),
            }));
        } else if unit.idempotency.clone().is_some_and(|k| !keys.insert((k.scope, k.key))) {
            verdicts.push(None);
        } else {
            staging.decide(shared, index, unit);
            verdicts.push(Some(Verdict::Stored(None)));
        }
    }
    let changed = staging.changed.clone();
    let position = staging.store(shared).await?;
    for (index, verdict) in verdicts.iter_mut().enumerate() {
        if let (Some(Verdict::Stored(stored)), true) = (verdict, changed.contains(&index)) {
            *stored = position;
        }
    }
    Ok(verdicts)
}

/// Looks the idempotency keys of the group up: `Some(response)` where the same request was
/// answered, `None` where the key was used with another one.
async fn recorded_answers(
    shared: &Shared,
    keyed: Vec<(usize, IdempotencyKey)>,
) -> Result<HashMap<usize, Option<serde_json::Value>>, Failure> {
    if keyed.is_empty() {
        return Ok(HashMap::new());
    }
    let ordinals: Vec<i32> = (0..).take(keyed.len()).collect();
    let scopes: Vec<String> = keyed.iter().map(|(_, key)| key.scope.clone()).collect();
    let keys: Vec<String> = keyed.iter().map(|(_, key)| key.key.clone()).collect();
    let rows = sqlx::query!(
        r#"SELECT n.ord AS "ord!", i.request_hash, i.response AS "response!: serde_json::Value"
             FROM UNNEST($1::int[], $2::text[], $3::text[]) AS n(ord, s, k)
             JOIN idempotency i ON i.scope = n.s AND i.key = n.k"#,
        &ordinals,
        &scopes,
        &keys
    )
    .fetch_all(&shared.pool)
    .await
    .map_err(|error| Failure::Fatal(UnitError::Unavailable(error)))?;
    let mut answers = HashMap::new();
    for row in rows {
        if let Some((index, key)) = usize::try_from(row.ord).ok().and_then(|i| keyed.get(i)) {
            let same = row.request_hash == key.request_hash;
            answers.insert(*index, same.then_some(row.response));
        }
    }
    Ok(answers)
}

/// Answers the units; those without a verdict come back.
fn answer(verdicts: Vec<Option<Verdict>>, units: Vec<Pending>) -> Vec<Pending> {
    let mut deferred = Vec::new();
    for (verdict, mut unit) in verdicts.into_iter().zip(units) {
        match verdict {
            Some(verdict) => unit.unit.answer(verdict),
            None => deferred.push(unit),
        }
    }
    deferred
}

fn fail_all(units: Vec<Pending>, error: UnitError<Infallible>) {
    let mut error = Some(error);
    let text = error.as_ref().map(ToString::to_string).unwrap_or_default();
    for mut unit in units {
        let error = error.take().unwrap_or_else(|| {
            UnitError::Unavailable(sqlx::Error::Protocol(format!("with its group: {text}")))
        });
        unit.unit.answer(Verdict::Failed(error));
    }
}

/// The working set of a group and what it will store.
struct Staging {
    streams: HashMap<StreamId, Staged>,
    guards: HashMap<StreamId, i64>,
    idempotency: Vec<IdempotencyRecord>,
    personal: Vec<crate::append::PersonalChange>,
    changed: HashSet<usize>,
    recorded_at: DateTime<Utc>,
}

impl Staging {
    async fn load(shared: &Shared, involved: Vec<Involved>) -> Result<Self, UnitError<Infallible>> {
        let mut streams = HashMap::new();
        let mut missing: HashMap<StreamId, Loader> = HashMap::new();
        for Involved { stream, loader, access } in involved {
            if streams.contains_key(&stream) {
                continue;
            }
            if access == Access::Create {
                missing.remove(&stream);
                streams.insert(stream, Staged::of((loader.empty)()));
            } else if let Some(loaded) = shared.cache.get(&stream) {
                streams.insert(stream, Staged::of(loaded));
            } else {
                missing.insert(stream, loader);
            }
        }
        if !missing.is_empty() {
            let missing: Vec<_> = missing.into_iter().collect();
            for (stream, loaded) in load_many(&shared.pool, &shared.options.codec, &missing).await?
            {
                shared.cache.insert(stream.clone(), loaded.clone());
                streams.insert(stream, Staged::of(loaded));
            }
        }
        Ok(Self {
            streams,
            guards: HashMap::new(),
            idempotency: Vec::new(),
            personal: Vec::new(),
            changed: HashSet::new(),
            recorded_at: (shared.options.now)().trunc_subsecs(6),
        })
    }

    fn decide(&mut self, shared: &Shared, index: usize, unit: &mut Pending) {
        let mut work = Work {
            group: &self.streams,
            changes: Changes::default(),
            metadata: Arc::clone(&unit.metadata),
            now: self.recorded_at,
            keyed: unit.idempotency.is_some(),
            codec: &shared.options.codec,
            new_id: &*shared.options.new_id,
        };
        let accepted = unit.unit.decide(&mut work);
        let changes = work.changes;
        if accepted {
            self.accept(index, unit, changes);
        }
    }

    fn accept(&mut self, index: usize, unit: &Pending, changes: Changes) {
        if !changes.streams.is_empty() {
            self.changed.insert(index);
            for involved in unit.involved.iter().filter(|i| i.access == Access::Read) {
                if let Some(staged) = self.streams.get(&involved.stream) {
                    self.guards.insert(involved.stream.clone(), staged.base.sequence);
                }
            }
        }
        for (stream, changed) in changes.streams {
            if let Some(staged) = self.streams.get_mut(&stream) {
                staged.state = changed.state;
                staged.events.extend(changed.events);
                // A snapshot is of the last event of the append, or it is none.
                staged.snapshot = changed.snapshot;
            }
        }
        self.personal.extend(changes.personal);
        if let (Some(key), Some(response)) = (&unit.idempotency, changes.response) {
            self.idempotency.push(IdempotencyRecord {
                scope: key.scope.clone(),
                key: key.key.clone(),
                request_hash: key.request_hash,
                response,
            });
        }
    }

    /// Stores what the units recorded and brings the cache up to date.
    async fn store(self, shared: &Shared) -> Result<Option<Position>, Failure> {
        let Self { streams, guards, idempotency, personal, recorded_at, .. } = self;
        let involved: Vec<StreamId> = streams.keys().cloned().collect();
        let mut states = Vec::new();
        let mut appends = Vec::new();
        for (stream, staged) in streams {
            if !staged.events.is_empty() {
                states.push((staged.state, staged.base.created_at.or(Some(recorded_at))));
                appends.push(StreamAppend {
                    stream,
                    expected: staged.base.sequence,
                    prev_hash: staged.base.hash,
                    events: staged.events,
                    snapshot: staged.snapshot,
                });
            }
        }
        let batch = Append {
            streams: appends,
            guards: guards.into_iter().collect(),
            idempotency,
            personal,
        };
        if batch.streams.is_empty() {
            return store_without_events(shared, &batch).await.map(|()| None);
        }
        let started = Instant::now();
        match append(&shared.pool, &batch, recorded_at).await {
            Ok(appended) => {
                let events: usize = batch.streams.iter().map(|s| s.events.len()).sum();
                metrics::histogram!("ledgerline_append_seconds").record(started.elapsed());
                metrics::counter!("ledgerline_events_appended_total").increment(events as u64);
                for ((stream, (state, created_at)), hash) in
                    batch.streams.into_iter().zip(states).zip(appended.heads)
                {
                    let length = i64::try_from(stream.events.len()).unwrap_or(i64::MAX);
                    let sequence = stream.expected + length;
                    shared
                        .cache
                        .insert(stream.stream, Loaded { sequence, hash, created_at, state });
                }
                (shared.options.on_append)(appended.position);
                Ok(Some(appended.position))
            }
            Err(error) => {
                // Whatever was the matter, what we believed of these streams may be wrong. That
                // includes an append whose acknowledgement was lost.
                for stream in &involved {
                    shared.cache.invalidate(stream);
                }
                Err(match error {
                    // The database answered: it refused something of one unit, not the others.
                    AppendError::Unavailable(error @ sqlx::Error::Database(_)) => {
                        Failure::Retry(AppendError::Unavailable(error))
                    }
                    AppendError::Unavailable(error) => {
                        Failure::Fatal(UnitError::Unavailable(error))
                    }
                    retry => Failure::Retry(retry),
                })
            }
        }
    }
}

/// Answers and personal data of units that caused no events.
async fn store_without_events(shared: &Shared, batch: &Append) -> Result<(), Failure> {
    debug_assert!(batch.personal.is_empty(), "personal data changes go with an event");
    for record in &batch.idempotency {
        sqlx::query!(
            "INSERT INTO idempotency (scope, key, request_hash, response)
             VALUES ($1, $2, $3, $4)",
            record.scope,
            record.key,
            &record.request_hash[..],
            record.response
        )
        .execute(&shared.pool)
        .await
        .map_err(|error| Failure::Retry(error.into()))?;
    }
    Ok(())
}

fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
