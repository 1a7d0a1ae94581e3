//! The fold of what the figures are summed over.

use super::{Kind, Line, Row, Sales, Stage};
use crate::ApplyError;
use crate::testing::{History, at};
use aggregates::order::{self, CancelReason, DeliveryMethod, PaymentMethod, RefundedLine};
use aggregates::{
    Currency, Fact, Money, PaymentId, Points, ProductId, Quantity, RefundId, UserId, account,
    product,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);

fn money(minor: u64) -> Money {
    Money::from_minor(minor).unwrap()
}

/// A line of some units at a price, both in minor units, with a discount.
fn line(product: u128, units: u32, price: u64, discount: u64) -> order::Line {
    let quantity = Quantity::try_from(units).unwrap();
    order::Line {
        product_id: ProductId::new(Uuid::from_u128(product)),
        seller_id: UserId::new(Uuid::from_u128(100 + product)),
        name: "Lamp".to_owned(),
        quantity,
        price: money(price),
        line_total: money(price * u64::from(units)),
        discount: money(discount),
    }
}

fn placed(lines: Vec<order::Line>) -> Fact {
    let subtotal = Money::checked_sum(lines.iter().map(|line| line.line_total)).unwrap();
    let discount = Money::checked_sum(lines.iter().map(|line| line.discount)).unwrap();
    Fact::Order(order::Event::Placed {
        number: "LL-1".to_owned(),
        user_id: UserId::new(Uuid::from_u128(7)),
        cart_id: None,
        lines,
        currency: Currency::KZT,
        subtotal,
        discount,
        delivery_method: DeliveryMethod::Express,
        delivery_cost: money(150_000),
        total_amount: subtotal,
        promo_code: Some("SUMMER".parse().unwrap()),
        points: Points::ZERO,
        gift_card: None,
        payment_method: PaymentMethod::Kaspi,
        payment_id: PaymentId::new(Uuid::from_u128(8)),
        expires_at: at(900),
        at: at(100),
        by: "somebody".to_owned(),
    })
}

fn confirmed() -> Fact {
    let (points_earned, by) = (Points::ZERO, "system".to_owned());
    Fact::Order(order::Event::Confirmed { booked: None, points_earned, at: at(160), by })
}

fn refunded(number: u128, lines: &[(u128, u32, u64)], amount: u64) -> Fact {
    let named = lines.iter().map(|&(product, units, amount)| RefundedLine {
        product_id: ProductId::new(Uuid::from_u128(product)),
        quantity: Quantity::try_from(units).unwrap(),
        amount: money(amount),
    });
    Fact::Order(order::Event::Refunded {
        refund_id: RefundId::new(Uuid::from_u128(number)),
        lines: named.collect(),
        amount: money(amount),
        gift_card: Money::ZERO,
        points_value: Money::ZERO,
        points: Points::ZERO,
        reason: "broken".to_owned(),
        at: at(300),
        by: "admin".to_owned(),
    })
}

fn row(facts: impl IntoIterator<Item = Fact>) -> Row {
    facts
        .into_iter()
        .fold(History::default(), |history, fact| history.then(ID, fact))
        .row::<Sales>()
}

fn refunds(row: &Row) -> Vec<(u32, u64)> {
    row.lines.iter().map(|line| (line.returned, line.refunds.to_minor())).collect()
}

#[test]
fn an_order_counts_from_its_confirmation_until_it_is_cancelled() {
    let pending = row([placed(vec![line(1, 2, 500, 100)])]);
    assert_eq!((pending.kind, pending.counts), (Kind::Order, false));
    assert_eq!((pending.at, pending.confirmed_at), (at(100), None));
    let sold = row([placed(vec![line(1, 2, 500, 100)]), confirmed()]);
    assert!(sold.counts);
    assert_eq!((sold.stage, sold.confirmed_at), (Some(Stage::Confirmed), Some(at(160))));
    assert_eq!(sold.promo_code.as_deref(), Some("SUMMER"));
    let expected = Line {
        product_id: ProductId::new(Uuid::from_u128(1)),
        seller_id: UserId::new(Uuid::from_u128(101)),
        units: 2,
        returned: 0,
        gross: money(1000),
        discount: money(100),
        refunds: Money::ZERO,
    };
    assert_eq!(sold.lines, [expected]);
    let cancelled = Fact::Order(order::Event::Cancelled {
        reason: CancelReason::ByCustomer,
        uncollected: Money::ZERO,
        at: at(200),
        by: "somebody".to_owned(),
    });
    let ended = row([placed(vec![line(1, 2, 500, 100)]), confirmed(), cancelled]);
    assert_eq!((ended.stage, ended.counts), (Some(Stage::Cancelled), false));
    assert_eq!(ended.confirmed_at, Some(at(160)), "it was confirmed once: the funnel shows it");
}

