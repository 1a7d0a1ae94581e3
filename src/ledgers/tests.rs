//! Histories that are right, and one thing wrong in each.

use super::{Broken, Checker, Event, Problem};
use aggregates::loyalty_account::LotPart;
use aggregates::promotion::{Kind, Terms};
use aggregates::{
    Currency, Decider, GiftCard, LoyaltyAccount, Money, Order, OrderId, Points, Promotion,
    PromotionUsage, RefundId, UserId, gift_card, loyalty_account, order, promotion,
    promotion_usage,
};
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::DomainEvent;
use eventlog::Position;
use projections::ledger::Account;
use serde::Serialize;
use uuid::Uuid;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
const LATER: DateTime<Utc> = DateTime::from_timestamp(86_400, 0).unwrap();
const ORDER: OrderId = OrderId::new(Uuid::from_u128(2));
const OTHER: OrderId = OrderId::new(Uuid::from_u128(3));
const REFUND: RefundId = RefundId::new(Uuid::from_u128(4));
const USER: UserId = UserId::new(Uuid::from_u128(5));

fn money(minor: u64) -> Money {
    Money::from_minor(minor).unwrap()
}

fn points(n: u64) -> Points {
    Points::try_from(n).unwrap()
}

fn by() -> String {
    "checkout".to_owned()
}

/// An event as the log stores it.
struct Stored {
    aggregate_type: &'static str,
    aggregate_id: String,
    event_type: String,
    event_version: String,
    payload: String,
}

fn stored<A: Decider>(id: &dyn std::fmt::Display, event: &A::Event) -> Stored
where
    A::Event: DomainEvent + Serialize,
{
    Stored {
        aggregate_type: A::TYPE,
        aggregate_id: id.to_string(),
        event_type: event.event_type(),
        event_version: event.event_version(),
        payload: serde_json::to_string(event).unwrap(),
    }
}

fn card(event: &gift_card::Event) -> Stored {
    stored::<GiftCard>(&Uuid::from_u128(1), event)
}

fn account(event: &loyalty_account::Event) -> Stored {
    stored::<LoyaltyAccount>(&USER, event)
}

fn promo(event: &promotion::Event) -> Stored {
    stored::<Promotion>(&"SUMMER", event)
}

fn usage(event: &promotion_usage::Event) -> Stored {
    stored::<PromotionUsage>(&format!("SUMMER:{USER}"), event)
}

/// The sequences count by stream.
fn check(history: &[Stored]) -> Result<Checker, Broken> {
    let mut checker = Checker::default();
    for (place, event) in history.iter().enumerate() {
        let same = |other: &&Stored| other.aggregate_id == event.aggregate_id;
        let sequence = i64::try_from(history[..=place].iter().filter(same).count()).unwrap();
        let global_position = i64::try_from(place).unwrap();
        checker.check(&Event {
            aggregate_type: event.aggregate_type,
            aggregate_id: &event.aggregate_id,
            sequence,
            event_type: &event.event_type,
            event_version: &event.event_version,
            payload: &event.payload,
            position: Position { transaction_id: 1, global_position },
        })?;
    }
    Ok(checker)
}

/// Checks that the last event of a history is the first that breaks a law.
fn assert_breaks(history: &[Stored], expected: &Problem) {
    check(&history[..history.len() - 1]).unwrap();
    let broken = check(history).unwrap_err();
    assert_eq!(broken.problem, *expected, "{broken}");
    let last = i64::try_from(history.len()).unwrap() - 1;
    assert_eq!(broken.position.global_position, last);
}

fn issued(minor: u64) -> Stored {
    card(&gift_card::Event::Issued {
        code_hash: gift_card::CodeHash::new("aa"),
        hint: "1234".to_owned(),
        amount: money(minor),
        currency: Currency::KZT,
        buyer: None,
        payment_id: None,
        expires_at: LATER,
        at: NOW,
        by: by(),
    })
}

fn card_held(order_id: OrderId, minor: u64) -> Stored {
    let amount = money(minor);
    card(&gift_card::Event::Held { order_id, amount, expires_at: LATER, at: NOW, by: by() })
}

fn captured(order_id: OrderId, minor: u64) -> Stored {
    card(&gift_card::Event::Captured { order_id, amount: money(minor), at: NOW, by: by() })
}

