//! An open loop: operations begin at a fixed rate, whether those before were answered or not. Each is
//! measured from when it should have begun, so that a stall counts for all that it held up, which
//! is what a closed loop leaves out ("coordinated omission").

use crate::closed_loop::Tally;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Runs `operation(client, n)` so many times a second. `clients` is how many can be under way.
pub async fn run<F, Fut, T, E>(clients: usize, rate: f64, time: Duration, operation: F) -> Tally
where
    F: Fn(usize, u64) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<T, E>> + Send,
    T: Send,
    E: Display + Send,
{
    let started = Instant::now();
    let next = Arc::new(AtomicU64::new(0));
    let running: Vec<_> = (0..clients)
        .map(|client| {
            let (operation, next) = (operation.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut tally = Tally::default();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
                    let due = Duration::from_secs_f64(n as f64 / rate.max(1.0));
                    if due >= time {
                        return tally;
                    }
                    tokio::time::sleep_until((started + due).into()).await;
                    let result = operation(client, n).await;
                    tally.count(started + due, result);
                }
            })
        })
        .collect();
    Tally::of(started, running).await
}
