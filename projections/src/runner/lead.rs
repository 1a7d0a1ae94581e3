//! The leader: reads each stretch of the feed once for all healthy projections, and lets those that
//! failed or lag behind catch up on their own until they can come along again.

use super::health::look;
use super::wake::Pauses;
use super::{Ended, LEASE_TTL, Runner, lockstep};
use crate::batch::decode;
use crate::track::{StepError, Track};
use crate::{Definition, generation, session};
use eventlog::{Position, feed, leases};
use sqlx::{PgConnection, PgPool};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Events read at once, at the head and when far behind it.
const LIMIT: i64 = 500;
const LARGEST_LIMIT: i64 = 10_000;
/// Transactions that write hide newer events from the feed; longer than this is too long.
const LONG: Duration = Duration::from_millis(250);
/// How often the lease is renewed.
const RENEW: Duration = Duration::from_millis(1_500);
/// Nobody else leads for that long after the lease was asked for: a second less than it lasts.
const ALONE: Duration = Duration::from_secs(4);
const LONGEST_RETRY: Duration = Duration::from_mins(5);

/// What a turn did.
enum Turn {
    /// There was nothing to read.
    Idle,
    /// Everything that there was.
    AtHead,
    /// A stretch, and there is more.
    Behind,
}

/// A projection that comes back from its own way, or does not.
type Returned = (Definition, Result<Track, Trouble>);

/// Why a projection that went alone did not arrive.
struct Trouble {
    generation: Option<i32>,
    error: StepError,
}

pub(super) struct Lead<'r> {
    runner: &'r Runner,
    db: PgConnection,
    /// At the same position, all of them.
    together: Vec<Track>,
    position: Position,
    /// The position for those that catch up; `None` while nobody goes ahead.
    target: watch::Sender<Option<Position>>,
    alone: JoinSet<Returned>,
    /// Arrived, and waiting until the others come to where they stand.
    waiting: Vec<Track>,
    retries: Vec<(Instant, Definition)>,
    /// Who is alone or waits for a retry.
    away: HashSet<&'static str>,
    failures: HashMap<&'static str, u32>,
    limit: i64,
    renewed: Instant,
}

impl<'r> Lead<'r> {
    /// `renewed` is when the lease was asked for.
    pub async fn start(
        runner: &'r Runner,
        renewed: Instant,
    ) -> Result<Result<Self, Ended>, sqlx::Error> {
        let mut db = session::connect(&runner.pool).await?;
        let mut tracks = Vec::new();
        for definition in runner.definitions() {
            let Some(current) = generation::current(&mut db, definition.name).await? else {
                continue;
            };
            if current.version > definition.version {
                tracing::warn!(?definition, newer = current.version, "a newer program leads");
                return Ok(Err(Ended::Outdated));
            }
            // An older version waits for its rebuild.
            if current.version == definition.version {
                tracks.push(Track::of_current(&mut db, *definition, &current).await?);
            }
        }
        let position = tracks.iter().map(|track| track.position).max().unwrap_or_default();
        let (together, behind): (Vec<_>, Vec<_>) =
            tracks.into_iter().partition(|track| track.position == position);
        let mut lead = Self {
            runner,
            db,
            target: watch::Sender::new((!together.is_empty()).then_some(position)),
            together,
            position,
            alone: JoinSet::new(),
            waiting: Vec::new(),
            retries: Vec::new(),
            away: HashSet::new(),
            failures: HashMap::new(),
            limit: LIMIT,
            renewed,
        };
        for track in behind {
            lead.send_alone(track.definition);
        }
        Ok(Ok(lead))
    }