fn credited(minor: u64) -> Stored {
    card(&gift_card::Event::CreditedBack {
        order_id: ORDER,
        refund_id: REFUND,
        amount: money(minor),
        expires_at: LATER,
        at: NOW,
        by: by(),
    })
}

#[test]
fn a_card_that_is_held_captured_credited_and_expires_is_right() {
    let expired = card(&gift_card::Event::Expired { amount: money(300), at: NOW, by: by() });
    let history =
        [issued(500), card_held(ORDER, 400), captured(ORDER, 400), credited(200), expired];
    let report = check(&history).unwrap().report();
    assert_eq!((report.events, report.lines, report.cards), (5, 8, 1));
    assert_eq!(report.balance(Account::GiftCardLiability).to_string(), "0.00");
    assert_eq!(report.balance(Account::GiftCardBreakage).to_string(), "-3.00");
    assert_eq!(report.balance(Account::CashClearing).to_string(), "-2.00");
}

#[test]
fn what_a_card_does_not_have_it_cannot_give() {
    let overdrawn = |what, found, wanted| Problem::Overdrawn { what, found, wanted };
    let holding = || vec![issued(500), card_held(ORDER, 400)];
    let then = |event| holding().into_iter().chain([event]).collect::<Vec<_>>();
    assert_breaks(&[issued(500), card_held(ORDER, 501)], &overdrawn("available", 500, 501));
    assert_breaks(&then(card_held(OTHER, 101)), &overdrawn("available", 100, 101));
    assert_breaks(&then(card_held(ORDER, 1)), &Problem::Again);
    assert_breaks(&then(captured(OTHER, 400)), &Problem::NothingHeld);
    assert_breaks(&then(captured(ORDER, 399)), &Problem::OtherHold { held: 400, found: 399 });
    assert_breaks(&then(credited(1)), &overdrawn("redeemed", 0, 1));
    assert_breaks(&then(issued(500)), &Problem::Again);
    assert_breaks(&[card_held(ORDER, 1)], &Problem::NotBegun);
}

fn earned(n: u64) -> Stored {
    account(&loyalty_account::Event::Earned {
        order_id: ORDER,
        points: points(n),
        spend: money(100_000),
        tier: loyalty_account::Tier::default(),
        programme: 1,
        at: NOW,
        by: by(),
    })
}

fn activated(n: u64, repaid: u64) -> Stored {
    account(&loyalty_account::Event::Activated {
        order_id: ORDER,
        points: points(n),
        repaid: points(repaid),
        expires_at: LATER,
        at: NOW,
        by: by(),
    })
}

fn lot(n: u64) -> Vec<LotPart> {
    vec![LotPart { lot: ORDER.uuid(), points: points(n), expires_at: LATER }]
}

fn points_held(n: u64, of_lot: u64) -> Stored {
    account(&loyalty_account::Event::Held {
        order_id: OTHER,
        points: points(n),
        lots: lot(of_lot),
        expires_at: LATER,
        at: NOW,
        by: by(),
    })
}

fn spent(n: u64) -> Stored {
    account(&loyalty_account::Event::Spent {
        order_id: OTHER,
        points: points(n),
        at: NOW,
        by: by(),
    })
}

fn reversed(pending: u64, lots: Vec<LotPart>, owed: u64) -> Stored {
    account(&loyalty_account::Event::Reversed {
        order_id: ORDER,
        refund_id: REFUND,
        pending: points(pending),
        lots,
        owed: points(owed),
        spend: money(100_000),
        at: NOW,
        by: by(),
    })
}

#[test]
fn points_that_are_spent_reversed_and_owed_are_right() {
    let history =
        [earned(30), activated(30, 0), points_held(20, 20), spent(20), reversed(0, lot(10), 20)];
    let report = check(&history).unwrap().report();
    assert_eq!((report.accounts, report.events), (1, 5));
    // The holder owes: an asset, on the other side.
    assert_eq!(report.balance(Account::LoyaltyLiability).to_string(), "20.00");
}

