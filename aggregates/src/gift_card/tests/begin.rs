//! How a gift card comes to be: bought and paid for, or given away.

use super::*;

fn pay(at: i64) -> Command {
    Command::Pay { at: minute(at), by: by() }
}

fn withdraw() -> Command {
    Command::Withdraw { reason: "not paid".to_owned(), at: minute(2), by: by() }
}

/// Everything that is asked of a card that was issued.
fn uses() -> Vec<Command> {
    vec![
        hold(1, "1.00", 1),
        capture(1, 1),
        void(1, 1),
        credit_back(1, "1.00", 100, 1),
        disable(),
        reissue(2, 1),
        expire(100),
    ]
}

#[test]
fn a_bought_card_is_worth_nothing_until_it_is_paid_for() {
    given(vec![]).when(request("100.00", 100)).then_expect_events(vec![requested()]);
    assert_eq!(sums(&[requested()]), amounts(["0.00"; 4]));
    assert_eq!(state(&[requested()]).details().unwrap().issued, Money::ZERO);
    for command in uses() {
        given(vec![requested()]).when(command).then_expect_error(Error::NotPaid);
    }
    given(vec![requested()]).when(pay(1)).then_expect_events(vec![paid(1, 100)]);
    let history = [requested(), paid(1, 100)];
    assert_eq!(sums(&history), amounts(["100.00", "0.00", "0.00", "0.00"]));
    let card = state(&history);
    let card = card.details().unwrap();
    assert_eq!((card.issued, card.initial_amount), (money("100.00"), money("100.00")));
    assert_eq!((card.buyer, card.payment_id), (Some(id(BUYER)), Some(id(300))));
    assert_eq!((card.created_at, card.updated_at), (minute(0), minute(1)));
}

#[test]
fn a_payment_is_recorded_once() {
    for history in [vec![requested(), paid(1, 100)], vec![issued()], vec![issued(), disabled()]] {
        given(history).when(pay(2)).then_expect_events(vec![]);
    }
}

#[test]
fn a_card_that_nobody_paid_for_is_withdrawn_once() {
    given(vec![requested()]).when(withdraw()).then_expect_events(vec![withdrawn()]);
    given(vec![requested(), withdrawn()]).when(withdraw()).then_expect_events(vec![]);
    assert_eq!(sums(&[requested(), withdrawn()]), amounts(["0.00"; 4]));
    for command in uses() {
        given(vec![requested(), withdrawn()]).when(command).then_expect_error(Error::Withdrawn);
    }
}

#[test]
fn a_card_that_was_paid_for_is_not_withdrawn() {
    for history in [vec![requested(), paid(1, 100)], vec![issued(), disabled()]] {
        given(history).when(withdraw()).then_expect_error(Error::AlreadyExists);
    }
}

#[test]
fn money_that_comes_after_the_withdrawal_still_buys_the_card() {
    let history = vec![requested(), withdrawn()];
    given(history.clone()).when(pay(3)).then_expect_events(vec![paid(3, 100)]);
    let card = state(&history).evolve(&paid(3, 100));
    assert_eq!(card.status(minute(3)), Some(Status::Active));
    assert_eq!(card.spendable(&hash(1), minute(3)).unwrap().available, money("100.00"));
}

#[test]
fn a_card_that_was_paid_for_after_its_time_is_valid_as_long_as_it_was_bought_for() {
    for history in [vec![requested()], vec![requested(), withdrawn()]] {
        given(history.clone()).when(pay(100)).then_expect_events(vec![paid(100, 200)]);
        let card = state(&history).evolve(&paid(100, 200));
        assert!(card.spendable(&hash(1), minute(199)).is_ok());
        assert_eq!(card.status(minute(200)), Some(Status::Expired));
    }
}

#[test]
fn a_card_that_is_given_away_can_be_spent_at_once() {
    given(vec![]).when(issue("100.00", 100)).then_expect_events(vec![issued()]);
    assert_eq!(sums(&[issued()]), amounts(["100.00", "0.00", "0.00", "0.00"]));
    let card = state(&[issued()]);
    let card = card.details().unwrap();
    assert_eq!((card.buyer, card.payment_id, card.issued), (None, None, money("100.00")));
    assert_eq!((card.code_hash.clone(), card.hint.as_str()), (hash(1), "HNT1"));
}

#[test]
fn a_card_begins_once() {
    let begun = [
        vec![requested()],
        vec![requested(), withdrawn()],
        vec![issued()],
        vec![issued(), disabled()],
    ];
    for history in begun {
        for command in [request("100.00", 100), issue("100.00", 100)] {
            given(history.clone()).when(command).then_expect_error(Error::AlreadyExists);
        }
    }
}

#[test]
fn a_card_has_an_amount() {
    for command in [request("0.00", 100), issue("0.00", 100)] {
        given(vec![]).when(command).then_expect_error(Error::ZeroAmount);
    }
}

#[test]
fn a_card_does_not_expire_before_it_begins() {
    for expires in [-1, 0] {
        for command in [request("1.00", expires), issue("1.00", expires)] {
            given(vec![]).when(command).then_expect_error(Error::ExpiresTooEarly);
        }
    }
    let least = TestFramework::<GiftCard>::with(()).given_no_previous_events();
    assert!(least.when(issue("0.01", 1)).inspect_result().is_ok());
}

#[test]
fn what_was_never_made_takes_no_step() {
    for command in uses().into_iter().chain([pay(1), withdraw()]) {
        given(vec![]).when(command).then_expect_error(Error::NotFound);
    }
    assert_eq!(GiftCard::default().status(minute(0)), None);
    assert_eq!(GiftCard::default().details(), None);
    assert_eq!(GiftCard::default().spendable(&hash(1), minute(0)), Err(Error::NotFound));
}
