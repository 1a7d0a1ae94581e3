//! The booking rules as a table, and their rows.

mod laws;
mod shop;

use super::{Account, Ledger, Unbookable, book};
use crate::testing::{History, at, event_id};
use Account::{
    CashClearing, DeliveryIncome, Discounts, GiftCardBreakage, GiftCardLiability, LoyaltyExpense,
    LoyaltyLiability, Refunds, Sales,
};
use aggregates::gift_card::{self, CodeHash};
use aggregates::loyalty_account::{self, LotPart, Tier};
use aggregates::order::{self, Booked, CancelReason};
use aggregates::{Currency, Fact, GiftCardId, Money, OrderId, PaymentId, Points, RefundId, UserId};
use uuid::Uuid;

const CARD: Uuid = Uuid::from_u128(1);
const ORDER: OrderId = OrderId::new(Uuid::from_u128(2));
const REFUND: RefundId = RefundId::new(Uuid::from_u128(3));
const BUYER: UserId = UserId::new(Uuid::from_u128(4));
const PAYMENT: PaymentId = PaymentId::new(Uuid::from_u128(5));

fn money(text: &str) -> Money {
    Money::new(text.parse().unwrap()).unwrap()
}

fn points(n: u64) -> Points {
    Points::try_from(n).unwrap()
}

fn by() -> String {
    "checkout".to_owned()
}

fn issued(payment_id: Option<PaymentId>) -> Fact {
    Fact::GiftCard(gift_card::Event::Issued {
        code_hash: CodeHash::new("aa"),
        hint: "1234".to_owned(),
        amount: money("500.00"),
        currency: Currency::KZT,
        buyer: payment_id.map(|_| BUYER),
        payment_id,
        expires_at: at(100),
        at: at(0),
        by: by(),
    })
}

fn captured(amount: &str) -> Fact {
    let amount = money(amount);
    Fact::GiftCard(gift_card::Event::Captured { order_id: ORDER, amount, at: at(0), by: by() })
}

fn confirmed(subtotal: &str, discount: &str, delivery_cost: &str) -> Fact {
    let [subtotal, discount, delivery_cost] = [subtotal, discount, delivery_cost].map(money);
    let booked = Some(Booked { subtotal, discount, delivery_cost });
    let points_earned = points(7);
    Fact::Order(order::Event::Confirmed { booked, points_earned, at: at(0), by: by() })
}

fn lots(parts: &[u64]) -> Vec<LotPart> {
    let part = |n: &u64| LotPart { lot: ORDER.uuid(), points: points(*n), expires_at: at(500) };
    parts.iter().map(part).collect()
}

fn activated(all: u64, repaid: u64) -> Fact {
    Fact::LoyaltyAccount(loyalty_account::Event::Activated {
        order_id: ORDER,
        points: points(all),
        repaid: points(repaid),
        expires_at: at(500),
        at: at(0),
        by: by(),
    })
}

fn reversed(pending: u64, taken: &[u64], owed: u64) -> Fact {
    Fact::LoyaltyAccount(loyalty_account::Event::Reversed {
        order_id: ORDER,
        refund_id: REFUND,
        pending: points(pending),
        lots: lots(taken),
        owed: points(owed),
        spend: money("100.00"),
        at: at(0),
        by: by(),
    })
}

/// The lines of an event: debits as they are, credits with a minus.
fn lines(fact: &Fact) -> Vec<(Account, String)> {
    let booking = book(fact).unwrap();
    assert!(booking.is_balanced(), "{booking:?}");
    let line = |line: &super::Line| {
        assert!(line.debit.is_zero() != line.credit.is_zero(), "one side of {line:?}");
        let amount = line.debit.decimal() - line.credit.decimal();
        (line.account, amount.to_string())
    };
    booking.lines.iter().map(line).collect()
}

#[test]
fn orders_are_booked_when_they_are_confirmed_refunded_and_never_paid() {
    let refunded = Fact::Order(order::Event::Refunded {
        refund_id: REFUND,
        lines: vec![],
        amount: money("120.50"),
        gift_card: money("20.00"),
        points_value: money("10.50"),
        points: points(10),
        reason: "broken".to_owned(),
        at: at(0),
        by: by(),
    });
    let cancelled = |uncollected| {
        Fact::Order(order::Event::Cancelled {
            reason: CancelReason::ByCustomer,
            uncollected: money(uncollected),
            at: at(0),
            by: by(),
        })
    };
    let (points_earned, at) = (Points::ZERO, at(0));
    let old = order::Event::Confirmed { booked: None, points_earned, at, by: by() };
    let table: [(Fact, &[(Account, &str)]); 7] = [
        (
            confirmed("1000.00", "100.00", "15.00"),
            &[
                (CashClearing, "915.00"),
                (Discounts, "100.00"),
                (Sales, "-1000.00"),
                (DeliveryIncome, "-15.00"),
            ],
        ),
        (confirmed("10.00", "0.00", "0.00"), &[(CashClearing, "10.00"), (Sales, "-10.00")]),
        (confirmed("10.00", "10.00", "0.00"), &[(Discounts, "10.00"), (Sales, "-10.00")]),
        (refunded, &[(Refunds, "120.50"), (CashClearing, "-120.50")]),
        (cancelled("7.00"), &[(Refunds, "7.00"), (CashClearing, "-7.00")]),
        (cancelled("0.00"), &[]),
        (Fact::Order(old), &[]),
    ];
    check(&table);
}

