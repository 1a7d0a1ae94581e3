//! The checker itself: histories that it must refuse, and histories that it must accept. A checker
//! that accepts everything would make every other test of this folder pass.

use super::checker::{Call, Model, Refusal, check};
use super::models::{Order, OrderOp, Pot, PotOp};
use proptest::prelude::*;

/// Client, start, end (0 where no answer came), what was answered.
type Written<O> = (usize, u64, u64, O);

fn verdict<M: Model<Op: Clone>>(initial: &M::State, calls: &[Written<M::Op>]) -> Option<Refusal> {
    let call = |(client, start, end, op): &Written<M::Op>| Call {
        client: *client,
        op: op.clone(),
        start: *start,
        end: Some(*end).filter(|end| *end > 0),
    };
    check::<M>(initial, &calls.iter().map(call).collect::<Vec<_>>()).err()
}

#[track_caller]
fn accepted(available: i64, calls: &[Written<PotOp>]) {
    assert_eq!(verdict::<Pot>(&Pot { available, held: 0 }, calls), None);
}

#[track_caller]
fn refused(available: i64, calls: &[Written<PotOp>]) {
    let verdict = verdict::<Pot>(&Pot { available, held: 0 }, calls);
    assert!(matches!(verdict, Some(Refusal::Impossible { .. })), "{verdict:?}");
}

fn read(available: i64) -> PotOp {
    PotOp::Read { available, held: None }
}

#[test]
fn a_lost_update_is_refused() {
    // Both add one to five, and both find six.
    let added = || PotOp::Changed { by: 1, left: 6 };
    refused(5, &[(0, 1, 10, added()), (1, 2, 9, added())]);
    accepted(5, &[(0, 1, 10, added()), (1, 2, 9, PotOp::Changed { by: 1, left: 7 })]);
    // Nobody was told, but a reader sees that one of them is missing.
    refused(5, &[(0, 1, 4, PotOp::Add(1)), (1, 2, 5, PotOp::Add(1)), (2, 6, 7, read(6))]);
}

#[test]
fn a_double_spend_is_refused() {
    refused(100, &[(0, 1, 10, PotOp::Spend(60)), (1, 2, 9, PotOp::Spend(60))]);
    let two = PotOp::HoldUpTo { wanted: 100, got: 100 };
    refused(100, &[(0, 1, 10, two.clone()), (1, 2, 9, two.clone())]);
    let too_little = PotOp::TooLittle { wanted: 100, available: 0 };
    accepted(100, &[(0, 1, 10, two), (1, 2, 9, too_little)]);
}

#[test]
fn a_stale_read_after_a_completed_write_is_refused() {
    refused(5, &[(0, 1, 2, PotOp::Set(9)), (1, 3, 4, read(5))]);
    accepted(5, &[(0, 1, 4, PotOp::Set(9)), (1, 2, 3, read(5))]);
    accepted(5, &[(0, 1, 4, PotOp::Set(9)), (1, 2, 3, read(9))]);
    // Once somebody has seen it, it stays.
    let seen = [(0, 1, 10, PotOp::Set(9)), (1, 2, 3, read(9)), (2, 4, 5, read(5))];
    refused(5, &seen);
}

#[test]
fn a_refusal_that_was_not_due_is_refused() {
    refused(5, &[(0, 1, 2, PotOp::TooLittle { wanted: 3, available: 5 })]);
    refused(5, &[(0, 1, 2, PotOp::TooLittle { wanted: 6, available: 4 })]);
    // Somebody held them for a moment.
    let moment = [
        (0, 1, 20, PotOp::Hold(4)),
        (1, 2, 19, PotOp::TooLittle { wanted: 3, available: 1 }),
        (0, 21, 30, PotOp::Release(4)),
        (1, 31, 32, PotOp::Hold(5)),
    ];
    accepted(5, &moment);
}

