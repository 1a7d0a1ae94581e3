//! What holds for every order: its totals are exact, and no more comes back than was paid.

use super::*;
use crate::RefundId;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn any_lines() -> impl Strategy<Value = Vec<NewLine>> {
    let line = (1..=999_u32, prop_oneof![0..1000_u64, 0..1_000_000_000_u64]);
    prop::collection::vec(line, 1..12).prop_map(|lines| {
        (0..)
            .zip(lines)
            .map(|(product, (quantity, minor))| {
                new_line(product, quantity, &Money::from_minor(minor).unwrap().to_string())
            })
            .collect()
    })
}

#[derive(Debug, Clone)]
struct Ask {
    lines: Option<Vec<(u128, u32)>>,
    amount: Option<u64>,
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let lines = prop::collection::vec((0..12_u128, 1..400_u32), 0..4);
    (prop::option::weighted(0.7, lines), prop::option::weighted(0.5, 0..500_000_000_u64))
        .prop_map(|(lines, amount)| Ask { lines, amount })
}

fn refund(refund_id: RefundId, ask: Ask, paid: Money) -> Command {
    Command::Refund {
        refund_id,
        lines: ask.lines.map(|lines| {
            lines.into_iter().map(|(product, quantity)| (id(product), units(quantity))).collect()
        }),
        amount: ask.amount.map(|minor| Money::from_minor(minor).unwrap()),
        taken: Taken::money(paid),
        reason: "broken".to_owned(),
        at: minute(9),
        by: Actor::Admin,
    }
}

fn line_amounts(event: &Event) -> Money {
    let Event::Refunded { lines, .. } = event else { panic!("not a refund: {event:?}") };
    Money::checked_sum(lines.iter().map(|line| line.amount)).unwrap()
}

fn amount(event: &Event) -> Money {
    let Event::Refunded { amount, .. } = event else { panic!("not a refund: {event:?}") };
    *amount
}

proptest! {
    #[test]
    fn the_total_is_the_lines_and_the_delivery(lines in any_lines(), delivery in 0..1_000_000_u64) {
        let delivery = Money::from_minor(delivery).unwrap();
        let exact: Decimal = lines
            .iter()
            .map(|line| line.price.decimal() * Decimal::from(line.quantity.get()))
            .sum();
        let events =
            Order::default().decide(place("N-1", lines, &delivery.to_string())).unwrap();
        let order = state(&events);
        let details = order.details().unwrap();
        prop_assert_eq!(details.subtotal.decimal(), exact);
        prop_assert_eq!(details.total_amount.decimal(), exact + delivery.decimal());
        let of_lines = Money::checked_sum(details.lines.iter().map(|line| line.line_total));
        prop_assert_eq!(of_lines, Some(details.subtotal));
    }

    #[test]
    fn refunds_add_up_to_what_was_paid_and_never_above(
        lines in any_lines(),
        asks in prop::collection::vec(any_ask(), 0..12),
        is_paid_in_full in prop::bool::weighted(0.8),
    ) {
        let mut order = state(&[placed_with(lines), confirmed(), cancelled()]);
        let total = order.details().unwrap().total_amount;
        let paid = if is_paid_in_full { total } else { total.checked_part(1, 2).unwrap() };
        let mut given_back = Money::ZERO;
        let rest = Ask { lines: None, amount: None };
        for (n, ask) in (1..).zip(asks.into_iter().chain([rest])) {
            let Ok(events) = order.decide(refund(id(n), ask, paid)) else { continue };
            for event in &events {
                given_back = given_back.checked_add(amount(event)).unwrap();
                prop_assert!(line_amounts(event) <= amount(event));
            }
            order = events.iter().fold(order, Order::evolve);
            let details = order.details().unwrap();
            prop_assert_eq!(details.refunded, given_back);
            prop_assert!(details.refunded <= paid);
            for line in &details.lines {
                let units = details.refunded_units.get(&line.product_id).copied().unwrap_or(0);
                prop_assert!(units <= line.quantity.get());
            }
            let all_back = details.refunded == total;
            prop_assert_eq!(order.status() == Some(Status::Refunded), all_back);
        }
        prop_assert_eq!(given_back, paid, "the last refund gives the exact rest");
    }

    #[test]
    fn shares_add_up_and_none_is_above_its_value(
        values in prop::collection::vec(0..=Money::MAX.to_minor() / 250, 0..200),
        part in 0..=1000_u32,
    ) {
        let values: Vec<_> = values.into_iter().map(|n| Money::from_minor(n).unwrap()).collect();
        let whole = Money::checked_sum(values.iter().copied()).unwrap();
        let amount = whole.checked_part(part, 1000).unwrap();
        let shares = pricing::share_out(amount, &values);
        prop_assert_eq!(Money::checked_sum(shares.iter().copied()), Some(amount));
        for (share, value) in shares.iter().zip(&values) {
            prop_assert!(share <= value);
        }
    }
}