#[test]
fn gift_cards_are_owed_from_their_issue_until_they_pay_or_expire() {
    let event = |event| Fact::GiftCard(event);
    let (amount, order_id, at, by) = (money("80.00"), ORDER, at(0), by());
    let held = gift_card::Event::Held { order_id, amount, expires_at: at, at, by: by.clone() };
    let voided = gift_card::Event::Voided { order_id, amount, at, by: by.clone() };
    let credited = gift_card::Event::CreditedBack {
        order_id,
        refund_id: REFUND,
        amount,
        expires_at: at,
        at,
        by: by.clone(),
    };
    let expired = gift_card::Event::Expired { amount, at, by };
    let table: [(Fact, &[(Account, &str)]); 7] = [
        (issued(Some(PAYMENT)), &[(CashClearing, "500.00"), (GiftCardLiability, "-500.00")]),
        (issued(None), &[(Discounts, "500.00"), (GiftCardLiability, "-500.00")]),
        (event(held), &[]),
        (event(voided), &[]),
        (captured("80.00"), &[(GiftCardLiability, "80.00"), (CashClearing, "-80.00")]),
        (event(credited), &[(CashClearing, "80.00"), (GiftCardLiability, "-80.00")]),
        (event(expired), &[(GiftCardLiability, "80.00"), (GiftCardBreakage, "-80.00")]),
    ];
    check(&table);
}

#[test]
fn points_are_owed_from_their_activation_until_they_are_spent_expired_or_reversed() {
    let event = |event| Fact::LoyaltyAccount(event);
    let (order_id, at, by) = (ORDER, at(0), by());
    let earned = loyalty_account::Event::Earned {
        order_id,
        points: points(9),
        spend: money("900.00"),
        tier: Tier::default(),
        programme: 1,
        at,
        by: by.clone(),
    };
    let spent = loyalty_account::Event::Spent { order_id, points: points(9), at, by: by.clone() };
    let restored = loyalty_account::Event::Restored {
        order_id,
        refund_id: REFUND,
        points: points(9),
        repaid: points(4),
        expires_at: at,
        at,
        by: by.clone(),
    };
    let expired =
        loyalty_account::Event::Expired { points: points(9), lots: lots(&[4, 5]), at, by };
    let table: [(Fact, &[(Account, &str)]); 8] = [
        (event(earned), &[]),
        (activated(9, 0), &[(LoyaltyExpense, "9.00"), (LoyaltyLiability, "-9.00")]),
        (activated(9, 9), &[(LoyaltyExpense, "9.00"), (LoyaltyLiability, "-9.00")]),
        (event(spent), &[(LoyaltyLiability, "9.00"), (CashClearing, "-9.00")]),
        (event(restored), &[(CashClearing, "9.00"), (LoyaltyLiability, "-9.00")]),
        (reversed(5, &[2, 1], 4), &[(LoyaltyLiability, "7.00"), (LoyaltyExpense, "-7.00")]),
        (reversed(5, &[], 0), &[]),
        (event(expired), &[(LoyaltyLiability, "9.00"), (LoyaltyExpense, "-9.00")]),
    ];
    check(&table);
}

fn check(table: &[(Fact, &[(Account, &str)])]) {
    for (fact, expected) in table {
        let expected: Vec<_> =
            expected.iter().map(|(account, amount)| (*account, (*amount).to_owned())).collect();
        assert_eq!(lines(fact), expected, "{fact:?}");
    }
}

#[test]
fn amounts_that_contradict_each_other_are_refused() {
    assert_eq!(book(&confirmed("10.00", "10.01", "5.00")), Err(Unbookable));
    let most = Points::MAX.get();
    assert_eq!(book(&reversed(0, &[most], 1)), Err(Unbookable));
}

#[test]
fn a_row_says_where_it_comes_from_and_whom_it_concerns() {
    let history =
        History::default().then(CARD, issued(Some(PAYMENT))).then(CARD, captured("80.00"));
    let rows = history.fold::<Ledger>().unwrap();
    let rows: Vec<_> = rows.into_values().collect();
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.event_id, row.line, row.account, row.order_id, row.user_id))
        .collect();
    let (first, second) = (event_id(0), event_id(1));
    assert_eq!(
        seen,
        [
            (first, 1, CashClearing, None, Some(BUYER)),
            (first, 2, GiftCardLiability, None, Some(BUYER)),
            (second, 1, GiftCardLiability, Some(ORDER), None),
            (second, 2, CashClearing, Some(ORDER), None),
        ]
    );
    assert!(rows.iter().all(|row| row.gift_card_id == Some(GiftCardId::new(CARD))));
    assert_eq!((rows[3].recorded_at, rows[3].position().global_position), (at(1), 1));
}

#[test]
fn accounts_are_found_by_their_names() {
    for account in Account::ALL {
        assert_eq!(account.as_str().parse(), Ok(account));
        assert_eq!(serde_json::to_value(account).unwrap(), account.as_str());
    }
    assert!("profit".parse::<Account>().is_err());
}