#[test]
fn what_was_not_answered_may_have_happened_once_or_never() {
    let cut = (0, 1, 0, PotOp::Hold(2));
    accepted(5, &[cut.clone(), (1, 3, 4, read(5))]);
    accepted(5, &[cut.clone(), (1, 3, 4, read(3))]);
    // It is on its way, and arrives between the two.
    accepted(5, &[cut.clone(), (1, 3, 4, read(5)), (1, 5, 6, read(3))]);
    refused(5, &[cut.clone(), (1, 3, 4, read(3)), (1, 5, 6, read(5))]);
    refused(5, &[cut.clone(), (1, 3, 4, read(3)), (1, 5, 6, read(1))]);
    // Not before it was asked.
    refused(5, &[(1, 1, 2, read(3)), (0, 3, 0, PotOp::Hold(2))]);
}

#[test]
fn what_is_taken_back_must_have_been_taken() {
    refused(5, &[(0, 1, 2, PotOp::Release(1))]);
    refused(
        5,
        &[(0, 1, 2, PotOp::Hold(2)), (0, 3, 4, PotOp::Commit(2)), (1, 5, 6, PotOp::Release(2))],
    );
}

#[test]
fn an_order_takes_one_way() {
    let placed = Order { status: "pending", version: 1 };
    let became = |status, version| OrderOp::Became { status, version };
    let judged = |calls: &[Written<OrderOp>]| verdict::<Order>(&placed, calls).is_none();
    assert!(judged(&[(0, 1, 9, OrderOp::Paid), (1, 2, 8, OrderOp::Was("pending"))]));
    assert!(judged(&[(0, 1, 9, OrderOp::Paid), (1, 2, 8, became("refunded", 4))]));
    assert!(!judged(&[(0, 1, 9, OrderOp::Paid), (1, 2, 8, became("cancelled", 2))]));
    assert!(!judged(&[(0, 1, 9, OrderOp::Paid), (1, 2, 8, OrderOp::Paid)]));
    let read = |status, version| OrderOp::Read { status, version };
    assert!(!judged(&[(0, 1, 2, OrderOp::Paid), (1, 3, 4, read("pending", 1))]));
    // Versions never go back.
    assert!(!judged(&[(0, 1, 2, read("pending", 3)), (0, 3, 4, read("pending", 2))]));
}

/// The order of a random run, so that a history of it must be accepted.
fn sequential() -> impl Strategy<Value = Vec<Written<PotOp>>> {
    let step = (0..6_i64, 1..5_i64, 0..4_u64, 0..4_u64, 0..5_usize);
    prop::collection::vec(step, 1..40).prop_map(|steps| {
        let mut pot = Pot { available: 10, held: 0 };
        let mut calls = Vec::new();
        for (place, (kind, units, early, late, client)) in (1..).zip(steps) {
            let op = match kind {
                0 => PotOp::Hold(units),
                1 => PotOp::Release(units),
                2 => PotOp::Commit(units),
                3 => PotOp::HoldUpTo { wanted: units, got: units.min(pot.available) },
                4 => PotOp::TooLittle { wanted: units, available: pot.available },
                _ => PotOp::Read { available: pot.available, held: Some(pot.held) },
            };
            if let Some(after) = Pot::after(&pot, &op) {
                pot = after;
                // It happened at `place`; it was asked somewhat before and answered somewhat after.
                let at: u64 = 1_000 * place;
                let start = at.saturating_sub(1_000 * early + 200);
                let end = at + 1_000 * late + 200;
                let distinct = u64::try_from(client).unwrap() + place % 50 * 3;
                calls.push((client, start.max(1) + distinct, end + distinct, op));
            }
        }
        calls
    })
}

proptest! {
    #[test]
    fn what_happened_one_after_another_is_accepted_however_calls_overlap(calls in sequential()) {
        prop_assert_eq!(verdict::<Pot>(&Pot { available: 10, held: 0 }, &calls), None);
    }

    #[test]
    fn a_read_that_no_moment_explains_is_refused(calls in sequential(), at in 0..60_000_u64) {
        let mut calls = calls;
        calls.push((9, at * 2 + 1, at * 2 + 100_000, PotOp::Read { available: 77, held: None }));
        let verdict = verdict::<Pot>(&Pot { available: 10, held: 0 }, &calls);
        let impossible = matches!(verdict, Some(Refusal::Impossible { .. }));
        prop_assert!(impossible);
    }
}
