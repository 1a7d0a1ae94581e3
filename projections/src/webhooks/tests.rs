//! The fold of webhooks.

use super::Webhooks;
use crate::testing::{History, at};
use aggregates::webhook::{DisableReason, Endpoint, Event, Topic};
use aggregates::{DeliveryId, Fact, UserId, WebhookSecretId};
use uuid::Uuid;

const HOOK: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn endpoint(topic: Topic) -> Endpoint {
    let url = "https://shop.example/hooks".parse().unwrap();
    Endpoint { url, topics: [topic].into(), description: None }
}

fn registered() -> Fact {
    let (owner, secret_id) = (UserId::new(Uuid::from_u128(7)), WebhookSecretId::default());
    let endpoint = endpoint(Topic::Any);
    Fact::Webhook(Event::Registered { owner, endpoint, secret_id, at: at(0) })
}

fn disabled() -> Fact {
    Fact::Webhook(Event::Disabled { reason: DisableReason::Gone, at: at(1) })
}

#[test]
fn a_webhook_is_told_of_what_comes_behind_its_last_enabling() {
    let changed = Event::Changed { endpoint: endpoint(Topic::OrderPlaced), at: at(1) };
    let history = History::default().then(HOOK, registered()).then(HOOK, Fact::Webhook(changed));
    let row = history.row::<Webhooks>();
    assert_eq!((row.is_enabled, row.since, row.version), (true, 0, 2));
    assert!(row.state.details().unwrap().endpoint.topics.contains(&Topic::OrderPlaced));
    let history = history.then(HOOK, disabled());
    assert!(!history.row::<Webhooks>().is_enabled);
    let row = history.then(HOOK, Fact::Webhook(Event::Enabled { at: at(2) })).row::<Webhooks>();
    assert_eq!((row.is_enabled, row.since, row.version), (true, 3, 4));
}

#[test]
fn what_was_removed_has_no_row() {
    let removed = Fact::Webhook(Event::Removed { at: at(1) });
    let history = History::default().then(HOOK, registered()).then(OTHER, registered());
    assert_eq!(history.fold::<Webhooks>().unwrap().len(), 2);
    let rows = history.then(HOOK, removed).fold::<Webhooks>().unwrap();
    assert_eq!(rows.into_keys().collect::<Vec<_>>(), [OTHER.to_string()]);
}

#[test]
fn a_lost_event_stops_the_fold() {
    let test = Event::TestRequested { delivery_id: DeliveryId::default(), at: at(1) };
    let history = History::default()
        .then(HOOK, registered())
        .then(HOOK, Fact::Webhook(test))
        .then(HOOK, disabled());
    assert!(history.without(1).fold::<Webhooks>().is_err());
}
