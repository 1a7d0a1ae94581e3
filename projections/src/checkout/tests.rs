//! The to-do list as a fold: each task comes and goes with its events.

use super::{Checkout, Kind};
use crate::testing::{CORRELATION, History, at, event_id};
use aggregates::order::{self, CancelReason, DeliveryMethod, PaymentMethod};
use aggregates::{Currency, Fact, Money, PaymentId, Points, RefundId, UserId, payment};
use uuid::Uuid;

const ORDER: Uuid = Uuid::from_u128(1);
const PAYMENT: Uuid = Uuid::from_u128(2);
const REFUND: RefundId = RefundId::new(Uuid::from_u128(3));

fn placed() -> Fact {
    Fact::Order(order::Event::Placed {
        number: "LL-1".to_owned(),
        user_id: UserId::new(Uuid::from_u128(7)),
        cart_id: None,
        lines: vec![],
        currency: Currency::KZT,
        subtotal: Money::ZERO,
        discount: Money::ZERO,
        delivery_method: DeliveryMethod::Standard,
        delivery_cost: Money::ZERO,
        total_amount: Money::ZERO,
        promo_code: None,
        points: Points::ZERO,
        gift_card: None,
        payment_method: PaymentMethod::Card,
        payment_id: PaymentId::new(PAYMENT),
        expires_at: at(900),
        at: at(0),
        by: "somebody".to_owned(),
    })
}

fn started() -> Fact {
    Fact::Payment(payment::Event::Started { method: PaymentMethod::Card, at: at(10) })
}

fn refund_requested() -> Fact {
    let (amount, reason) = (Money::from_minor(100).unwrap(), "broken".to_owned());
    Fact::Payment(payment::Event::RefundRequested { refund_id: REFUND, amount, reason, at: at(20) })
}

fn is_done(history: &History) -> bool {
    history.fold::<Checkout>().unwrap().is_empty()
}

#[test]
fn a_placed_order_is_to_expire_until_it_is_confirmed_or_cancelled() {
    let open = || History::default().then(ORDER, placed());
    let task = open().row::<Checkout>();
    assert_eq!((task.kind, task.subject, task.due_at), (Kind::Expire, ORDER, at(900)));
    assert_eq!((task.event_id, task.correlation_id), (event_id(0), CORRELATION));

    let by = "system".to_owned();
    let (booked, points_earned) = (None, Points::ZERO);
    let confirmed = order::Event::Confirmed { booked, points_earned, at: at(1), by: by.clone() };
    assert!(is_done(&open().then(ORDER, Fact::Order(confirmed))));
    let reason = CancelReason::PaymentExpired;
    let cancelled = order::Event::Cancelled { reason, uncollected: Money::ZERO, at: at(1), by };
    assert!(is_done(&open().then(ORDER, Fact::Order(cancelled))));
}

#[test]
fn a_started_payment_is_to_be_resolved_until_its_outcome_is_known() {
    let open = || History::default().then(PAYMENT, started());
    let task = open().row::<Checkout>();
    assert_eq!((task.kind, task.subject, task.due_at), (Kind::Resolve, PAYMENT, at(15)));

    let reason = "declined".to_owned();
    for outcome in [
        payment::Event::Completed { transaction_id: "tx".to_owned(), at: at(11) },
        payment::Event::Failed { reason: reason.clone(), at: at(11) },
        payment::Event::Voided { reason, at: at(11) },
    ] {
        assert!(is_done(&open().then(PAYMENT, Fact::Payment(outcome))));
    }
}

#[test]
fn each_refund_is_a_task_of_its_own() {
    let open = || History::default().then(PAYMENT, started()).then(PAYMENT, refund_requested());
    let tasks = open().fold::<Checkout>().unwrap();
    let refund = &tasks[&format!("refund:{PAYMENT}:{REFUND}")];
    assert_eq!((refund.due_at, refund.detail.refund_id), (at(20), Some(REFUND)));

    let amount = Money::from_minor(100).unwrap();
    let done = payment::Event::Refunded { refund_id: REFUND, amount, at: at(30) };
    let left = open().then(PAYMENT, Fact::Payment(done)).row::<Checkout>();
    assert_eq!(left.kind, Kind::Resolve);
}
