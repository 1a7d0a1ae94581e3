//! The scheduler of the log, its lanes and its cache, at random: several logs over one database as in
//! several processes, with a cache that forgets nearly everything, groups of a few units and many
//! appends at once. What they decided must be linearizable stream by stream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use aggregates::stock_item::{Command, Error};
use aggregates::{Decider as _, StockItem};
use eventlog::{EventLog, Options, Outcome, UnitError, Work, verify};
use futures_util::future::join_all;
use ledgerline::clock::{Clock as _, SystemClock};
use ledgerline::entropy::Entropy;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::PgPool;

use super::checker::{Call, check, explain};
use super::models::{Pot, PotOp};
use super::recorder::Recorder;
use crate::support::database::TestDatabase;

const STREAMS: usize = 3;
const TASKS: usize = 12;
const STEPS: usize = 12;

/// The histories of all streams.
type Histories = Mutex<BTreeMap<String, Vec<Call<PotOp>>>>;

fn log(pool: &PgPool, random: &mut StdRng) -> EventLog {
    let entropy = Entropy::new(Arc::new(SystemClock));
    let options = Options {
        codec: Arc::new(ledgerline::log::codec()),
        cache_capacity: random.random_range(0..3),
        max_group: random.random_range(1..5),
        max_in_flight: random.random_range(1..4),
        max_attempts: 30,
        ..Options::new(|| SystemClock.now(), move || entropy.new_id())
    };
    EventLog::start(pool.clone(), options)
}

fn units(work: &Work<'_>, id: &str) -> i64 {
    i64::from(work.state::<StockItem>(id).available())
}

fn change(work: &mut Work<'_>, id: &str, delta: i64) -> Result<(), Error> {
    let command = Command::Adjust { delta, reason: "any".to_owned() };
    let events = work.state::<StockItem>(id).decide(command)?;
    work.record::<StockItem>(id, events);
    Ok(())
}

/// What a unit found, or did, on its streams.
type Told = Vec<(String, PotOp)>;

/// Moves units between two streams; tells what it left, or what it found too few of.
fn transfer(work: &mut Work<'_>, from: &str, to: &str, by: i64) -> Result<Told, Told> {
    let available = units(work, from);
    let moved = change(work, from, -by).and_then(|()| change(work, to, by));
    if moved.is_err() {
        return Err(vec![(from.to_owned(), PotOp::TooLittle { wanted: by, available })]);
    }
    let told = |id: &str, by| (id.to_owned(), PotOp::Changed { by, left: units(work, id) });
    Ok(vec![told(from, -by), told(to, by)])
}

/// Adds to one stream what another one has; tells both.
fn copy(work: &mut Work<'_>, from: &str, to: &str) -> Result<Told, Told> {
    let seen = units(work, from);
    let read = (from.to_owned(), PotOp::Read { available: seen, held: None });
    if seen == 0 || seen > 50 || change(work, to, seen).is_err() {
        return Err(vec![read]);
    }
    let changed = PotOp::Changed { by: seen, left: units(work, to) };
    Ok(vec![read, (to.to_owned(), changed)])
}

async fn step(log: &EventLog, random: &mut StdRng) -> Option<Told> {
    let a = random.random_range(0..STREAMS);
    let b = (a + random.random_range(1..STREAMS)) % STREAMS;
    let (a, b) = (format!("s{a}"), format!("s{b}"));
    if random.random_bool(0.2) {
        // Only to move the cache: what it says may be out of date.
        log.peek::<StockItem>(&a).await.unwrap();
    }
    let unit = log.unit(metadata());
    let by = random.random_range(1..6);
    let (from, to) = (a.clone(), b.clone());
    let done = match random.random_range(0..4) {
        0 => {
            let unit = unit.write::<StockItem>(&*a);
            unit.run(move |work| -> Result<Told, Told> {
                change(work, &a, by).map_err(|_| Told::new())?;
                Ok(vec![(a.clone(), PotOp::Changed { by, left: units(work, &a) })])
            })
            .await
        }
        1 | 2 => {
            let unit = unit.write::<StockItem>(&*a).write::<StockItem>(&*b);
            unit.run(move |work| transfer(work, &from, &to, by)).await
        }
        _ => {
            let unit = unit.read::<StockItem>(&*a).write::<StockItem>(&*b);
            unit.run(move |work| copy(work, &from, &to)).await
        }
    };
    match done {
        Ok(Outcome::Done(done)) => Some(done.value),
        Err(UnitError::Rejected(told)) => Some(told),
        // Others kept changing the same: nothing happened.
        Err(UnitError::Conflict) => None,
        other => panic!("{other:?}"),
    }
}

fn metadata() -> eventlog::Metadata {
    eventlog::Metadata::new("tester", crate::support::app::any_id(), "test")
}

async fn wander(log: EventLog, seed: u64, client: usize, clock: &Recorder, all: &Histories) {
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..STEPS {
        for _ in 0..random.random_range(0..4) {
            tokio::task::yield_now().await;
        }
        let start = clock.now();
        let Some(told) = step(&log, &mut random).await else { continue };
        let end = Some(clock.now());
        let mut all = all.lock().unwrap();
        for (stream, op) in told {
            all.entry(stream).or_default().push(Call { client, op, start, end });
        }
    }
}

#[tokio::test]
async fn whatever_the_interleaving_units_of_work_are_linearizable_on_each_stream() {
    let (seed, begun) = (super::seed(), Instant::now());
    let mut random = StdRng::seed_from_u64(seed);
    let (mut rounds, mut judged) = (0, 0);
    while rounds == 0 || begun.elapsed() < super::long_enough() {
        let database = TestDatabase::create().await;
        let pool = database.pool().await;
        let logs: Vec<_> =
            (0..random.random_range(1..4)).map(|_| log(&pool, &mut random)).collect();
        let (clock, all) = (Recorder::default(), Histories::default());
        join_all((0..TASKS).map(|task| {
            wander(logs[task % logs.len()].clone(), random.random(), task, &clock, &all)
        }))
        .await;
        let empty = Pot { available: 0, held: 0 };
        for (stream, calls) in all.into_inner().unwrap() {
            if let Err(refusal) = check::<Pot>(&empty, &calls) {
                let why = explain::<Pot>(&empty, &calls, &refusal);
                panic!("round {rounds} of LEDGERLINE_HISTORY_SEED={seed}: {stream} {why}");
            }
            judged += calls.len();
        }
        verify::chains(&pool, None, |_| {}).await.unwrap();
        pool.close().await;
        rounds += 1;
    }
    println!("{rounds} rounds, {judged} calls of the scheduler are linearizable");
    assert!(judged > 50 * rounds, "{judged} calls in {rounds} rounds say too little");
}