#[test]
fn a_refund_is_of_the_lines_it_names_then_of_all_and_last_of_the_delivery() {
    let lines = || placed(vec![line(1, 2, 500, 0), line(2, 1, 3000, 0)]);
    let named = row([lines(), confirmed(), refunded(1, &[(1, 1, 500)], 500)]);
    assert_eq!(refunds(&named), [(1, 500), (0, 0)]);
    let amount = row([lines(), confirmed(), refunded(1, &[], 400)]);
    assert_eq!(refunds(&amount), [(0, 100), (0, 300)], "in proportion");
    let everything = refunded(1, &[(1, 2, 1000), (2, 1, 3000)], 154_000);
    let everything = row([lines(), confirmed(), everything]);
    assert_eq!(refunds(&everything), [(2, 1000), (1, 3000)], "without the delivery");
    let twice = [refunded(1, &[], 400), refunded(2, &[(1, 2, 1000)], 1000)];
    let twice = row([lines(), confirmed()].into_iter().chain(twice));
    assert_eq!(refunds(&twice), [(2, 1000), (0, 400)], "what a line has lost goes to the other");
}

#[test]
fn products_have_a_category_and_perhaps_a_genre() {
    let attributes = |genre: &str| BTreeMap::from([("genre".to_owned(), genre.to_owned())]);
    let created = Fact::Product(product::Event::Created {
        seller_id: UserId::new(Uuid::from_u128(3)),
        name: "Kind of Blue".to_owned(),
        description: String::new(),
        price: money(1000),
        currency: Currency::KZT,
        category: "music".to_owned(),
        attributes: attributes(" jazz "),
        image_urls: vec![],
    });
    let changed = |category: Option<&str>, genre: Option<&str>| {
        Fact::Product(product::Event::DetailsChanged {
            name: None,
            description: None,
            category: category.map(str::to_owned),
            attributes: genre.map(attributes),
            image_urls: None,
        })
    };
    let shown = |row: &Row| (row.category.clone().unwrap(), row.genre.clone());
    let made = row([created.clone()]);
    assert_eq!(shown(&made), ("music".to_owned(), Some("jazz".to_owned())));
    assert!(made.is_active && !made.is_gone);
    let moved = row([created.clone(), changed(Some("vinyl"), None)]);
    assert_eq!(shown(&moved), ("vinyl".to_owned(), Some("jazz".to_owned())));
    let plain = row([created.clone(), changed(None, Some(""))]);
    assert_eq!(shown(&plain), ("music".to_owned(), None));
    let gone = row([created, Fact::Product(product::Event::Archived {})]);
    assert!(gone.is_gone);
}

#[test]
fn accounts_are_counted_as_long_as_they_are_there() {
    use account::{Event, Role};
    let registered = || Fact::Account(Event::Registered { role: Role::Customer });
    let blocked = Fact::Account(Event::Blocked { reason: String::new() });
    let states = |row: Row| (row.is_active, row.is_gone);
    assert_eq!(states(row([registered()])), (true, false));
    assert_eq!(states(row([registered(), blocked.clone()])), (false, false));
    let again = [registered(), blocked, Fact::Account(Event::Unblocked {})];
    assert_eq!(states(row(again)), (true, false));
    assert_eq!(states(row([registered(), Fact::Account(Event::Erased {})])), (false, true));
}

#[test]
fn a_missing_event_stops_the_fold() {
    let history = [placed(vec![line(1, 1, 1, 0)]), confirmed(), confirmed()]
        .into_iter()
        .fold(History::default(), |history, fact| history.then(ID, fact));
    let error = history.without(1).fold::<Sales>().unwrap_err();
    assert!(matches!(error, ApplyError::Gap { expected: 2, found: 3, .. }), "{error}");
}

proptest! {
    /// Whatever is refunded in whichever way, of the goods it is as much as there is, and no line
    /// gives back more than was paid for it.
    #[test]
    fn refunds_are_of_the_goods_first_and_to_the_last_digit(
        lines in prop::collection::vec((1_u32..5, 1_u64..10_000, 0_u64..100), 1..6),
        parts in prop::collection::vec((0_usize..6, 0_u64..9_000, 0_u64..9_000), 0..6),
    ) {
        let lines: Vec<_> = (1..).zip(&lines).map(|(product, &(units, price, percent))| {
            line(product, units, price, price * u64::from(units) * percent / 100)
        }).collect();
        let goods: u64 = lines.iter().map(|l| l.line_total.to_minor() - l.discount.to_minor()).sum();
        let mut facts = vec![placed(lines.clone()), confirmed()];
        let mut sum = 0;
        for (number, &(place, named, more)) in (1..).zip(&parts) {
            let product = u128::try_from(place % lines.len()).unwrap() + 1;
            facts.push(refunded(number, &[(product, 1, named)], named + more));
            sum += named + more;
        }
        let row = row(facts);
        let refunds: u64 = row.lines.iter().map(|line| line.refunds.to_minor()).sum();
        prop_assert_eq!(refunds, sum.min(goods));
        for line in &row.lines {
            prop_assert!(line.discount.to_minor() + line.refunds.to_minor() <= line.gross.to_minor());
        }
    }
}
