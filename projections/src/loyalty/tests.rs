//! The fold of loyalty accounts.

use super::Loyalty;
use crate::testing::{History, at};
use aggregates::loyalty_account::{Event, LotPart, Tier};
use aggregates::{Fact, Money, OrderId, Points, RefundId};
use uuid::Uuid;

const USER: Uuid = Uuid::from_u128(1);
const ORDER: OrderId = OrderId::new(Uuid::from_u128(2));

fn points(n: u64) -> Points {
    Points::try_from(n).unwrap()
}

fn money(minor: u64) -> Money {
    Money::from_minor(minor).unwrap()
}

fn by() -> String {
    "checkout".to_owned()
}

/// A delivered order of 1,000.00 that earned 30 points, usable until second 500.
fn delivered() -> History {
    let earned = Event::Earned {
        order_id: ORDER,
        points: points(30),
        spend: money(100_000),
        tier: Tier::new("silver"),
        programme: 1,
        at: at(0),
        by: by(),
    };
    let activated = Event::Activated {
        order_id: ORDER,
        points: points(30),
        repaid: Points::ZERO,
        expires_at: at(500),
        at: at(1),
        by: by(),
    };
    History::default()
        .then(USER, Fact::LoyaltyAccount(earned))
        .then(USER, Fact::LoyaltyAccount(activated))
}

#[test]
fn an_account_shows_its_balances() {
    let lots = vec![LotPart { lot: ORDER.uuid(), points: points(10), expires_at: at(500) }];
    let held = Event::Held {
        order_id: OrderId::new(Uuid::from_u128(3)),
        points: points(10),
        lots,
        expires_at: at(20),
        at: at(2),
        by: by(),
    };
    let row = delivered().then(USER, Fact::LoyaltyAccount(held)).row::<Loyalty>();
    let balances = [row.available, row.held, row.pending, row.owed].map(Points::get);
    assert_eq!(balances, [20, 10, 0, 0]);
    assert_eq!((row.next_expiry, row.version), (Some(at(500)), 3));
}

#[test]
fn what_was_announced_is_not_to_be_announced_again() {
    let row = delivered().row::<Loyalty>();
    assert_eq!(row.unannounced, Some(at(500)));
    let announced =
        Event::ExpiryAnnounced { points: points(30), expires_at: at(500), at: at(2), by: by() };
    let row = delivered().then(USER, Fact::LoyaltyAccount(announced)).row::<Loyalty>();
    assert_eq!((row.unannounced, row.next_expiry), (None, Some(at(500))));
}

#[test]
fn refunded_spend_does_not_count() {
    let reversed = Event::Reversed {
        order_id: ORDER,
        refund_id: RefundId::new(Uuid::from_u128(4)),
        pending: Points::ZERO,
        lots: vec![LotPart { lot: ORDER.uuid(), points: points(30), expires_at: at(500) }],
        owed: Points::ZERO,
        spend: money(100_000),
        at: at(2),
        by: by(),
    };
    let row = delivered().then(USER, Fact::LoyaltyAccount(reversed)).row::<Loyalty>();
    assert_eq!((row.spend, row.reversed, row.next_expiry), (Money::ZERO, points(30), None));
}
