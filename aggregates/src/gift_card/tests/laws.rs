//! What holds for every gift card, whatever is asked of it: its money is all accounted for.

use super::*;
use crate::testing::{HISTORIES, live};
use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

/// What is asked, before it is known when.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Request(i64),
    Issue(i64),
    Pay,
    Withdraw,
    Hold(u8, u128, u64),
    Capture(u128),
    Void(u128),
    CreditBack(u128, u64, i64),
    Disable,
    Reissue(u8),
    Expire,
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let order = 0..4_u128;
    // Around the 100.00 of the card, so that some are too much.
    let amount = 0..6_000_u64;
    prop_oneof![
        1 => (1..500_i64).prop_map(Ask::Request),
        1 => (1..500_i64).prop_map(Ask::Issue),
        1 => Just(Ask::Pay),
        1 => Just(Ask::Withdraw),
        12 => (1..3_u8, order.clone(), amount.clone())
            .prop_map(|(code, order, minor)| Ask::Hold(code, order, minor)),
        6 => order.clone().prop_map(Ask::Capture),
        4 => order.clone().prop_map(Ask::Void),
        6 => (order, amount, 0..200_i64)
            .prop_map(|(order, minor, valid)| Ask::CreditBack(order, minor, valid)),
        1 => Just(Ask::Disable),
        2 => (1..3_u8).prop_map(Ask::Reissue),
        2 => Just(Ask::Expire),
    ]
}

fn command(ask: Ask, at: i64) -> Command {
    let amount = |minor: u64| Money::from_minor(minor).unwrap().to_string();
    let now = minute(at);
    match ask {
        Ask::Request(lifetime) => match request("100.00", at + lifetime) {
            Command::Request { code, amount, currency, buyer, payment_id, expires_at, .. } => {
                Command::Request { code, amount, currency, buyer, payment_id, expires_at, at: now }
            }
            other => other,
        },
        Ask::Issue(lifetime) => issue("100.00", at + lifetime),
        Ask::Pay => Command::Pay { at: now, by: by() },
        Ask::Withdraw => Command::Withdraw { reason: "not paid".to_owned(), at: now, by: by() },
        Ask::Hold(code, order, minor) => hold_with(code, order, &amount(minor), at),
        Ask::Capture(order) => capture(order, at),
        Ask::Void(order) => void(order, at),
        Ask::CreditBack(order, minor, valid) => credit_back(order, &amount(minor), at + valid, at),
        Ask::Disable => Command::Disable { reason: "stolen".to_owned(), at: now, by: by() },
        Ask::Reissue(code) => reissue(code, at),
        Ask::Expire => expire(at),
    }
}

/// Asks one after the other, each some minutes after the one before it.
fn any_history() -> impl Strategy<Value = Vec<Command>> {
    let begin = prop_oneof![
        3 => (1..500_i64).prop_map(|lifetime| vec![Ask::Issue(lifetime)]),
        2 => (1..500_i64).prop_map(|lifetime| vec![Ask::Request(lifetime), Ask::Pay]),
        1 => Just(vec![]),
    ];
    (begin, prop::collection::vec((any_ask(), 0..20_i64), 0..60)).prop_map(|(begin, asks)| {
        let mut at = 0;
        let later = begin.into_iter().map(|ask| (ask, 0)).chain(asks);
        let at_its_time = later.map(|(ask, minutes)| {
            at += minutes;
            command(ask, at)
        });
        at_its_time.collect()
    })
}

fn sum(amounts: impl IntoIterator<Item = Money>) -> Money {
    Money::checked_sum(amounts).unwrap()
}

fn is_all_accounted_for(card: &GiftCard) -> TestCaseResult {
    let card = card.details().unwrap();
    let parts = sum([card.available, card.held(), card.redeemed, card.expired]);
    prop_assert_eq!(card.issued, parts, "{:?}", card);
    prop_assert_eq!(card.redeemed, sum(card.taken.values().copied()));
    prop_assert!(card.issued.is_zero() || card.issued == card.initial_amount);
    Ok(())
}

/// Only an active card of that code is held, in its time and for no more than it has.
fn is_a_fair_hold(before: &GiftCard, event: &Event) -> TestCaseResult {
    let Event::Held { amount, at, .. } = event else { return Ok(()) };
    let GiftCard::Active(card) = before else {
        return Err(TestCaseError::fail(format!("held {before:?}")));
    };
    prop_assert!(!amount.is_zero() && *amount <= card.available);
    prop_assert!(*at < card.expires_at);
    Ok(())
}

/// No event makes the card valid for a shorter time.
fn stays_valid(before: &GiftCard, after: &GiftCard) -> TestCaseResult {
    let until = |card: &GiftCard| card.details().map(|card| card.expires_at);
    prop_assert!(until(before) <= until(after));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(HISTORIES))]

    #[test]
    fn every_unit_of_money_is_available_held_redeemed_or_expired(commands in any_history()) {
        live::<GiftCard>(commands, |before, event, after| {
            is_all_accounted_for(after)?;
            is_a_fair_hold(before, event)?;
            stays_valid(before, after)
        })?;
    }

    #[test]
    fn nothing_is_left_of_a_card_whose_orders_ended_and_whose_time_is_up(
        commands in any_history()
    ) {
        let mut card = live::<GiftCard>(commands, |_, _, _| Ok(()))?;
        prop_assume!(card.issued().is_ok());
        let orders: Vec<_> = card.details().unwrap().holds.keys().copied().collect();
        let end = card.details().unwrap().expires_at + TimeDelta::minutes(1);
        let voids = orders.iter().map(|order_id| Command::Void {
            order_id: *order_id,
            at: end,
            by: by(),
        });
        for command in voids.chain([Command::Expire { at: end, by: by() }]) {
            let events = card.decide(command).unwrap();
            card = events.iter().fold(card, GiftCard::evolve);
        }
        let card = card.details().unwrap();
        prop_assert_eq!(card.balance(), Money::ZERO);
        prop_assert_eq!(card.issued, sum([card.redeemed, card.expired]));
    }
}
