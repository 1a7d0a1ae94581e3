//! The clock: the only place that asks the machine for the time, so that tests and replays are
//! deterministic. Never decides anything.

use chrono::{DateTime, SubsecRound, Utc};
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

/// Where the time comes from.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time, cut to microseconds: what PostgreSQL stores.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others must ask")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    pub fn at(time: DateTime<Utc>) -> Self {
        Self(Mutex::new(time.trunc_subsecs(6)))
    }

    pub fn advance(&self, by: Duration) {
        let mut time = self.lock();
        *time += by;
    }

    pub fn set(&self, time: DateTime<Utc>) {
        *self.lock() = time.trunc_subsecs(6);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, DateTime<Utc>> {
        // A time is whole even where another thread panicked while it held the lock.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let start = DateTime::from_timestamp(1_800_000_000, 123_456_789).unwrap();
        let clock = ManualClock::at(start);
        assert_eq!(clock.now(), clock.now());
        assert_eq!(clock.now().timestamp_subsec_nanos(), 123_456_000);
        clock.advance(Duration::from_secs(61));
        assert_eq!(clock.now().timestamp(), 1_800_000_061);
    }
}
