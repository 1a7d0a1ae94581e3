//! The rules of a payment, given / when / then, and the bound of its refunds.

use super::*;
use crate::testing::{id, minute, money};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use proptest::prelude::*;

const METHOD: PaymentMethod = PaymentMethod::Card;

fn given(events: Vec<Event>) -> AggregateTestExecutor<Payment> {
    TestFramework::with(()).given(events)
}

fn state(events: &[Event]) -> Payment {
    events.iter().fold(Payment::default(), Payment::evolve)
}

fn requested() -> Event {
    Event::Requested {
        order_id: Some(id(1)),
        gift_card_id: None,
        user_id: id(2),
        amount: money("100.00"),
        currency: Currency::KZT,
        method: METHOD,
        at: minute(0),
    }
}

fn request() -> Command {
    Command::Request {
        purpose: Purpose::Order(id(1)),
        user_id: id(2),
        amount: money("100.00"),
        currency: Currency::KZT,
        method: METHOD,
        at: minute(0),
    }
}

fn started() -> Event {
    Event::Started { method: METHOD, at: minute(1) }
}

fn completed() -> Event {
    Event::Completed { transaction_id: "t1".to_owned(), at: minute(2) }
}

fn failed() -> Event {
    Event::Failed { reason: "no funds".to_owned(), at: minute(2) }
}

fn voided() -> Event {
    Event::Voided { reason: "order expired".to_owned(), at: minute(2) }
}

fn refund_requested(n: u128, amount: &str) -> Event {
    let reason = "broken".to_owned();
    Event::RefundRequested { refund_id: id(n), amount: money(amount), reason, at: minute(3) }
}

fn refunded(n: u128, amount: &str) -> Event {
    Event::Refunded { refund_id: id(n), amount: money(amount), at: minute(4) }
}

fn start() -> Command {
    Command::Start { method: METHOD, at: minute(1) }
}

fn complete() -> Command {
    Command::Complete { transaction_id: "t1".to_owned(), at: minute(2) }
}

fn fail() -> Command {
    Command::Fail { reason: "no funds".to_owned(), at: minute(2) }
}

fn void() -> Command {
    Command::Void { reason: "order expired".to_owned(), at: minute(2) }
}

fn request_refund(n: u128, amount: &str) -> Command {
    let reason = "broken".to_owned();
    Command::RequestRefund { refund_id: id(n), amount: money(amount), reason, at: minute(3) }
}

fn complete_refund(n: u128) -> Command {
    Command::CompleteRefund { refund_id: id(n), at: minute(4) }
}

fn pending() -> Vec<Event> {
    vec![requested()]
}

fn processing() -> Vec<Event> {
    vec![requested(), started()]
}

fn paid() -> Vec<Event> {
    vec![requested(), started(), completed()]
}

fn ended() -> [Vec<Event>; 2] {
    [vec![requested(), started(), failed()], vec![requested(), voided()]]
}

#[test]
fn a_payment_is_requested_once() {
    given(vec![]).when(request()).then_expect_events(vec![requested()]);
    for history in [pending(), processing(), paid()].into_iter().chain(ended()) {
        given(history).when(request()).then_expect_error(Error::AlreadyRequested);
    }
}

#[test]
fn a_payment_is_for_an_order_or_for_a_gift_card() {
    let Command::Request { user_id, amount, currency, method, at, .. } = request() else {
        panic!("a request");
    };
    let requested_for = |order_id, gift_card_id| Event::Requested {
        order_id,
        gift_card_id,
        user_id,
        amount,
        currency,
        method,
        at,
    };
    for (purpose, event) in [
        (Purpose::Order(id(1)), requested_for(Some(id(1)), None)),
        (Purpose::GiftCard(id(1)), requested_for(None, Some(id(1)))),
    ] {
        given(vec![])
            .when(Command::Request { purpose, user_id, amount, currency, method, at })
            .then_expect_events(vec![event.clone()]);
        let payment = state(&[event]);
        assert_eq!(payment.details().map(|details| details.purpose), Some(purpose));
        assert_eq!(purpose.order_id().is_some(), purpose.gift_card_id().is_none());
    }
}

