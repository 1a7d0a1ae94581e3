//! The fold of gift cards.

use super::GiftCards;
use crate::testing::{History, at};
use aggregates::gift_card::{CodeHash, Event};
use aggregates::{Currency, Fact, Money, OrderId};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);

#[test]
fn a_card_shows_its_balances_and_its_present_code() {
    let money = |minor| Money::from_minor(minor).unwrap();
    let by = || "admin".to_owned();
    let order_id = OrderId::new(Uuid::from_u128(2));
    let amount = money(20_000);
    let history = History::default()
        .then(
            ID,
            Fact::GiftCard(Event::Issued {
                code_hash: CodeHash::new("aa"),
                hint: "1234".to_owned(),
                amount: money(50_000),
                currency: Currency::KZT,
                buyer: None,
                payment_id: None,
                expires_at: at(100),
                at: at(0),
                by: by(),
            }),
        )
        .then(
            ID,
            Fact::GiftCard(Event::Held {
                order_id,
                amount,
                expires_at: at(15),
                at: at(1),
                by: by(),
            }),
        );
    let row = history.row::<GiftCards>();
    assert_eq!((row.available, row.held, row.redeemed), (money(30_000), amount, Money::ZERO));
    let history = history
        .then(ID, Fact::GiftCard(Event::Captured { order_id, amount, at: at(2), by: by() }))
        .then(
            ID,
            Fact::GiftCard(Event::Reissued {
                code_hash: CodeHash::new("bb"),
                hint: "9876".to_owned(),
                at: at(3),
                by: by(),
            }),
        );
    let row = history.row::<GiftCards>();
    assert_eq!((row.available, row.held, row.redeemed), (money(30_000), Money::ZERO, amount));
    assert_eq!((row.code_hash.as_str(), row.hint.as_str(), row.version), ("bb", "9876", 4));
}
