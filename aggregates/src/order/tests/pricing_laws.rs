//! What holds for every price: the parts of an order add up to the last digit, and a refund gives
//! every part back, in its order, to the last digit.

use super::*;
use crate::loyalty_account::Programme;
use crate::promotion::{Kind, Terms};
use crate::testing::HISTORIES;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use rust_decimal::Decimal;

fn minor(n: u64) -> Money {
    Money::from_minor(n).unwrap()
}

fn sum(amounts: impl IntoIterator<Item = Money>) -> Money {
    Money::checked_sum(amounts).unwrap()
}

/// Lines with whatever is taken off each of them, from nothing to all of it.
fn any_lines() -> impl Strategy<Value = Vec<NewLine>> {
    let price = prop_oneof![0..1000_u64, 0..100_000_000_u64];
    let line = (1..=30_u32, price, prop_oneof![Just(0_u32), 0..=1000_u32]);
    prop::collection::vec(line, 1..6).prop_map(|lines| {
        (0..)
            .zip(lines)
            .map(|(product, (quantity, price, off))| {
                let mut line = new_line(product, quantity, &minor(price).to_string());
                let total = line.price.checked_mul(quantity).unwrap();
                line.discount = total.checked_part(off, 1000).unwrap();
                line
            })
            .collect()
    })
}

/// An order that is paid as far as wanted with points and a gift card; what pays what is `split`'s.
#[derive(Debug, Clone)]
struct Wanted {
    lines: Vec<NewLine>,
    delivery: u64,
    points: u64,
    card: u64,
}

fn any_wanted() -> impl Strategy<Value = Wanted> {
    // About as much as the orders cost, so that each of the three pays in some and none in others.
    let part = || prop_oneof![Just(0), 0..3000_u64, 0..3_000_000_u64];
    (any_lines(), 0..10_000_u64, part(), part())
        .prop_map(|(lines, delivery, points, card)| Wanted { lines, delivery, points, card })
}

fn goods(lines: &[NewLine]) -> Money {
    sum(lines.iter().map(|line| {
        let total = line.price.checked_mul(line.quantity.get()).unwrap();
        total.checked_sub(line.discount).unwrap()
    }))
}

fn placed_as(wanted: Wanted) -> (Order, pricing::Parts) {
    let Wanted { lines, delivery, points: wanted_points, card } = wanted;
    let goods = goods(&lines);
    let total = goods.checked_add(minor(delivery)).unwrap();
    let most = Programme::default().largest_share(goods);
    let parts = pricing::split(total, points(wanted_points), most, minor(card));
    let gift_card = Some(CardPart { gift_card_id: id(500), amount: parts.gift_card })
        .filter(|part| !part.amount.is_zero());
    let delivery = minor(delivery).to_string();
    let command = place_paid_with("N-1", lines, &delivery, parts.points, gift_card);
    (state(&Order::default().decide(command).unwrap()), parts)
}

#[derive(Debug, Clone)]
struct Ask {
    lines: Option<Vec<(u128, u32)>>,
    amount: Option<u64>,
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let lines = prop::collection::vec((0..6_u128, 1..12_u32), 0..4);
    let amount = prop_oneof![0..300_u64, 0..10_000_u64, 0..100_000_000_u64];
    (prop::option::weighted(0.5, lines), prop::option::weighted(0.7, amount))
        .prop_map(|(lines, amount)| Ask { lines, amount })
}

const ALL: Ask = Ask { lines: None, amount: None };

fn refund(n: u128, ask: Ask, taken: Taken) -> Command {
    Command::Refund {
        refund_id: id(n),
        lines: ask.lines.map(|lines| {
            lines.into_iter().map(|(product, quantity)| (id(product), units(quantity))).collect()
        }),
        amount: ask.amount.map(minor),
        taken,
        reason: "broken".to_owned(),
        at: minute(9),
        by: Actor::Admin,
    }
}

