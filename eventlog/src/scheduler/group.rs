//! Executing a group: run it as a whole; where that fails because of one unit, find that one by
//! halves. Every unit gets exactly one answer.

use super::Shared;
use super::session::Session;
use super::staging::{self, Staging};
use crate::unit::{IdempotencyKey, Pending, Role, Verdict};
use crate::{AppendError, StreamId, UnitError};
use rand::Rng;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::time::Duration;

/// Why nothing of a group was stored.
pub(super) enum Failure {
    /// What we believed of the streams was out of date: it is forgotten by now, so try again.
    OutOfDate,
    /// One unit is to blame, and the others may pass without it.
    OfOne(UnitError<Infallible>),
    /// The database is not there.
    OfAll(sqlx::Error),
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        match error {
            // A recorded key is found by the look-up of the next attempt.
            AppendError::Conflict | AppendError::KeyRecorded => Self::OutOfDate,
            AppendError::Duplicate { constraint } => {
                Self::OfOne(UnitError::Duplicate { constraint })
            }
            AppendError::Unavailable(error) if refuses_a_value(&error) => {
                Self::OfOne(UnitError::Unavailable(error))
            }
            AppendError::Unavailable(error) => Self::OfAll(error),
        }
    }
}

impl From<UnitError<Infallible>> for Failure {
    fn from(error: UnitError<Infallible>) -> Self {
        match error {
            UnitError::Unavailable(error) => Self::OfAll(error),
            error => Self::OfOne(error),
        }
    }
}

/// Whether the database answered, and did not like what one unit wanted to store (SQLSTATE classes
/// of data, constraints and limits).
fn refuses_a_value(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| ["21", "22", "23", "54"].iter().any(|class| code.starts_with(class)))
}

/// Units that are tried together, and how often they were before.
struct Batch {
    units: Vec<Pending>,
    tries: u32,
}

pub(super) async fn execute(shared: &Shared, session: &mut Session, units: Vec<Pending>) {
    metrics::histogram!("ledgerline_append_group_units").record(as_f64(units.len()));
    // A stack: what came first is always on top, so that units keep their order on each stream.
    let mut batches = vec![Batch { units, tries: 0 }];
    while let Some(Batch { mut units, tries }) = batches.pop() {
        if tries > 1 {
            tokio::time::sleep(backoff(tries)).await;
        }
        match attempt(shared, session, &mut units, tries).await {
            Ok(verdicts) => {
                let units = answer(verdicts, units);
                if !units.is_empty() {
                    batches.push(Batch { units, tries });
                }
            }
            Err(Failure::OutOfDate) => {
                metrics::counter!("ledgerline_append_conflicts_total").increment(1);
                let alone = units.len() == 1;
                if alone && tries + 1 >= shared.options.max_attempts {
                    fail(units, UnitError::Conflict);
                } else if alone || tries == 0 {
                    batches.push(Batch { units, tries: tries + 1 });
                } else {
                    divide(&mut batches, units, tries);
                }
            }
            Err(Failure::OfOne(error)) if units.len() == 1 => fail(units, error),
            Err(Failure::OfOne(_)) => divide(&mut batches, units, tries),
            Err(Failure::OfAll(error)) => {
                session.close();
                let others = batches.drain(..).flat_map(|batch| batch.units);
                for unit in others {
                    fail(vec![unit], UnitError::Unavailable(copy_of(&error)));
                }
                fail(units, UnitError::Unavailable(error));
            }
        }
    }
}

fn divide(batches: &mut Vec<Batch>, mut units: Vec<Pending>, tries: u32) {
    let second = units.split_off(units.len() / 2);
    batches.push(Batch { units: second, tries });
    batches.push(Batch { units, tries });
}

/// Full jitter over a window that doubles up to half a second: it outgrows what an append takes,
/// however slow the database is at the moment, and only then do processes stop meeting again.
fn backoff(tries: u32) -> Duration {
    let window = 1_000_u64 << tries.min(9);
    #[expect(clippy::disallowed_methods, reason = "jitter decides nothing but a delay")]
    let micros = rand::rng().random_range(0..window);
    Duration::from_micros(micros)
}

