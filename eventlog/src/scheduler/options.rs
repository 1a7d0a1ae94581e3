//! What the log needs from outside, and its limits.

use crate::{Codec, Position};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

/// See [`Options::new`] for the defaults.
#[derive(Clone)]
pub struct Options {
    /// The clock, at least microseconds.
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// How stored events are read back.
    pub codec: Arc<Codec>,
    /// Fresh ids for events, ordered by time.
    pub new_id: Arc<dyn Fn() -> Uuid + Send + Sync>,
    /// Called after each append, for instance to wake the projections. Must not block.
    pub on_append: Arc<dyn Fn(Position) + Send + Sync>,
    /// Appends under way at once.
    pub max_in_flight: usize,
    /// Units of work that one append stores at most.
    pub max_group: usize,
    /// Aggregates kept in memory.
    pub cache_capacity: u64,
    /// Tries of a unit that meets other processes.
    pub max_attempts: u32,
}

impl Options {
    /// The limits that measured best (`ledgerline-bench`): no upcasters, no snapshots, nobody told.
    pub fn new(
        now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
        new_id: impl Fn() -> Uuid + Send + Sync + 'static,
    ) -> Self {
        Self {
            now: Arc::new(never_back(now)),
            codec: Arc::default(),
            new_id: Arc::new(new_id),
            on_append: Arc::new(|_| {}),
            max_in_flight: 2,
            max_group: 64,
            cache_capacity: 10_000,
            max_attempts: 12,
        }
    }
}

/// A machine's clock may be set back. What is recorded after something else is not recorded as
/// before it, so that the state as of a moment stays what it was.
fn never_back(
    now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
) -> impl Fn() -> DateTime<Utc> + Send + Sync + 'static {
    let latest = AtomicI64::new(i64::MIN);
    move || {
        let now = now();
        let before = latest.fetch_max(now.timestamp_micros(), Ordering::Relaxed);
        DateTime::from_timestamp_micros(before).map_or(now, |before| now.max(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn a_clock_that_is_set_back_stands_still_until_it_has_caught_up() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let clock = Arc::new(Mutex::new(at(100)));
        let shown = Arc::clone(&clock);
        let now = never_back(move || *shown.lock().unwrap());
        for (set, told) in [(100, 100), (101, 101), (50, 101), (100, 101), (102, 102)] {
            *clock.lock().unwrap() = at(set);
            assert_eq!(now(), at(told));
        }
    }
}