#[test]
fn points_that_are_not_there_cannot_be_taken() {
    let overdrawn = |what, found, wanted| Problem::Overdrawn { what, found, wanted };
    let usable = || vec![earned(30), activated(30, 0)];
    let then = |event| usable().into_iter().chain([event]).collect::<Vec<_>>();
    assert_breaks(&[activated(1, 0)], &overdrawn("pending", 0, 1));
    assert_breaks(&[earned(30), activated(31, 0)], &overdrawn("pending", 30, 31));
    assert_breaks(&[earned(30), activated(30, 5)], &overdrawn("owed", 0, 5));
    assert_breaks(&then(points_held(31, 31)), &overdrawn("in the lot", 30, 31));
    assert_breaks(&then(points_held(20, 19)), &Problem::Parts { parts: 19, whole: 20 });
    assert_breaks(&then(spent(1)), &Problem::NothingHeld);
    assert_breaks(&then(reversed(1, vec![], 0)), &overdrawn("pending", 0, 1));
    let expired = |of_lot| {
        let points = points(30);
        let lots = lot(of_lot);
        account(&loyalty_account::Event::Expired { points, lots, at: NOW, by: by() })
    };
    check(&then(expired(30))).unwrap();
    assert_breaks(&then(expired(29)), &Problem::Parts { parts: 29, whole: 30 });
}

fn created(limit: u32, limit_per_user: u32) -> Stored {
    let terms = Terms {
        kind: Kind::Fixed(money(100)),
        min_subtotal: None,
        max_discount: None,
        categories: None,
        starts_at: None,
        ends_at: None,
        usage_limit: Some(limit),
        usage_limit_per_user: Some(limit_per_user),
        stackable: true,
    };
    promo(&promotion::Event::Created { terms, at: NOW, by: by() })
}

fn use_held(order_id: OrderId) -> Stored {
    let (user_id, discount, expires_at) = (USER, money(100), NOW + TimeDelta::minutes(15));
    let held =
        promotion::Event::UseHeld { order_id, user_id, discount, expires_at, at: NOW, by: by() };
    promo(&held)
}

fn used(order_id: OrderId) -> Stored {
    let (user_id, discount) = (USER, money(100));
    promo(&promotion::Event::Used { order_id, user_id, discount, at: NOW, by: by() })
}

#[test]
fn a_promotion_is_used_within_its_limits_only() {
    let restored = promo(&promotion::Event::UseRestored { order_id: ORDER, at: NOW, by: by() });
    check(&[created(1, 1), use_held(ORDER), used(ORDER), restored, use_held(OTHER)]).unwrap();
    let over = Problem::OverLimit { limit: 1 };
    assert_breaks(&[created(1, 9), use_held(ORDER), use_held(OTHER)], &over);
    assert_breaks(&[created(1, 9), use_held(ORDER), used(ORDER), use_held(OTHER)], &over);
    assert_breaks(&[created(9, 9), used(ORDER)], &Problem::NothingHeld);
    let withdrawn = promo(&promotion::Event::Withdrawn { at: NOW, by: by() });
    assert_breaks(&[created(9, 9), withdrawn, use_held(ORDER)], &Problem::NotOpen);

    let held = |order_id| usage(&promotion_usage::Event::Held { order_id, at: NOW });
    let used = |order_id| usage(&promotion_usage::Event::Used { order_id, at: NOW });
    assert_breaks(&[created(9, 1), held(ORDER), used(ORDER), held(OTHER)], &over);
}

#[test]
fn an_event_that_is_missing_or_cannot_be_booked_is_named() {
    let mut checker = Checker::default();
    let Stored { aggregate_type, aggregate_id, event_type, event_version, payload } = issued(500);
    let position = Position { transaction_id: 7, global_position: 255 };
    let event = Event {
        aggregate_type,
        aggregate_id: &aggregate_id,
        sequence: 2,
        event_type: &event_type,
        event_version: &event_version,
        payload: &payload,
        position,
    };
    let broken = checker.check(&event).unwrap_err();
    assert_eq!(
        broken.to_string(),
        format!("gift_card/{aggregate_id} event 2 at 7-ff: event 1 is missing before it")
    );

    let mislabelled = Stored { event_type: "Held".to_owned(), ..issued(500) };
    assert_breaks(&[mislabelled], &Problem::Mislabelled);

    let booked = Some(order::Booked {
        subtotal: money(100),
        discount: money(101),
        delivery_cost: Money::ZERO,
    });
    let points_earned = Points::ZERO;
    let confirmed = order::Event::Confirmed { booked, points_earned, at: NOW, by: by() };
    assert_breaks(&[stored::<Order>(&ORDER, &confirmed)], &Problem::Unbookable);
}