/// What went back so far, by where it went.
#[derive(Debug, Default, PartialEq)]
struct Back {
    money: Money,
    gift_card: Money,
    points_value: Money,
    points: Points,
}

impl Back {
    fn add(&mut self, event: &Event) -> TestCaseResult {
        let Event::Refunded { amount, gift_card, points_value, points, lines, .. } = event else {
            return Err(TestCaseError::fail(format!("not a refund: {event:?}")));
        };
        let other = sum([*gift_card, *points_value]);
        prop_assert!(other <= *amount);
        prop_assert!(sum(lines.iter().map(|line| line.amount)) <= *amount);
        self.money = sum([self.money, amount.checked_sub(other).unwrap()]);
        self.gift_card = sum([self.gift_card, *gift_card]);
        self.points_value = sum([self.points_value, *points_value]);
        self.points = self.points.checked_add(*points).unwrap();
        Ok(())
    }

    /// Nothing of the next part came back before the one before it was back.
    fn is_in_order_and_within(&self, taken: Taken) -> TestCaseResult {
        prop_assert!(self.money <= taken.money, "{:?} of {:?}", self, taken);
        prop_assert!(self.gift_card <= taken.gift_card, "{:?} of {:?}", self, taken);
        prop_assert!(self.points <= taken.points, "{:?} of {:?}", self, taken);
        prop_assert_eq!(self.points, Points::worth(self.points_value));
        if !self.gift_card.is_zero() || !self.points_value.is_zero() {
            prop_assert_eq!(self.money, taken.money);
        }
        if !self.points_value.is_zero() {
            prop_assert_eq!(self.gift_card, taken.gift_card);
        }
        Ok(())
    }
}