#[test]
fn what_was_not_requested_cannot_go_on() {
    for command in
        [start(), complete(), fail(), void(), request_refund(1, "1.00"), complete_refund(1)]
    {
        given(vec![]).when(command).then_expect_error(Error::NotFound);
    }
}

#[test]
fn a_payment_starts_once() {
    given(pending()).when(start()).then_expect_events(vec![started()]);
    given(processing()).when(start()).then_expect_error(Error::AlreadyProcessing);
    given(paid()).when(start()).then_expect_error(Error::AlreadyCompleted);
    for history in ended() {
        given(history).when(start()).then_expect_error(Error::Ended);
    }
}

#[test]
fn the_method_is_the_one_it_was_started_with() {
    let payment =
        state(&[requested(), Event::Started { method: PaymentMethod::Kaspi, at: minute(1) }]);
    let method = payment.details().map(|details| details.method);
    assert_eq!(method, Some(PaymentMethod::Kaspi));
}

#[test]
fn money_that_was_taken_is_recorded_whatever_happened_before() {
    for history in [pending(), processing()].into_iter().chain(ended()) {
        given(history.clone()).when(complete()).then_expect_events(vec![completed()]);
        let payment = state(&history).evolve(&completed());
        assert_eq!(payment.status(), Some(Status::Completed));
        assert_eq!(payment.details().and_then(|details| details.failure.as_deref()), None);
    }
}

#[test]
fn the_same_transaction_is_recorded_once() {
    given(paid()).when(complete()).then_expect_events(vec![]);
}

#[test]
fn a_second_transaction_is_refused() {
    given(paid())
        .when(Command::Complete { transaction_id: "t2".to_owned(), at: minute(3) })
        .then_expect_error(Error::AlreadyCompleted);
}

#[test]
fn the_provider_refuses_before_it_takes_money() {
    for history in [pending(), processing()] {
        given(history).when(fail()).then_expect_events(vec![failed()]);
    }
    let [has_failed, was_voided] = ended();
    given(has_failed).when(fail()).then_expect_events(vec![]);
    given(was_voided).when(fail()).then_expect_error(Error::Ended);
    given(paid()).when(fail()).then_expect_error(Error::AlreadyCompleted);
}

#[test]
fn only_a_payment_that_was_never_started_is_voided() {
    given(pending()).when(void()).then_expect_events(vec![voided()]);
    given(processing()).when(void()).then_expect_error(Error::OutcomeUnknown);
    given(paid()).when(void()).then_expect_error(Error::AlreadyCompleted);
    for history in ended() {
        given(history).when(void()).then_expect_events(vec![]);
    }
}

#[test]
fn only_money_that_was_taken_is_refunded() {
    given(paid())
        .when(request_refund(1, "100.00"))
        .then_expect_events(vec![refund_requested(1, "100.00")]);
    for history in [pending(), processing()].into_iter().chain(ended()) {
        given(history).when(request_refund(1, "1.00")).then_expect_error(Error::NotCompleted);
    }
}

#[test]
fn refunds_never_exceed_the_payment_done_or_not() {
    let mut history = paid();
    history.extend([refund_requested(1, "30.00"), refunded(1, "30.00")]);
    history.push(refund_requested(2, "50.00"));
    given(history.clone()).when(request_refund(3, "20.01")).then_expect_error(
        Error::RefundExceedsPaid { available: money("20.00"), requested: money("20.01") },
    );
    given(history)
        .when(request_refund(3, "20.00"))
        .then_expect_events(vec![refund_requested(3, "20.00")]);
}

#[test]
fn a_refund_of_nothing_is_refused() {
    given(paid()).when(request_refund(1, "0.00")).then_expect_error(Error::ZeroRefund);
}

