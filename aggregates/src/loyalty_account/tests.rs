//! The rules of a loyalty account, given / when / then, under the default programme (bronze 1 %,
//! silver 3 % from 100,000.00, gold 5 % from 300,000.00), here its version 7.

mod earn;
mod end;
mod laws;
mod programme;
mod reverse;
mod spend;
mod tiers;

use super::*;
use crate::testing::{day, id, money, points};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

fn given(events: Vec<Event>) -> AggregateTestExecutor<LoyaltyAccount> {
    TestFramework::with(()).given(events)
}

fn state(events: &[Event]) -> LoyaltyAccount {
    events.iter().fold(LoyaltyAccount::default(), LoyaltyAccount::evolve)
}

fn by() -> String {
    "somebody".to_owned()
}

fn programme() -> Programme {
    Programme { version: 7, ..Programme::default() }
}

fn earn(order: u128, spend: &str, on: i64) -> Command {
    let (order_id, spend) = (id(order), money(spend));
    Command::Earn { order_id, spend, programme: programme(), at: day(on), by: by() }
}

fn earned_in(tier: &str, order: u128, n: u64, spend: &str, on: i64) -> Event {
    Event::Earned {
        order_id: id(order),
        points: points(n),
        spend: money(spend),
        tier: Tier::new(tier),
        programme: 7,
        at: day(on),
        by: by(),
    }
}

/// 1 % of the spend.
fn earned(order: u128, n: u64, on: i64) -> Event {
    earned_in("bronze", order, n, &format!("{n}00.00"), on)
}

fn activate(order: u128, on: i64) -> Command {
    Command::Activate { order_id: id(order), programme: programme(), at: day(on), by: by() }
}

fn activated(order: u128, n: u64, repaid: u64, on: i64) -> Event {
    Event::Activated {
        order_id: id(order),
        points: points(n),
        repaid: points(repaid),
        expires_at: day(on + 365),
        at: day(on),
        by: by(),
    }
}

/// An order that was delivered on the day it was confirmed.
fn delivered(order: u128, n: u64, on: i64) -> [Event; 2] {
    [earned(order, n, on), activated(order, n, 0, on)]
}

/// Points of the lot of an order or a refund, which expires on a day.
fn part(lot: u128, n: u64, expires: i64) -> LotPart {
    LotPart { lot: Uuid::from_u128(lot), points: points(n), expires_at: day(expires) }
}

fn hold(order: u128, n: u64, on: i64) -> Command {
    Command::Hold {
        order_id: id(order),
        points: points(n),
        expires_at: day(on + 1),
        at: day(on),
        by: by(),
    }
}

fn held(order: u128, lots: Vec<LotPart>, on: i64) -> Event {
    Event::Held {
        order_id: id(order),
        points: Points::sum(lots.iter().map(|part| part.points)),
        lots,
        expires_at: day(on + 1),
        at: day(on),
        by: by(),
    }
}

fn spend(order: u128, on: i64) -> Command {
    Command::Spend { order_id: id(order), at: day(on), by: by() }
}

fn spent(order: u128, n: u64, on: i64) -> Event {
    Event::Spent { order_id: id(order), points: points(n), at: day(on), by: by() }
}

fn release(order: u128, on: i64) -> Command {
    Command::Release { order_id: id(order), at: day(on), by: by() }
}

fn released(order: u128, lots: Vec<LotPart>, on: i64) -> Event {
    let points = Points::sum(lots.iter().map(|part| part.points));
    Event::Released { order_id: id(order), points, lots, at: day(on), by: by() }
}

fn restore(order: u128, refund: u128, n: u64, on: i64) -> Command {
    Command::Restore {
        order_id: id(order),
        refund_id: id(refund),
        points: points(n),
        programme: programme(),
        at: day(on),
        by: by(),
    }
}

fn restored(order: u128, refund: u128, n: u64, repaid: u64, on: i64) -> Event {
    Event::Restored {
        order_id: id(order),
        refund_id: id(refund),
        points: points(n),
        repaid: points(repaid),
        expires_at: day(on + 365),
        at: day(on),
        by: by(),
    }
}

/// So much of an order of 100.00 was refunded, all refunds together.
fn reverse(order: u128, refunded: &str, on: i64) -> Command {
    Command::Reverse {
        order_id: id(order),
        refund_id: id(400),
        refunded: money(refunded),
        total: money("100.00"),
        at: day(on),
        by: by(),
    }
}

/// Points that were taken back: pending ones, those of lots, and those that are owed.
fn reversed(order: u128, taken: (u64, Vec<LotPart>, u64), spend: &str, on: i64) -> Event {
    let (pending, lots, owed) = taken;
    Event::Reversed {
        order_id: id(order),
        refund_id: id(400),
        pending: points(pending),
        lots,
        owed: points(owed),
        spend: money(spend),
        at: day(on),
        by: by(),
    }
}

fn expire(on: i64) -> Command {
    Command::Expire { at: day(on), by: by() }
}

fn expired(lots: Vec<LotPart>, on: i64) -> Event {
    let points = Points::sum(lots.iter().map(|part| part.points));
    Event::Expired { points, lots, at: day(on), by: by() }
}

/// Pending, available, held and owed points.
fn counts(events: &[Event]) -> [u64; 4] {
    let account = state(events);
    [account.pending(), account.available(), account.held(), account.owed].map(Points::get)
}
