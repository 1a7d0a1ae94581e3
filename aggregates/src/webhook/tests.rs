//! The rules of a webhook, given / when / then.

use super::*;
use crate::testing::{id, minute};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

fn given(events: Vec<Event>) -> AggregateTestExecutor<Webhook> {
    TestFramework::with(()).given(events)
}

fn endpoint(topics: &[Topic]) -> Endpoint {
    Endpoint {
        url: "https://shop.example/hooks".parse().unwrap(),
        topics: topics.iter().copied().collect(),
        description: None,
    }
}

fn register(audience: Audience, topics: &[Topic], others: u32) -> Command {
    let endpoint = endpoint(topics);
    let (owner, secret_id, at) = (id(1), id(10), minute(0));
    Command::Register { owner, audience, endpoint, secret_id, others, limit: 3, at }
}

fn registered() -> Event {
    let (owner, secret_id, at) = (id(1), id(10), minute(0));
    Event::Registered { owner, endpoint: endpoint(&[Topic::Any]), secret_id, at }
}

fn disabled() -> Event {
    Event::Disabled { reason: DisableReason::Failing, at: minute(5) }
}

fn removed() -> Event {
    Event::Removed { at: minute(9) }
}

fn rotate(secret: u128, at: i64) -> Command {
    Command::RotateSecret { secret_id: id(secret), at: minute(at) }
}

fn rotated(secret: u128, at: i64) -> Event {
    let (secret_id, at) = (id(secret), minute(at));
    Event::SecretRotated { secret_id, previous_until: at + TimeDelta::hours(24), at }
}

fn state(events: &[Event]) -> Webhook {
    events.iter().fold(Webhook::default(), Webhook::evolve)
}

#[test]
fn a_webhook_is_registered_once_and_is_enabled_then() {
    let any = || register(Audience::Seller, &[Topic::Any], 0);
    given(vec![]).when(any()).then_expect_events(vec![registered()]);
    given(vec![registered()]).when(any()).then_expect_error(Error::AlreadyExists);
    given(vec![registered(), removed()]).when(any()).then_expect_error(Error::AlreadyExists);
    let webhook = state(&[registered()]);
    let details = webhook.enabled().unwrap();
    assert_eq!((details.owner, details.enabled_at), (id(1), minute(0)));
    assert_eq!(details.secrets_at(minute(0)), [id(10)]);
}

#[test]
fn a_webhook_needs_something_to_be_told_of() {
    given(vec![]).when(register(Audience::Store, &[], 0)).then_expect_error(Error::NoTopics);
    let change =
        Command::Change { audience: Audience::Store, endpoint: endpoint(&[]), at: minute(1) };
    given(vec![registered()]).when(change).then_expect_error(Error::NoTopics);
}

#[test]
fn sellers_are_not_told_of_payments_and_gift_cards() {
    for topic in [Topic::PaymentCompleted, Topic::PaymentFailed, Topic::GiftCardIssued] {
        let topics = [Topic::OrderPlaced, topic];
        given(vec![])
            .when(register(Audience::Seller, &topics, 0))
            .then_expect_error(Error::NotForSellers { topic });
        let endpoint = endpoint(&topics);
        let change = Command::Change { audience: Audience::Seller, endpoint, at: minute(1) };
        given(vec![registered()]).when(change).then_expect_error(Error::NotForSellers { topic });
        assert!(Webhook::default().decide(register(Audience::Store, &topics, 0)).is_ok());
    }
}

#[test]
fn an_account_has_a_limited_number_of_webhooks() {
    given(vec![])
        .when(register(Audience::Seller, &[Topic::Any], 2))
        .then_expect_events(vec![registered()]);
    given(vec![])
        .when(register(Audience::Seller, &[Topic::Any], 3))
        .then_expect_error(Error::TooMany { limit: 3 });
}

#[test]
fn a_change_holds_all_that_is_told_and_one_of_nothing_causes_nothing() {
    let change = |topics: &[Topic]| Command::Change {
        audience: Audience::Seller,
        endpoint: endpoint(topics),
        at: minute(1),
    };
    given(vec![registered()]).when(change(&[Topic::Any])).then_expect_events(vec![]);
    let endpoint = endpoint(&[Topic::OrderPlaced]);
    given(vec![registered()])
        .when(change(&[Topic::OrderPlaced]))
        .then_expect_events(vec![Event::Changed { endpoint, at: minute(1) }]);
    for gone in [vec![], vec![registered(), removed()]] {
        given(gone).when(change(&[Topic::Any])).then_expect_error(Error::NotFound);
    }
}

