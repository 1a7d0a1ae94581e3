//! The rules of a promotion, given / when / then.

mod laws;
mod terms;
mod uses;

use super::*;
use crate::ProductId;
use crate::testing::{id, minute, money};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use rust_decimal::Decimal;

fn given(events: Vec<Event>) -> AggregateTestExecutor<Promotion> {
    TestFramework::with(()).given(events)
}

fn state(events: &[Event]) -> Promotion {
    events.iter().fold(Promotion::default(), Promotion::evolve)
}

fn by() -> String {
    "somebody".to_owned()
}

fn percent(text: &str) -> Kind {
    Kind::Percent(text.parse().unwrap())
}

fn fixed(text: &str) -> Kind {
    Kind::Fixed(money(text))
}

/// Terms without conditions.
fn always(kind: Kind) -> Terms {
    Terms {
        kind,
        min_subtotal: None,
        max_discount: None,
        categories: None,
        starts_at: None,
        ends_at: None,
        usage_limit: None,
        usage_limit_per_user: None,
        stackable: true,
    }
}

/// 10 % off.
fn ten_percent() -> Terms {
    always(percent("10"))
}

fn limited(limit: u32) -> Terms {
    Terms { usage_limit: Some(limit), ..ten_percent() }
}

fn until(end: i64) -> Terms {
    Terms { ends_at: Some(minute(end)), ..ten_percent() }
}

fn item(product: u128, total: &str, category: &str) -> Item {
    Item::new(id::<ProductId>(product), money(total), category)
}

fn create(terms: Terms) -> Command {
    Command::Create { terms, at: minute(0), by: by() }
}

fn created(terms: Terms) -> Event {
    Event::Created { terms, at: minute(0), by: by() }
}

fn change(terms: Terms) -> Command {
    Command::Change { terms, at: minute(5), by: by() }
}

fn changed(terms: Terms) -> Event {
    Event::Changed { terms, at: minute(5), by: by() }
}

fn withdraw() -> Command {
    Command::Withdraw { at: minute(6), by: by() }
}

fn withdrawn() -> Event {
    Event::Withdrawn { at: minute(6), by: by() }
}

fn expire(at: i64) -> Command {
    Command::Expire { at: minute(at), by: by() }
}

fn expired(at: i64) -> Event {
    Event::Expired { at: minute(at), by: by() }
}

fn hold(order: u128, at: i64) -> Command {
    Command::HoldUse {
        order_id: id(order),
        user_id: id(100),
        discount: money("5.00"),
        expires_at: minute(at + 15),
        at: minute(at),
        by: by(),
    }
}

fn held(order: u128, at: i64) -> Event {
    Event::UseHeld {
        order_id: id(order),
        user_id: id(100),
        discount: money("5.00"),
        expires_at: minute(at + 15),
        at: minute(at),
        by: by(),
    }
}

fn take(order: u128) -> Command {
    Command::Use { order_id: id(order), at: minute(7), by: by() }
}

fn used(order: u128) -> Event {
    let discount = money("5.00");
    Event::Used { order_id: id(order), user_id: id(100), discount, at: minute(7), by: by() }
}

fn release(order: u128) -> Command {
    Command::ReleaseUse { order_id: id(order), at: minute(7), by: by() }
}

fn released(order: u128) -> Event {
    Event::UseReleased { order_id: id(order), at: minute(7), by: by() }
}

fn restore(order: u128) -> Command {
    Command::RestoreUse { order_id: id(order), at: minute(8), by: by() }
}

fn restored(order: u128) -> Event {
    Event::UseRestored { order_id: id(order), at: minute(8), by: by() }
}
