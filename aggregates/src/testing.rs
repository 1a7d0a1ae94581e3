//! Short names for values, and random histories, for tests only.

use crate::{Decider, Money, Points, Quantity, decode_event};
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::DomainEvent;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use uuid::Uuid;

/// How many random histories are tried where an aggregate is a ledger.
pub const HISTORIES: u32 = 2000;

/// The `n`th id of any kind.
pub fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(n))
}

pub fn money(text: &str) -> Money {
    text.parse().unwrap()
}

pub fn units(n: u32) -> Quantity {
    Quantity::try_from(n).unwrap()
}

pub fn points(n: u64) -> Points {
    Points::try_from(n).unwrap()
}

/// So many minutes into the test.
pub fn minute(n: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + TimeDelta::minutes(n)
}

/// The midnight so many days into the test.
pub fn day(n: i64) -> DateTime<Utc> {
    minute(n * 24 * 60)
}

/// Carries out the commands one by one and calls `law` with the state before each event, the event
/// and the state after it. A refused command changes nothing. In the end the events, as the log
/// gives them back, must lead to the same state, and so must the state as a snapshot keeps it.
pub fn live<A>(
    commands: impl IntoIterator<Item = A::Command>,
    mut law: impl FnMut(&A, &A::Event, &A) -> TestCaseResult,
) -> Result<A, TestCaseError>
where
    A: Decider + Clone + PartialEq + Debug + Serialize + DeserializeOwned,
{
    let (mut state, mut log) = (A::default(), Vec::new());
    for command in commands {
        for event in state.decide(command).unwrap_or_default() {
            let before = state.clone();
            state = state.evolve(&event);
            law(&before, &event, &state)?;
            let payload = serde_json::to_string(&event).unwrap();
            log.push((event.event_type(), event.event_version(), payload));
        }
    }
    let replayed = log.iter().fold(A::default(), |state, (event_type, version, payload)| {
        state.evolve(&decode_event::<A>(event_type, version, payload).unwrap())
    });
    prop_assert_eq!(&replayed, &state, "the replay of {:?}", log);
    let snapshot = serde_json::to_string(&state).unwrap();
    prop_assert_eq!(&serde_json::from_str::<A>(&snapshot).unwrap(), &state, "{}", snapshot);
    Ok(state)
}