#[test]
fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    given(vec![registered()]).when(rotate(11, 1)).then_expect_events(vec![rotated(11, 1)]);
    let webhook = state(&[registered(), rotated(11, 1)]);
    let details = webhook.details().unwrap();
    assert_eq!(details.secrets_at(minute(2)), [id(11), id(10)]);
    assert_eq!(details.secrets_at(minute(24 * 60)), [id(11), id(10)]);
    assert_eq!(details.secrets_at(minute(24 * 60 + 1)), [id(11)]);
    given(vec![]).when(rotate(11, 1)).then_expect_error(Error::NotFound);
    given(vec![registered(), removed()]).when(rotate(11, 10)).then_expect_error(Error::NotFound);
}

#[test]
fn only_so_many_secrets_sign_at_once_and_none_is_cut_short() {
    let full = vec![registered(), rotated(11, 1), rotated(12, 2), rotated(13, 3)];
    let secrets = state(&full).details().unwrap().secrets_at(minute(4));
    assert_eq!(secrets, [id(13), id(12), id(11), id(10)]);
    given(full.clone()).when(rotate(14, 4)).then_expect_error(Error::TooManySecrets);
    let day = 24 * 60;
    given(full.clone()).when(rotate(14, day + 1)).then_expect_events(vec![rotated(14, day + 1)]);
    let mut later = full;
    later.push(rotated(14, day + 1));
    let webhook = state(&later);
    let details = webhook.details().unwrap();
    assert_eq!(details.secrets_at(minute(day + 1)), [id(14), id(13), id(12), id(11)]);
    assert_eq!(details.old_secrets.len(), 3, "what has ended is forgotten");
}

#[test]
fn a_webhook_is_disabled_and_enabled_and_doing_it_twice_causes_nothing() {
    let disable = || Command::Disable { reason: DisableReason::Failing, at: minute(5) };
    let enable = || Command::Enable { at: minute(6) };
    given(vec![registered()]).when(disable()).then_expect_events(vec![disabled()]);
    given(vec![registered(), disabled()]).when(disable()).then_expect_events(vec![]);
    let enabled = Event::Enabled { at: minute(6) };
    given(vec![registered(), disabled()]).when(enable()).then_expect_events(vec![enabled.clone()]);
    given(vec![registered()]).when(enable()).then_expect_events(vec![]);
    for gone in [vec![], vec![registered(), removed()]] {
        given(gone.clone()).when(disable()).then_expect_error(Error::NotFound);
        given(gone).when(enable()).then_expect_error(Error::NotFound);
    }
    let off = state(&[registered(), disabled()]);
    assert!(off.enabled().is_none() && off.details().is_some());
    let on = off.evolve(&enabled);
    assert_eq!(on.enabled().unwrap().enabled_at, minute(6), "what was missed is not made up for");
}

#[test]
fn what_is_removed_is_gone() {
    let remove = || Command::Remove { at: minute(9) };
    given(vec![registered()]).when(remove()).then_expect_events(vec![removed()]);
    given(vec![registered(), disabled()]).when(remove()).then_expect_events(vec![removed()]);
    given(vec![]).when(remove()).then_expect_error(Error::NotFound);
    given(vec![registered(), removed()]).when(remove()).then_expect_error(Error::NotFound);
}

#[test]
fn tests_and_resends_are_for_what_is_enabled() {
    let (delivery_id, at) = (id(20), minute(7));
    let test = || Command::RequestTest { delivery_id, at };
    let resend = || Command::RequestResend { delivery_id, at };
    given(vec![registered()])
        .when(test())
        .then_expect_events(vec![Event::TestRequested { delivery_id, at }]);
    given(vec![registered()])
        .when(resend())
        .then_expect_events(vec![Event::ResendRequested { delivery_id, at }]);
    let off = || vec![registered(), disabled()];
    given(off()).when(test()).then_expect_error(Error::Disabled);
    given(off()).when(resend()).then_expect_error(Error::Disabled);
    for gone in [vec![], vec![registered(), removed()]] {
        given(gone.clone()).when(test()).then_expect_error(Error::NotFound);
        given(gone).when(resend()).then_expect_error(Error::NotFound);
    }
    let sent = Event::TestRequested { delivery_id, at };
    assert_eq!(state(&[registered(), sent]), state(&[registered()]));
}