#[test]
fn a_refund_is_requested_once() {
    let mut history = paid();
    history.push(refund_requested(1, "30.00"));
    given(history).when(request_refund(1, "30.00")).then_expect_events(vec![]);
}

#[test]
fn a_refund_is_done_once() {
    let mut history = paid();
    history.push(refund_requested(1, "30.00"));
    given(history.clone()).when(complete_refund(1)).then_expect_events(vec![refunded(1, "30.00")]);
    history.push(refunded(1, "30.00"));
    given(history).when(complete_refund(1)).then_expect_events(vec![]);
}

#[test]
fn only_a_requested_refund_is_done() {
    for history in [pending(), processing(), paid()].into_iter().chain(ended()) {
        given(history)
            .when(complete_refund(1))
            .then_expect_error(Error::NoSuchRefund { refund_id: id(1) });
    }
}

#[test]
fn the_status_tells_how_far_it_has_come() {
    assert_eq!(Payment::default().status(), None);
    assert_eq!(state(&pending()).status(), Some(Status::Pending));
    assert_eq!(state(&processing()).status(), Some(Status::Processing));
    assert_eq!(state(&paid()).status(), Some(Status::Completed));
    for history in ended() {
        assert_eq!(state(&history).status(), Some(Status::Failed));
    }
}

#[test]
fn it_is_refunded_when_all_of_it_is_back() {
    let mut payment = state(&paid());
    for (event, status) in [
        (refund_requested(1, "40.00"), Status::Completed),
        (refund_requested(2, "60.00"), Status::Completed),
        (refunded(2, "60.00"), Status::Completed),
        (refunded(1, "40.00"), Status::Refunded),
    ] {
        payment = payment.evolve(&event);
        assert_eq!(payment.status(), Some(status));
    }
    let details = payment.details().unwrap();
    assert_eq!((details.refunded, details.refundable()), (money("100.00"), Money::ZERO));
    assert_eq!((details.created_at, details.updated_at), (minute(0), minute(4)));
}

#[test]
fn a_payment_of_nothing_is_not_refunded_by_itself() {
    let payment = state(&[
        Event::Requested {
            order_id: Some(id(1)),
            gift_card_id: None,
            user_id: id(2),
            amount: Money::ZERO,
            currency: Currency::KZT,
            method: METHOD,
            at: minute(0),
        },
        completed(),
    ]);
    assert_eq!(payment.status(), Some(Status::Completed));
}

#[test]
fn the_text_of_a_status_is_its_json() {
    for status in
        [Status::Pending, Status::Processing, Status::Completed, Status::Failed, Status::Refunded]
    {
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{status}\""));
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => Just(start()),
        1 => Just(complete()),
        1 => Just(fail()),
        1 => Just(void()),
        6 => (0..8_u128, 0..6_000_u64).prop_map(|(n, minor)| {
            request_refund(n, &Money::from_minor(minor).unwrap().to_string())
        }),
        4 => (0..8_u128).prop_map(complete_refund),
    ]
}

proptest! {
    #[test]
    fn no_more_is_given_back_than_was_taken(
        was_paid in any::<bool>(),
        commands in prop::collection::vec(any_command(), 0..40),
    ) {
        let mut payment = state(&if was_paid { paid() } else { pending() });
        for command in commands {
            let events = payment.decide(command).unwrap_or_default();
            payment = events.iter().fold(payment, Payment::evolve);
            let details = payment.details().unwrap();
            let sum = |done: bool| {
                let refunds = details.refunds.values().filter(|refund| refund.done || !done);
                Money::checked_sum(refunds.map(|refund| refund.amount)).unwrap()
            };
            let taken =
                if details.transaction_id.is_some() { details.amount } else { Money::ZERO };
            prop_assert!(sum(false) <= taken);
            prop_assert_eq!(sum(true), details.refunded);
            prop_assert_eq!(
                payment.status() == Some(Status::Refunded),
                details.refunded == details.amount
            );
        }
    }
}
