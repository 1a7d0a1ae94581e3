//! The rules of a gift card, given / when / then. The card is of 100.00, has the code 1, and is
//! valid until minute 100.

mod begin;
mod end;
mod laws;
mod spend;

use super::*;
use crate::testing::{id, minute, money};
use crate::{Currency, UserId};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

const BUYER: u128 = 100;

fn given(events: Vec<Event>) -> AggregateTestExecutor<GiftCard> {
    TestFramework::with(()).given(events)
}

fn state(events: &[Event]) -> GiftCard {
    events.iter().fold(GiftCard::default(), GiftCard::evolve)
}

fn by() -> String {
    "somebody".to_owned()
}

fn hash(n: u8) -> CodeHash {
    CodeHash::new(format!("{n:02x}").repeat(32))
}

fn hint(n: u8) -> String {
    format!("HNT{n}")
}

fn code(n: u8) -> NewCode {
    NewCode { hash: hash(n), hint: hint(n) }
}

fn request(amount: &str, expires: i64) -> Command {
    Command::Request {
        code: code(1),
        amount: money(amount),
        currency: Currency::KZT,
        buyer: id(BUYER),
        payment_id: id(300),
        expires_at: minute(expires),
        at: minute(0),
    }
}

fn issue(amount: &str, expires: i64) -> Command {
    Command::Issue {
        code: code(1),
        amount: money(amount),
        currency: Currency::KZT,
        expires_at: minute(expires),
        at: minute(0),
        by: by(),
    }
}

fn requested() -> Event {
    Event::Requested {
        code_hash: hash(1),
        hint: hint(1),
        amount: money("100.00"),
        currency: Currency::KZT,
        buyer: id(BUYER),
        payment_id: id(300),
        expires_at: minute(100),
        at: minute(0),
        by: id::<UserId>(BUYER).to_string(),
    }
}

/// What a card that was paid for at a minute becomes.
fn paid(at: i64, expires: i64) -> Event {
    Event::Issued {
        code_hash: hash(1),
        hint: hint(1),
        amount: money("100.00"),
        currency: Currency::KZT,
        buyer: Some(id(BUYER)),
        payment_id: Some(id(300)),
        expires_at: minute(expires),
        at: minute(at),
        by: by(),
    }
}

/// What an administrator gives away.
fn issued() -> Event {
    Event::Issued {
        code_hash: hash(1),
        hint: hint(1),
        amount: money("100.00"),
        currency: Currency::KZT,
        buyer: None,
        payment_id: None,
        expires_at: minute(100),
        at: minute(0),
        by: by(),
    }
}

fn withdrawn() -> Event {
    Event::Withdrawn { reason: "not paid".to_owned(), at: minute(2), by: by() }
}

fn hold_with(code: u8, order: u128, amount: &str, at: i64) -> Command {
    Command::Hold {
        code_hash: hash(code),
        order_id: id(order),
        amount: money(amount),
        expires_at: minute(at + 15),
        at: minute(at),
        by: by(),
    }
}

fn hold(order: u128, amount: &str, at: i64) -> Command {
    hold_with(1, order, amount, at)
}

fn held(order: u128, amount: &str, at: i64) -> Event {
    Event::Held {
        order_id: id(order),
        amount: money(amount),
        expires_at: minute(at + 15),
        at: minute(at),
        by: by(),
    }
}

fn capture(order: u128, at: i64) -> Command {
    Command::Capture { order_id: id(order), at: minute(at), by: by() }
}

fn captured(order: u128, amount: &str, at: i64) -> Event {
    Event::Captured { order_id: id(order), amount: money(amount), at: minute(at), by: by() }
}

fn void(order: u128, at: i64) -> Command {
    Command::Void { order_id: id(order), at: minute(at), by: by() }
}

fn voided(order: u128, amount: &str, at: i64) -> Event {
    Event::Voided { order_id: id(order), amount: money(amount), at: minute(at), by: by() }
}

fn credit_back(order: u128, amount: &str, valid_until: i64, at: i64) -> Command {
    Command::CreditBack {
        order_id: id(order),
        refund_id: id(400),
        amount: money(amount),
        valid_until: minute(valid_until),
        at: minute(at),
        by: by(),
    }
}

fn credited_back(order: u128, amount: &str, expires: i64, at: i64) -> Event {
    Event::CreditedBack {
        order_id: id(order),
        refund_id: id(400),
        amount: money(amount),
        expires_at: minute(expires),
        at: minute(at),
        by: by(),
    }
}

fn disable() -> Command {
    Command::Disable { reason: "stolen".to_owned(), at: minute(5), by: by() }
}

fn disabled() -> Event {
    Event::Disabled { reason: "stolen".to_owned(), at: minute(5), by: by() }
}

fn reissue(n: u8, at: i64) -> Command {
    Command::Reissue { code: code(n), at: minute(at), by: by() }
}

fn reissued(n: u8, at: i64) -> Event {
    Event::Reissued { code_hash: hash(n), hint: hint(n), at: minute(at), by: by() }
}

fn expire(at: i64) -> Command {
    Command::Expire { at: minute(at), by: by() }
}

fn expired(amount: &str, at: i64) -> Event {
    Event::Expired { amount: money(amount), at: minute(at), by: by() }
}

/// Available, held, redeemed and expired of a card.
fn sums(events: &[Event]) -> [Money; 4] {
    let card = state(events);
    let card = card.details().unwrap();
    [card.available, card.held(), card.redeemed, card.expired]
}

fn amounts(texts: [&str; 4]) -> [Money; 4] {
    texts.map(money)
}
