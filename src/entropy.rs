//! Ids and random bytes: the only source of randomness, so that tests can be deterministic. Never
//! used for anything that must come out the same on a replay.

use crate::clock::Clock;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::{Builder, Uuid};

/// The random part of a UUIDv7 that is left beside its version and variant.
const RANDOM_BITS: u32 = 74;

/// A cryptographically strong generator and the clock that dates its ids.
pub struct Entropy {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    generator: StdRng,
    /// Of the last id: a later one is never smaller, even when the clock stands still or goes back.
    last_millis: u64,
    last_random: u128,
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What it has drawn must not be guessed from a log.
        f.debug_struct("Entropy").finish_non_exhaustive()
    }
}

impl Entropy {
    /// Seeded by the operating system.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::from_generator(clock, StdRng::from_os_rng())
    }

    /// The same ids and bytes for the same seed and times. For tests only.
    pub fn seeded(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self::from_generator(clock, StdRng::seed_from_u64(seed))
    }

    fn from_generator(clock: Arc<dyn Clock>, generator: StdRng) -> Self {
        Self { clock, state: Mutex::new(State { generator, last_millis: 0, last_random: 0 }) }
    }

    /// A UUIDv7, greater than all that this process made before.
    pub fn new_id(&self) -> Uuid {
        let now = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        let mut state = self.lock();
        if now > state.last_millis {
            state.last_millis = now;
            // The top bit stays free, so that counting up within a millisecond cannot overflow.
            state.last_random = state.random_bits() >> 1;
        } else {
            state.last_random += 1 + u128::from(state.generator.next_u32());
        }
        let random = state.last_random & ((1 << RANDOM_BITS) - 1);
        let mut bytes = [0_u8; 10];
        // The builder overwrites the version (4 bits of byte 0) and the variant (2 of byte 2).
        let [.., b0, b1] = (random >> 62).to_be_bytes();
        bytes[..2].copy_from_slice(&[b0, b1]);
        let low = random & ((1 << 62) - 1);
        bytes[2..].copy_from_slice(&low.to_be_bytes()[8..]);
        Builder::from_unix_timestamp_millis(state.last_millis, &bytes).into_uuid()
    }

    /// Random bytes that are fit for keys, salts and tokens.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.lock().generator.fill_bytes(&mut bytes);
        bytes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The generator stays usable where another thread panicked while it held the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn random_bits(&mut self) -> u128 {
        let high = u128::from(self.generator.next_u64());
        let low = u128::from(self.generator.next_u64());
        ((high << 64) | low) >> (u128::BITS - RANDOM_BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use chrono::DateTime;
    use std::time::Duration;

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()))
    }

    #[test]
    fn ids_are_version_7_and_grow_even_when_the_clock_stands_still_or_goes_back() {
        let clock = clock();
        let entropy = Entropy::new(clock.clone());
        let mut last = entropy.new_id();
        assert_eq!(last.get_version_num(), 7);
        assert_eq!(last.get_variant(), uuid::Variant::RFC4122);
        for round in 0..10_000 {
            if round == 5_000 {
                clock.set(DateTime::from_timestamp(1_700_000_000, 0).unwrap());
            }
            let next = entropy.new_id();
            assert!(next > last);
            last = next;
        }
    }

    #[test]
    fn ids_carry_the_time() {
        let clock = clock();
        let entropy = Entropy::new(clock.clone());
        clock.advance(Duration::from_millis(77));
        let (seconds, nanos) = entropy.new_id().get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos), (1_800_000_000, 77_000_000));
    }

    #[test]
    fn a_seed_repeats_itself_and_two_generators_differ() {
        assert_eq!(Entropy::seeded(clock(), 7).new_id(), Entropy::seeded(clock(), 7).new_id());
        assert_ne!(Entropy::new(clock()).bytes::<32>(), Entropy::new(clock()).bytes::<32>());
    }
}