/// Runs and stores the units. A verdict for each; `None` for a unit that shares its idempotency
/// key with an earlier one of the group, and so was not run.
async fn attempt(
    shared: &Shared,
    session: &mut Session,
    units: &mut [Pending],
    tries: u32,
) -> Result<Vec<Option<Verdict>>, Failure> {
    let db = session.get(&shared.pool).await.map_err(Failure::OfAll)?;
    let mut staging = Staging::load(shared, db, involved(units), tries > 0).await?;
    // After the streams: an answer whose events were loaded is seen, and one that is recorded
    // later makes the append conflict.
    let recorded = recorded_answers(db, keyed(units)).await.map_err(Failure::OfAll)?;
    let mut verdicts: Vec<Option<Verdict>> = Vec::with_capacity(units.len());
    let mut keys = HashSet::new();
    for (index, unit) in units.iter_mut().enumerate() {
        verdicts.push(if let Some(answer) = recorded.get(&index) {
            Some(match answer {
                Some(response) => Verdict::Replayed(response.clone()),
                None => Verdict::Failed(UnitError::KeyReused),
            })
        } else if unit.idempotency.clone().is_some_and(|k| !keys.insert((k.scope, k.key))) {
            None
        } else {
            Some(staging.decide(shared, index, unit))
        });
    }
    let doubtful = staging.doubtful(units);
    staging::still_current(shared, db, &doubtful).await?;
    let changed = staging.changed.clone();
    let position = staging.store(shared, db).await?;
    for (index, verdict) in verdicts.iter_mut().enumerate() {
        if let (Some(Verdict::Stored(stored)), true) = (verdict, changed.contains(&index)) {
            *stored = position;
        }
    }
    Ok(verdicts)
}

/// The units with idempotency keys.
fn keyed(units: &[Pending]) -> Vec<(usize, &IdempotencyKey)> {
    let units = units.iter().enumerate();
    units.filter_map(|(index, unit)| Some((index, unit.idempotency.as_ref()?))).collect()
}

fn involved(units: &[Pending]) -> Vec<(&StreamId, Role)> {
    units.iter().flat_map(|unit| &unit.involved).map(|(stream, role)| (stream, *role)).collect()
}

/// Looks the idempotency keys of the group up: `Some(response)` where the same request was
/// answered, `None` where the key was used with another one.
async fn recorded_answers(
    db: &mut sqlx::PgConnection,
    keyed: Vec<(usize, &IdempotencyKey)>,
) -> Result<HashMap<usize, Option<serde_json::Value>>, sqlx::Error> {
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
    .fetch_all(db)
    .await?;
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

fn fail(units: Vec<Pending>, error: UnitError<Infallible>) {
    let mut error = Some(error);
    // Only the database can fail more than one unit at once.
    let text = error.as_ref().map(ToString::to_string).unwrap_or_default();
    let copy = match &error {
        Some(UnitError::Unavailable(error)) => copy_of(error),
        _ => sqlx::Error::Protocol(text),
    };
    for mut unit in units {
        let error = error.take().unwrap_or_else(|| UnitError::Unavailable(copy_of(&copy)));
        unit.unit.answer(Verdict::Failed(error));
    }
}

/// The same for another unit: errors cannot be cloned, but each unit is to be told.
fn copy_of(error: &sqlx::Error) -> sqlx::Error {
    match error {
        sqlx::Error::PoolTimedOut => sqlx::Error::PoolTimedOut,
        sqlx::Error::PoolClosed => sqlx::Error::PoolClosed,
        sqlx::Error::Io(io) => sqlx::Error::Io(std::io::Error::new(io.kind(), io.to_string())),
        other => sqlx::Error::Io(std::io::Error::other(other.to_string())),
    }
}

fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