    pub async fn run(mut self) -> Result<Ended, sqlx::Error> {
        let mut pauses = Pauses::new(self.runner.read_models.group().pause());
        loop {
            if let Some(ended) = self.renew().await? {
                return Ok(ended);
            }
            while let Some(returned) = self.alone.try_join_next() {
                if let Ok(returned) = returned {
                    self.take_back(returned).await?;
                }
            }
            self.retry();
            self.join_waiting().await?;
            self.vouch();
            match self.turn().await {
                Ok(Turn::Behind) => pauses.reset(),
                Ok(Turn::AtHead) => pauses.gather(&self.runner.read_models).await,
                Ok(Turn::Idle) => pauses.pause(&self.runner.wake).await,
                Err(StepError::Stale) => return Ok(Ended::Changed),
                Err(StepError::Database(error)) => return Err(error),
                Err(StepError::Poison { error, .. }) => return Err(sqlx::Error::Protocol(error)),
            }
        }
    }

    /// Reads the next stretch and projects it.
    async fn turn(&mut self) -> Result<Turn, StepError> {
        if self.together.is_empty() {
            return Ok(Turn::Idle);
        }
        let events = feed::read(&mut self.db, self.position, self.limit).await?;
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let is_all = count < self.limit;
        if is_all {
            self.promote().await?;
            self.runner.read_models.publish(self.position);
        }
        let mut slots = decode(events);
        // Not past anybody who waits, so that they can join.
        if let Some(stop) = self.waiting.iter().map(|track| track.position).min() {
            slots.truncate(slots.partition_point(|slot| slot.position() <= stop));
        }
        let Some(to) = slots.last().map(crate::batch::Slot::position) else {
            return Ok(Turn::Idle);
        };
        let revisions = self.runner.read_models.revisions();
        let started = Instant::now();
        let failed =
            lockstep::step(&mut self.db, revisions, &mut self.together, &slots, self.position, to)
                .await?;
        self.adapt(count, started.elapsed());
        if !self.together.is_empty() {
            self.position = to;
            self.runner.read_models.publish(to);
            let projected = u64::try_from(slots.len()).unwrap_or(u64::MAX);
            metrics::counter!("ledgerline_projected_events_total").increment(projected);
        }
        self.publish_target();
        if !failed.is_empty() {
            self.vouch();
        }
        for (track, error) in failed {
            self.fail(track.definition, track.generation, &error).await?;
            // At once, alone: to find out which event it is.
            self.send_alone(track.definition);
        }
        Ok(if is_all { Turn::AtHead } else { Turn::Behind })
    }

    /// Says whether rows change by this loop alone: as long as the lease surely lasts, and while no
    /// projection goes its own way.
    fn vouch(&self) {
        let revisions = self.runner.read_models.revisions();
        if self.together.len() == self.runner.definitions().len() {
            revisions.know_for(ALONE.saturating_sub(self.renewed.elapsed()));
        } else {
            revisions.forget();
        }
    }

    fn adapt(&mut self, count: i64, took: Duration) {
        self.limit = if took > LONG {
            (self.limit / 2).max(LIMIT)
        } else if count == self.limit {
            (self.limit * 2).min(LARGEST_LIMIT)
        } else {
            LIMIT
        };
    }

    fn publish_target(&self) {
        self.target.send_replace((!self.together.is_empty()).then_some(self.position));
    }

    /// Whoever stands at the head is complete.
    async fn promote(&mut self) -> Result<(), sqlx::Error> {
        for track in self.together.iter_mut().filter(|track| !track.is_live) {
            let name = track.definition.name;
            generation::set_status(&mut self.db, name, track.generation, None).await?;
            track.is_live = true;
            self.failures.remove(name);
        }
        Ok(())
    }

    fn send_alone(&mut self, definition: Definition) {
        self.away.insert(definition.name);
        let pool = self.runner.pool.clone();
        let target = self.target.subscribe();
        self.alone.spawn(go_alone(pool, definition, target));
    }

    async fn take_back(&mut self, (definition, result): Returned) -> Result<(), sqlx::Error> {
        match result {
            Ok(track) => {
                self.away.remove(definition.name);
                self.waiting.push(track);
            }
            Err(Trouble {
                generation: Some(generation),
                error: error @ StepError::Poison { .. },
            }) => {
                self.fail(definition, generation, &error).await?;
                self.retry_later(definition);
            }
            Err(Trouble { error, .. }) => {
                tracing::warn!(projection = definition.name, %error, "catching up is interrupted");
                self.retry_later(definition);
            }
        }
        Ok(())
    }

