//! How far the read models are behind the log while commands come as fast as they can, from clients
//! who do not wait for them. The latencies are those of the read models: from the answer of a
//! command to when they show it. The rate is that of the commands.

use crate::closed_loop::{self, Tally};
use crate::database::Database;
use crate::market::Market;
use crate::report::Measured;
use crate::site::Site;
use crate::visitors::Visitors;
use crate::{Bench, BoxError, Result};
use eventlog::Position;
use sqlx::PgPool;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const PRODUCTS: usize = 500;
const CUSTOMERS: usize = 8;
/// How often the position of the read models is asked for: how exact the figures are.
const ASK: Duration = Duration::from_millis(5);
/// Of so many commands one is watched.
const SAMPLE: u64 = 8;
/// Behind by more than this is no lag any more.
const CATCH_UP: Duration = Duration::from_mins(1);

/// Commands that the read models may not show yet, and when each was answered.
type Waiting = Arc<Mutex<VecDeque<(Position, Instant)>>>;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let mut site = Site::open(bench, database).await?;
    site.must_be_ours()?;
    site.respond_async();
    let market = Arc::new(Market::open(&site, PRODUCTS).await?);
    let visitors = site.visitors(bench.clients, CUSTOMERS).await?;
    database.at_rest().await?;
    let waiting = Waiting::default();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let watching = tokio::spawn(watch(database.pool.clone(), Arc::clone(&waiting), stopped));
    let load = load(bench, &visitors, &market, &waiting).await;
    let ended = Instant::now();
    let _ = stop.send(());
    let mut lag = watching.await??;
    let caught_up = ended.elapsed();
    if let Some(error) = load.first_error() {
        return Err(format!("{} commands failed, one of them: {error}", load.errors).into());
    }
    let memory = site.memory();
    site.close().await?;
    let command = load.millis(0.95);
    (lag.operations, lag.elapsed) = (load.operations, load.elapsed);
    let mut measured = Measured::new(bench.clients, lag)
        .with("command_p95_ms", command)
        .with("caught_up_ms", caught_up.as_secs_f64() * 1000.0);
    measured.rss_mib = memory.map(|memory| memory.now);
    Ok(measured)
}

async fn load(
    bench: &Bench,
    visitors: &Visitors,
    market: &Arc<Market>,
    waiting: &Waiting,
) -> Tally {
    let (visitors, market, waiting) = (visitors.clone(), Arc::clone(market), Arc::clone(waiting));
    closed_loop::run(bench.clients, bench.time, move |client, n| {
        let (visitors, market) = (visitors.clone(), Arc::clone(&market));
        let waiting = Arc::clone(&waiting);
        async move {
            let answer = visitors.of(client).await.add_favourite(&market).await?;
            if n.is_multiple_of(SAMPLE) {
                let token = answer.header("ledgerline-position").ok_or("no position")?;
                let place = (token.parse()?, Instant::now());
                waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(place);
            }
            Ok::<_, BoxError>(())
        }
    })
    .await
}

/// Until nothing waits any more after it was told to stop.
async fn watch(
    pool: PgPool,
    waiting: Waiting,
    mut stopped: tokio::sync::oneshot::Receiver<()>,
) -> Result<Tally> {
    let mut lag = Tally::default();
    let mut ending = None;
    loop {
        let reached = reached(&pool).await?;
        let shown = {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let (shown, rest) = waiting.drain(..).partition(|(position, _)| *position <= reached);
            *waiting = rest;
            shown
        };
        let shown: VecDeque<(Position, Instant)> = shown;
        for (_, answered) in shown {
            lag.count(answered, Ok::<_, BoxError>(()));
        }
        let ended = *match ending {
            Some(ref ended) => ended,
            None if stopped.try_recv().is_ok() => ending.insert(Instant::now()),
            None => {
                tokio::time::sleep(ASK).await;
                continue;
            }
        };
        if waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return Ok(lag);
        }
        if ended.elapsed() > CATCH_UP {
            return Err("the read models do not catch up".into());
        }
        tokio::time::sleep(ASK).await;
    }
}

/// What all read models show.
async fn reached(pool: &PgPool) -> Result<Position> {
    let all = projections::status(pool).await?;
    let live = all.into_iter().filter(|one| one.is_current).map(|one| one.position);
    Ok(live.min().unwrap_or(Position::START))
}
