//! The rules of an account, given / when / then.

use super::*;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

fn given(events: Vec<Event>) -> AggregateTestExecutor<Account> {
    TestFramework::with(()).given(events)
}

fn registered() -> Event {
    Event::Registered { role: Role::Customer }
}

fn blocked() -> Event {
    Event::Blocked { reason: "fraud".to_owned() }
}

fn block() -> Command {
    Command::Block { reason: "spam".to_owned() }
}

/// All commands that need an account.
fn on_an_account() -> Vec<Command> {
    vec![
        Command::VerifyEmail,
        Command::ChangeProfile { fields: vec!["first_name".to_owned()] },
        Command::ChangePassword,
        Command::ChangeRole { role: Role::Seller },
        block(),
        Command::Unblock,
        Command::Erase,
    ]
}

fn state(events: &[Event]) -> Account {
    events.iter().fold(Account::default(), Account::evolve)
}

#[test]
fn a_new_account_is_registered_with_its_role() {
    given(vec![])
        .when(Command::Register { role: Role::Seller })
        .then_expect_events(vec![Event::Registered { role: Role::Seller }]);
}

#[test]
fn an_account_is_registered_once() {
    for history in [vec![registered()], vec![registered(), blocked()]] {
        given(history)
            .when(Command::Register { role: Role::Customer })
            .then_expect_error(Error::AlreadyRegistered);
    }
}

#[test]
fn an_erased_account_cannot_come_back() {
    let erased = || vec![registered(), Event::Erased {}];
    given(erased())
        .when(Command::Register { role: Role::Customer })
        .then_expect_error(Error::Erased);
    for command in on_an_account() {
        given(erased()).when(command).then_expect_error(Error::Erased);
    }
}

#[test]
fn what_does_not_exist_cannot_change() {
    for command in on_an_account() {
        given(vec![]).when(command).then_expect_error(Error::NotFound);
    }
}

#[test]
fn an_email_address_is_verified_once() {
    given(vec![registered()])
        .when(Command::VerifyEmail)
        .then_expect_events(vec![Event::EmailVerified {}]);
    given(vec![registered(), Event::EmailVerified {}])
        .when(Command::VerifyEmail)
        .then_expect_events(vec![]);
}

#[test]
fn a_changed_profile_names_its_fields_and_nothing_is_no_change() {
    let fields = vec!["first_name".to_owned(), "email".to_owned()];
    given(vec![registered()])
        .when(Command::ChangeProfile { fields: fields.clone() })
        .then_expect_events(vec![Event::ProfileChanged { fields }]);
    given(vec![registered()])
        .when(Command::ChangeProfile { fields: vec![] })
        .then_expect_events(vec![]);
}

#[test]
fn a_password_changes() {
    given(vec![registered()])
        .when(Command::ChangePassword)
        .then_expect_events(vec![Event::PasswordChanged {}]);
}

#[test]
fn a_role_changes_even_of_a_blocked_account() {
    let changed = Event::RoleChanged { role: Role::Admin, previous: Role::Customer };
    for history in [vec![registered()], vec![registered(), blocked()]] {
        given(history)
            .when(Command::ChangeRole { role: Role::Admin })
            .then_expect_events(vec![changed.clone()]);
    }
}

#[test]
fn the_role_it_has_already_causes_nothing() {
    given(vec![registered()])
        .when(Command::ChangeRole { role: Role::Customer })
        .then_expect_events(vec![]);
}

#[test]
fn the_owner_of_a_blocked_account_cannot_change_it() {
    for command in
        [Command::VerifyEmail, Command::ChangeProfile { fields: vec![] }, Command::ChangePassword]
    {
        given(vec![registered(), blocked()])
            .when(command)
            .then_expect_error(Error::Blocked { reason: "fraud".to_owned() });
    }
}

#[test]
fn an_account_is_blocked_once() {
    given(vec![registered()])
        .when(block())
        .then_expect_events(vec![Event::Blocked { reason: "spam".to_owned() }]);
    given(vec![registered(), blocked()])
        .when(block())
        .then_expect_error(Error::AlreadyBlocked { reason: "fraud".to_owned() });
}

#[test]
fn only_a_blocked_account_is_unblocked() {
    given(vec![registered(), blocked()])
        .when(Command::Unblock)
        .then_expect_events(vec![Event::Unblocked {}]);
    given(vec![registered()]).when(Command::Unblock).then_expect_error(Error::NotBlocked);
}

#[test]
fn an_account_is_erased_whether_blocked_or_not() {
    for history in [vec![registered()], vec![registered(), blocked()]] {
        given(history).when(Command::Erase).then_expect_events(vec![Event::Erased {}]);
    }
}

#[test]
fn a_block_keeps_role_and_verification_for_later() {
    let history = [registered(), Event::EmailVerified {}, blocked()];
    let account = state(&history);
    assert_eq!(
        (account.role(), account.is_active(), account.is_verified()),
        (Some(Role::Customer), false, true)
    );
    let change = Event::RoleChanged { role: Role::Seller, previous: Role::Customer };
    let account = account.evolve(&change).evolve(&Event::Unblocked {});
    assert_eq!(account, Account::Active { role: Role::Seller, is_verified: true });
    assert!(account.is_active());
}

#[test]
fn a_verification_is_remembered_even_of_a_blocked_account() {
    let account = state(&[registered(), blocked(), Event::EmailVerified {}]);
    assert_eq!((account.is_active(), account.is_verified()), (false, true));
}

#[test]
fn nothing_is_left_of_an_erased_account() {
    let account = state(&[registered(), Event::EmailVerified {}, Event::Erased {}]);
    assert_eq!((account.role(), account.is_active(), account.is_verified()), (None, false, false));
}

#[test]
fn the_text_of_a_role_is_its_stored_form() {
    for role in Role::ALL {
        assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        assert_eq!(role.as_str().parse(), Ok(role));
    }
    assert_eq!("root".parse::<Role>(), Err(UnknownRole("root".to_owned())));
}