    async fn fail(
        &mut self,
        definition: Definition,
        generation: i32,
        error: &StepError,
    ) -> Result<(), sqlx::Error> {
        tracing::error!(projection = definition.name, %error, "a projection failed");
        let text = error.to_string();
        generation::set_status(&mut self.db, definition.name, generation, Some(&text)).await
    }

    fn retry_later(&mut self, definition: Definition) {
        self.away.insert(definition.name);
        let failures = self.failures.entry(definition.name).or_default();
        let pause = Duration::from_secs(1 << (*failures).min(9)).min(LONGEST_RETRY);
        *failures += 1;
        self.retries.push((Instant::now() + pause, definition));
    }

    fn retry(&mut self) {
        let now = Instant::now();
        let (due, later): (Vec<_>, Vec<_>) = self.retries.drain(..).partition(|(at, _)| *at <= now);
        self.retries = later;
        for (_, definition) in due {
            self.send_alone(definition);
        }
    }

    /// Lets those join who stand where the others stand.
    async fn join_waiting(&mut self) -> Result<(), sqlx::Error> {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by_key(|track| track.position);
        for mut track in waiting {
            if self.together.is_empty() {
                self.position = track.position;
            }
            // The others went on while it arrived: a few events at most.
            if track.position < self.position {
                let position = self.position;
                let caught_up = track.catch_up(&mut self.db, || Some(position)).await;
                if let Err(error) = caught_up {
                    let generation = Some(track.generation);
                    let trouble = Trouble { generation, error };
                    self.take_back((track.definition, Err(trouble))).await?;
                    continue;
                }
            }
            if track.position == self.position {
                self.together.push(track);
            } else {
                self.waiting.push(track);
            }
        }
        self.publish_target();
        Ok(())
    }

    /// Renews the lease when it is time to, and looks whether a rebuild put another generation in
    /// place.
    async fn renew(&mut self) -> Result<Option<Ended>, sqlx::Error> {
        if self.renewed.elapsed() < RENEW {
            return Ok(None);
        }
        let runner = self.runner;
        let asked = Instant::now();
        if !leases::acquire(&mut self.db, runner.lease(), runner.holder, LEASE_TTL).await? {
            return Ok(Some(Ended::Follower));
        }
        self.renewed = asked;
        let names: Vec<String> =
            runner.definitions().iter().map(|definition| definition.name.to_owned()).collect();
        for seen in look(&mut self.db, &names).await? {
            let known = |track: &&Track| track.definition.name == seen.name;
            let track = self.together.iter().chain(&self.waiting).find(known);
            let definition = runner.definitions().iter().find(|known| known.name == seen.name);
            let is_ours = definition.is_some_and(|known| known.version == seen.version);
            let is_away = self.away.contains(seen.name.as_str());
            match track {
                Some(track) if track.generation != seen.generation => {
                    return Ok(Some(Ended::Changed));
                }
                // Outdated until now, and just rebuilt.
                None if is_ours && !is_away => return Ok(Some(Ended::Changed)),
                _ => {}
            }
        }
        Ok(None)
    }
}

/// Catches up on a connection of its own.
async fn go_alone(
    pool: PgPool,
    definition: Definition,
    target: watch::Receiver<Option<Position>>,
) -> Returned {
    let mut generation = None;
    let way = async {
        let mut db = session::connect(&pool).await?;
        let current = generation::current(&mut db, definition.name).await?;
        let current = current.ok_or(StepError::Stale)?;
        if current.version != definition.version {
            return Err(StepError::Stale);
        }
        generation = Some(current.generation);
        let mut track = Track::of_current(&mut db, definition, &current).await?;
        track.catch_up(&mut db, || *target.borrow()).await?;
        Ok(track)
    };
    let arrived = way.await;
    (definition, arrived.map_err(|error| Trouble { generation, error }))
}
