//! The fold of accounts.

use super::{Accounts, Row};
use crate::ApplyError;
use crate::testing::{History, at};
use aggregates::Fact;
use aggregates::account::{Event, Role};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);

fn after(events: impl IntoIterator<Item = Event>) -> Row {
    let registered = Event::Registered { role: Role::Customer };
    std::iter::once(registered)
        .chain(events)
        .fold(History::default(), |history, event| history.then(ID, Fact::Account(event)))
        .row::<Accounts>()
}

#[test]
fn a_registered_account_is_active_and_its_tokens_are_valid() {
    let row = after([]);
    assert!(row.is_active && !row.is_verified && !row.is_erased);
    assert_eq!((row.role, row.valid_after, row.version), (Role::Customer, None, 1));
}

#[test]
fn blocking_voids_all_tokens_issued_before_and_unblocking_does_not_revive_them() {
    let blocked = Event::Blocked { reason: "fraud".to_owned() };
    let row = after([blocked.clone()]);
    assert!(!row.is_active);
    assert_eq!(row.valid_after, Some(at(1)));
    let row = after([blocked, Event::Unblocked {}]);
    assert!(row.is_active);
    assert_eq!(row.valid_after, Some(at(1)));
}

#[test]
fn a_new_password_or_role_voids_tokens_but_a_new_profile_does_not() {
    assert_eq!(after([Event::PasswordChanged {}]).valid_after, Some(at(1)));
    let row = after([Event::RoleChanged { role: Role::Admin, previous: Role::Customer }]);
    assert_eq!((row.role, row.valid_after), (Role::Admin, Some(at(1))));
    let row = after([Event::ProfileChanged { fields: vec![] }, Event::EmailVerified {}]);
    assert!(row.is_verified);
    assert_eq!((row.valid_after, row.version, row.updated_at), (None, 3, at(2)));
}

#[test]
fn an_erased_account_stays_as_an_inactive_row() {
    let row = after([Event::Erased {}]);
    assert!(row.is_erased && !row.is_active);
    assert_eq!(row.valid_after, Some(at(1)));
}

#[test]
fn a_missing_event_stops_the_fold() {
    let history =
        [Event::Registered { role: Role::Seller }, Event::EmailVerified {}, Event::Erased {}]
            .into_iter()
            .fold(History::default(), |history, event| history.then(ID, Fact::Account(event)));
    let error = history.without(1).fold::<Accounts>().unwrap_err();
    assert!(matches!(error, ApplyError::Gap { expected: 2, found: 3, .. }), "{error}");
}
