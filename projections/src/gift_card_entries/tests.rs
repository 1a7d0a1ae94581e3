//! The fold of what moved gift cards.

use super::{GiftCardEntries, Kind};
use crate::testing::{History, at};
use aggregates::gift_card::{CodeHash, Event};
use aggregates::{Currency, Fact, Money, OrderId, PaymentId, UserId};
use uuid::Uuid;

const CARD: Uuid = Uuid::from_u128(1);
const ORDER: OrderId = OrderId::new(Uuid::from_u128(2));
const BUYER: UserId = UserId::new(Uuid::from_u128(3));
const SPENDER: UserId = UserId::new(Uuid::from_u128(4));

fn money(minor: u64) -> Money {
    Money::from_minor(minor).unwrap()
}

#[test]
fn each_movement_is_an_entry_and_names_whom_it_concerns() {
    let checkout = || "checkout".to_owned();
    let issued = Event::Issued {
        code_hash: CodeHash::new("aa"),
        hint: "1234".to_owned(),
        amount: money(50_000),
        currency: Currency::KZT,
        buyer: Some(BUYER),
        payment_id: Some(PaymentId::new(Uuid::from_u128(5))),
        expires_at: at(100),
        at: at(0),
        by: checkout(),
    };
    let held = Event::Held {
        order_id: ORDER,
        amount: money(20_000),
        expires_at: at(15),
        at: at(1),
        by: SPENDER.to_string(),
    };
    let disabled = Event::Disabled { reason: "stolen".to_owned(), at: at(2), by: checkout() };
    let amount = money(20_000);
    let captured = Event::Captured { order_id: ORDER, amount, at: at(3), by: checkout() };
    let events = [issued, held, disabled, captured].map(Fact::GiftCard);
    let history =
        events.into_iter().fold(History::default(), |history, fact| history.then(CARD, fact));
    let rows = history.fold::<GiftCardEntries>().unwrap();
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by_key(|row| row.sequence);
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.sequence, row.kind, row.amount, row.order_id, row.user_id))
        .collect();
    assert_eq!(
        seen,
        [
            (1, Kind::Issued, money(50_000), None, Some(BUYER)),
            (2, Kind::Held, amount, Some(ORDER), Some(SPENDER)),
            (4, Kind::Captured, amount, Some(ORDER), None),
        ]
    );
}
