//! The rules of one customer's uses of one promotion, given / when / then, and their law.

use super::*;
use crate::testing::{HISTORIES, id, live, minute};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use proptest::prelude::*;

fn given(events: Vec<Event>) -> AggregateTestExecutor<PromotionUsage> {
    TestFramework::with(()).given(events)
}

fn state(events: &[Event]) -> PromotionUsage {
    events.iter().fold(PromotionUsage::default(), PromotionUsage::evolve)
}

fn hold(order: u128, limit: Option<u32>) -> Command {
    Command::Hold { order_id: id(order), limit, at: minute(1) }
}

fn held(order: u128) -> Event {
    Event::Held { order_id: id(order), at: minute(1) }
}

fn take(order: u128) -> Command {
    Command::Use { order_id: id(order), at: minute(2) }
}

fn used(order: u128) -> Event {
    Event::Used { order_id: id(order), at: minute(2) }
}

fn release(order: u128) -> Command {
    Command::Release { order_id: id(order), at: minute(2) }
}

fn released(order: u128) -> Event {
    Event::Released { order_id: id(order), at: minute(2) }
}

fn restore(order: u128) -> Command {
    Command::Restore { order_id: id(order), at: minute(3) }
}

fn restored(order: u128) -> Event {
    Event::Restored { order_id: id(order), at: minute(3) }
}

#[test]
fn a_use_is_held_then_taken() {
    given(vec![]).when(hold(1, Some(1))).then_expect_events(vec![held(1)]);
    given(vec![held(1)]).when(take(1)).then_expect_events(vec![used(1)]);
    assert_eq!(state(&[held(1)]).uses(), 1);
    assert_eq!(state(&[held(1), used(1)]).uses(), 1);
}

#[test]
fn held_uses_count_towards_the_limit() {
    let reached = || Error::LimitReached { limit: 2 };
    let history = || vec![held(1), used(1), held(2)];
    given(vec![held(1), used(1)]).when(hold(2, Some(2))).then_expect_events(vec![held(2)]);
    given(history()).when(hold(3, Some(2))).then_expect_error(reached());
    given(history()).when(hold(3, Some(3))).then_expect_events(vec![held(3)]);
    assert_eq!(state(&history()).check(Some(2)), Err(reached()));
    assert_eq!(state(&history()).check(Some(3)), Ok(()));
}

#[test]
fn without_a_limit_a_customer_uses_it_as_often_as_they_like() {
    let history: Vec<_> = (0..50).flat_map(|order| [held(order), used(order)]).collect();
    assert_eq!(state(&history).uses(), 50);
    given(history).when(hold(99, None)).then_expect_events(vec![held(99)]);
}

#[test]
fn a_use_that_ends_without_the_order_is_free_again() {
    given(vec![held(1)]).when(release(1)).then_expect_events(vec![released(1)]);
    given(vec![held(1), released(1)]).when(hold(2, Some(1))).then_expect_events(vec![held(2)]);
}

#[test]
fn a_cancelled_order_gives_its_use_back() {
    given(vec![held(1), used(1)]).when(restore(1)).then_expect_events(vec![restored(1)]);
    given(vec![held(1), used(1), restored(1)])
        .when(hold(2, Some(1)))
        .then_expect_events(vec![held(2)]);
}

#[test]
fn only_a_use_that_was_taken_is_given_back() {
    for history in
        [vec![], vec![held(1)], vec![held(2), used(2)], vec![held(1), used(1), restored(1)]]
    {
        given(history).when(restore(1)).then_expect_error(Error::NeverUsed);
    }
}

#[test]
fn an_order_uses_it_once() {
    for history in [vec![held(1)], vec![held(1), used(1)]] {
        given(history).when(hold(1, None)).then_expect_error(Error::AlreadyHeld);
    }
    given(vec![held(1), used(1), restored(1)])
        .when(hold(1, None))
        .then_expect_events(vec![held(1)]);
}

#[test]
fn only_an_open_hold_ends() {
    for history in [vec![], vec![held(2)], vec![held(1), used(1)], vec![held(1), released(1)]] {
        given(history.clone()).when(take(1)).then_expect_error(Error::NothingHeld);
        given(history).when(release(1)).then_expect_error(Error::NothingHeld);
    }
}

#[test]
fn every_customer_has_a_stream_for_every_promotion() {
    let stream = |code: &str, user| PromotionUsage::id(&code.parse().unwrap(), id(user));
    assert_eq!(stream("summer", 7), "SUMMER:00000000-0000-0000-0000-000000000007");
    assert_ne!(stream("SUMMER", 7), stream("SUMMER", 8));
    assert_ne!(stream("SUMMER", 7), stream("WINTER", 7));
}

fn any_command(limit: u32) -> impl Strategy<Value = Command> {
    let order = || 0..8_u128;
    prop_oneof![
        4 => order().prop_map(move |order| hold(order, Some(limit))),
        3 => order().prop_map(take),
        1 => order().prop_map(release),
        1 => order().prop_map(restore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(HISTORIES))]

    #[test]
    fn no_use_is_above_the_limit_and_none_is_lost(
        (limit, commands) in (1..5_u32).prop_flat_map(|limit| {
            (Just(limit), prop::collection::vec(any_command(limit), 0..60))
        }),
    ) {
        let mut uses = 0;
        live::<PromotionUsage>(commands, |_, event, after| {
            match event {
                Event::Held { .. } => uses += 1,
                Event::Used { .. } => {}
                Event::Released { .. } | Event::Restored { .. } => uses -= 1,
            }
            prop_assert_eq!(after.uses(), uses);
            prop_assert!(uses <= usize::try_from(limit).unwrap());
            Ok(())
        })?;
    }
}
