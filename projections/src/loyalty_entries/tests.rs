//! The fold of what moved points.

use super::{Kind, LoyaltyEntries};
use crate::testing::{History, at};
use aggregates::loyalty_account::{Event, LotPart, Tier};
use aggregates::{Fact, Money, OrderId, Points, RefundId};
use uuid::Uuid;

const USER: Uuid = Uuid::from_u128(1);
const ORDER: OrderId = OrderId::new(Uuid::from_u128(2));

fn points(n: u64) -> Points {
    Points::try_from(n).unwrap()
}

fn by() -> String {
    "checkout".to_owned()
}

/// The kind, the points and the change of each entry.
fn entries(events: impl IntoIterator<Item = Event>) -> Vec<(Kind, i64, i64)> {
    let then = |history: History, event| history.then(USER, Fact::LoyaltyAccount(event));
    let rows = events.into_iter().fold(History::default(), then).fold::<LoyaltyEntries>().unwrap();
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by_key(|row| row.sequence);
    rows.into_iter().map(|row| (row.kind, row.points, row.change)).collect()
}

fn activated(all: u64, repaid: u64) -> Event {
    let (points, repaid, expires_at) = (points(all), points(repaid), at(500));
    Event::Activated { order_id: ORDER, points, repaid, expires_at, at: at(1), by: by() }
}

fn held() -> Event {
    let lots = vec![LotPart { lot: ORDER.uuid(), points: points(10), expires_at: at(500) }];
    Event::Held {
        order_id: ORDER,
        points: points(10),
        lots,
        expires_at: at(9),
        at: at(2),
        by: by(),
    }
}

#[test]
fn what_is_held_cannot_be_spent_elsewhere_and_spending_it_changes_no_more() {
    let spent = Event::Spent { order_id: ORDER, points: points(10), at: at(3), by: by() };
    assert_eq!(
        entries([activated(30, 0), held(), spent]),
        [(Kind::Activated, 30, 30), (Kind::Held, -10, -10), (Kind::Spent, -10, 0)]
    );
}

#[test]
fn points_that_repay_a_debt_cannot_be_spent() {
    assert_eq!(entries([activated(30, 12)]), [(Kind::Activated, 30, 18)]);
}

#[test]
fn a_reversal_takes_from_what_can_be_spent_only_what_is_there() {
    let reversed = |pending, taken, owed| Event::Reversed {
        order_id: ORDER,
        refund_id: RefundId::new(Uuid::from_u128(4)),
        pending: points(pending),
        lots: vec![LotPart { lot: ORDER.uuid(), points: points(taken), expires_at: at(500) }],
        owed: points(owed),
        spend: Money::ZERO,
        at: at(2),
        by: by(),
    };
    assert_eq!(entries([reversed(5, 20, 3)]), [(Kind::Reversed, -28, -20)]);
    // An order that earned nothing: its spend is reversed, but no points.
    assert_eq!(entries([reversed(0, 0, 0)]), []);
}

#[test]
fn a_change_of_tier_moves_no_points() {
    let changed = Event::TierChanged {
        from: Tier::new("bronze"),
        to: Tier::new("silver"),
        spend: Money::ZERO,
        programme: 1,
        at: at(0),
        by: by(),
    };
    assert_eq!(entries([changed]), []);
}