/// What an order took: everything, or what is left of it where a part never came.
fn any_taken() -> impl Strategy<Value = [bool; 3]> {
    prop_oneof![2 => Just([true; 3]), 1 => any::<[bool; 3]>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(HISTORIES))]

    #[test]
    fn the_parts_of_an_order_add_up_line_by_line(wanted in any_wanted()) {
        let (order, parts) = placed_as(wanted.clone());
        let details = order.details().unwrap();
        for (line, new) in details.lines.iter().zip(&wanted.lines) {
            let exact = new.price.decimal() * Decimal::from(new.quantity.get());
            prop_assert_eq!(line.line_total.decimal(), exact);
            prop_assert_eq!(line.discount, new.discount);
        }
        let of_lines = |f: fn(&Line) -> Money| sum(details.lines.iter().map(f));
        prop_assert_eq!(details.subtotal, of_lines(|line| line.line_total));
        prop_assert_eq!(details.discount, of_lines(|line| line.discount));
        let total =
            details.subtotal.decimal() - details.discount.decimal() + details.delivery_cost.decimal();
        prop_assert_eq!(details.total_amount.decimal(), total);
        let paid = [details.points.value(), details.gift_card_amount(), details.amount_due()];
        prop_assert_eq!(sum(paid), details.total_amount);
        prop_assert_eq!(details.amount_due(), parts.due);
        prop_assert_eq!(details.points.is_zero(), parts.points.is_zero());
    }

    #[test]
    fn points_pay_at_most_half_of_the_discounted_goods_and_a_card_no_more_than_it_has(
        wanted in any_wanted()
    ) {
        let goods = goods(&wanted.lines);
        let (card, wanted_points) = (minor(wanted.card), points(wanted.points));
        let (_, parts) = placed_as(wanted);
        prop_assert!(parts.points.value().decimal() * Decimal::TWO <= goods.decimal());
        prop_assert!(parts.points <= wanted_points && parts.gift_card <= card);
        let all_points = wanted_points.min(Programme::default().largest_share(goods));
        prop_assert_eq!(parts.points, all_points, "no fewer than wanted and allowed");
        prop_assert!(parts.due.is_zero() || parts.gift_card == card, "the card before money");
    }

    #[test]
    fn a_promotion_lowers_the_order_by_what_it_takes_off_each_line(
        lines in any_lines(),
        percent in 1..=10_000_i64,
    ) {
        let terms = Terms {
            kind: Kind::Percent(Decimal::new(percent, 2)),
            min_subtotal: None,
            max_discount: None,
            categories: None,
            starts_at: None,
            ends_at: None,
            usage_limit: None,
            usage_limit_per_user: None,
            stackable: true,
        };
        let item = |line: &NewLine| {
            let total = line.price.checked_mul(line.quantity.get()).unwrap();
            pricing::Item::new(line.product_id, total, "jazz")
        };
        let items: Vec<_> = lines.iter().map(item).collect();
        let goods = sum(items.iter().map(|item| item.total));
        prop_assume!(!goods.is_zero());
        let discounts = terms.discounts(&items, minute(0)).unwrap();
        let lines = lines.into_iter().zip(discounts);
        let lines = lines.map(|(line, discount)| NewLine { discount, ..line }).collect();
        let order = state(&Order::default().decide(place("N-1", lines, "0.00")).unwrap());
        let total = order.details().unwrap().total_amount.decimal();
        let exact = goods.decimal() * (Decimal::from(10_000) - Decimal::from(percent))
            / Decimal::from(10_000);
        prop_assert!(total >= exact && total - exact < Decimal::new(1, 2), "{} {}", total, exact);
    }

    #[test]
    fn no_part_of_a_refund_is_above_what_was_taken_and_each_comes_in_its_turn(
        wanted in any_wanted(),
        is_taken in any_taken(),
        asks in prop::collection::vec(any_ask(), 0..16),
    ) {
        let (order, parts) = placed_as(wanted);
        let mut order = [confirmed(), cancelled()].iter().fold(order, Order::evolve);
        let [money, card, by_points] = is_taken;
        let taken = Taken {
            money: if money { parts.due } else { Money::ZERO },
            gift_card: if card { parts.gift_card } else { Money::ZERO },
            points: if by_points { parts.points } else { Points::ZERO },
        };
        let mut back = Back::default();
        for (n, ask) in (1..).zip(asks.into_iter().chain([ALL])) {
            let Ok(events) = order.decide(refund(n, ask, taken)) else { continue };
            for event in &events {
                back.add(event)?;
                back.is_in_order_and_within(taken)?;
            }
            order = events.iter().fold(order, Order::evolve);
            let details = order.details().unwrap();
            prop_assert_eq!(details.refunded_money(), back.money);
            prop_assert_eq!(details.refunded_gift_card, back.gift_card);
            prop_assert_eq!(details.refunded_points_value, back.points_value);
        }
        // The last one asked for all that was left.
        let Taken { money, gift_card, points } = taken;
        let all = Back { money, gift_card, points_value: points.value(), points };
        prop_assert_eq!(back, all);
    }

    #[test]
    fn the_units_of_a_line_are_worth_what_was_paid_for_it_however_they_come_back(
        lines in any_lines(),
        steps in prop::collection::vec(1..8_u32, 30),
    ) {
        let (line, delivery) = (lines[0].clone(), "0.00");
        let net = goods(std::slice::from_ref(&line));
        let mut left = line.quantity.get();
        let events = Order::default().decide(place("N-1", vec![line], delivery)).unwrap();
        let mut order = state(&[&events[..], &[confirmed(), cancelled()]].concat());
        let mut back = Back::default();
        for (n, step) in (1..).zip(steps) {
            let step = step.min(left);
            let ask = Ask { lines: Some(vec![(0, step.max(1))]), amount: None };
            // Units that cost nothing are refused.
            let Ok(events) = order.decide(refund(n, ask, Taken::money(net))) else { continue };
            events.iter().try_for_each(|event| back.add(event))?;
            order = events.iter().fold(order, Order::evolve);
            left -= step;
        }
        prop_assert!(left == 0 || net < minor(30));
        if left == 0 {
            prop_assert_eq!(back.money, net);
        }
    }
}
