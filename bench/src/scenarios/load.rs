//! Loading streams of 20 events from the database, past the cache.

use crate::closed_loop;
use crate::database::Database;
use crate::history::{self, cart_id};
use crate::report::Measured;
use crate::{Bench, Result};
use aggregates::Cart;
use eventlog::Codec;
use std::sync::Arc;

const STREAMS: usize = 2_000;
const EVENTS: usize = 20;

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    history::write(&database.pool, 0..STREAMS, EVENTS).await?;
    database.settle().await?;
    let codec: Arc<Codec> = Arc::new(ledgerline::log::codec());
    let pool = database.pool.clone();
    let tally =
        closed_loop::run(bench.clients, bench.time, move |client, n| {
            let (pool, codec) = (pool.clone(), Arc::clone(&codec));
            // Far apart, so that clients do not warm the pages up for each other.
            let number = (client * 61 + usize::try_from(n).unwrap_or_default() * 7) % STREAMS;
            async move {
                eventlog::load_stream::<Cart>(&pool, &codec, &cart_id(number).to_string()).await
            }
        })
        .await;
    #[expect(clippy::cast_precision_loss, reason = "a small constant")]
    let events = tally.per_second() * EVENTS as f64;
    Ok(Measured::new(bench.clients, tally).with("events_per_second", events))
}
