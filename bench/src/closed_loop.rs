//! A closed loop: each client sends its next operation when the one before was answered. It bounds
//! the load by what the system takes, so its latencies are those at saturation.

use hdrhistogram::Histogram;
use std::fmt::Display;
use std::ops::AddAssign;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// What was done, and how long each operation took.
pub struct Tally {
    pub operations: u64,
    pub errors: u64,
    pub elapsed: Duration,
    /// Microseconds.
    pub latency: Histogram<u64>,
    first_error: Option<String>,
}

impl Default for Tally {
    fn default() -> Self {
        // Three digits of any value there is: creating it cannot fail.
        let latency = Histogram::new(3).unwrap_or_else(|_| unreachable!("3 digits are allowed"));
        Self { operations: 0, errors: 0, elapsed: Duration::ZERO, latency, first_error: None }
    }
}

impl Tally {
    pub fn per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 15 digits")]
        let operations = self.operations as f64;
        operations / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    /// Counts one operation that began at `started`.
    pub fn count<T, E: Display>(&mut self, started: Instant, result: Result<T, E>) {
        self.count_as(started.elapsed(), result);
    }

    /// Counts one operation that took so long.
    pub fn count_as<T, E: Display>(&mut self, took: Duration, result: Result<T, E>) {
        match result {
            Ok(_) => self.operations += 1,
            Err(error) => {
                self.errors += 1;
                self.first_error.get_or_insert_with(|| error.to_string());
            }
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // It grows by itself, so that every value has its place.
        let _ = self.latency.record(micros);
    }

    /// The message of an error that was counted.
    pub fn first_error(&self) -> Option<&str> {
        self.first_error.as_deref()
    }

    /// What clients that began together did.
    pub async fn of(started: Instant, running: Vec<JoinHandle<Self>>) -> Self {
        let mut total = Self::default();
        for client in running {
            match client.await {
                Ok(tally) => total.join(tally),
                Err(error) => total.count(Instant::now(), Err::<(), _>(error)),
            }
        }
        total.elapsed = started.elapsed();
        total
    }

    /// A quantile of the latency, in milliseconds.
    pub fn millis(&self, quantile: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a latency has 3 digits")]
        let micros = self.latency.value_at_quantile(quantile) as f64;
        micros / 1000.0
    }

    fn join(&mut self, other: Self) {
        self.operations += other.operations;
        self.errors += other.errors;
        // Both have the same precision, and grow by themselves.
        let _ = self.latency.add(&other.latency);
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

/// Another turn of the same.
impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.elapsed += other.elapsed;
        self.join(other);
    }
}

/// Runs `operation(client, n)` on all clients until the time is over. An operation that has begun
/// is waited for and counted.
pub async fn run<F, Fut, T, E>(clients: usize, time: Duration, operation: F) -> Tally
where
    F: Fn(usize, u64) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<T, E>> + Send,
    T: Send,
    E: Display + Send,
{
    let started = Instant::now();
    let running: Vec<_> = (0..clients)
        .map(|client| {
            let operation = operation.clone();
            tokio::spawn(async move {
                let mut tally = Tally::default();
                let mut n = 0;
                while started.elapsed() < time {
                    let began = Instant::now();
                    let result = operation(client, n).await;
                    tally.count(began, result);
                    n += 1;
                }
                tally
            })
        })
        .collect();
    Tally::of(started, running).await
}
