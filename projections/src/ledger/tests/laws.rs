//! What holds after every step of any history: debits are credits, and the liabilities and the cash
//! are what the aggregates say.

use super::super::Account;
use super::shop::{Shop, Wish};
use aggregates::order::Status;
use aggregates::{GiftCard, Money, Order, Points};
use proptest::prelude::*;
use rust_decimal::Decimal;

#[derive(Debug, Clone)]
enum Step {
    Issue { amount: Money, paid: bool },
    Place(Wish),
    Confirm(usize),
    Deliver(usize),
    Cancel(usize, bool),
    Refund(usize, Option<Money>),
    Wait(i64),
}

fn money() -> impl Strategy<Value = Money> {
    // From amounts of which a part is less than the smallest one, to ordinary ones.
    prop_oneof![1..500_u64, 1..200_000_u64].prop_map(|minor| Money::from_minor(minor).unwrap())
}

fn or_nothing() -> impl Strategy<Value = Money> {
    prop_oneof![Just(Money::ZERO), money()]
}

fn wish() -> impl Strategy<Value = Wish> {
    let points = prop_oneof![Just(0), 1..60_u64];
    let card = proptest::option::of((0..3_usize, money()));
    (1..3_u128, money(), or_nothing(), or_nothing(), points, card).prop_map(
        |(user, price, discount, delivery_cost, points, card)| {
            let discount = discount.min(price);
            let goods = price.checked_sub(discount).unwrap();
            let points = Points::try_from(points).unwrap().min(Points::worth(goods));
            let due =
                goods.checked_add(delivery_cost).unwrap().checked_sub(points.value()).unwrap();
            let card = card.map(|(card, amount)| (card, amount.min(due)));
            Wish { user, price, discount, delivery_cost, points, card }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let order = 0..20_usize;
    prop_oneof![
        2 => (money(), any::<bool>()).prop_map(|(amount, paid)| Step::Issue { amount, paid }),
        4 => wish().prop_map(Step::Place),
        4 => order.clone().prop_map(Step::Confirm),
        4 => order.clone().prop_map(Step::Deliver),
        2 => (order.clone(), any::<bool>()).prop_map(|(order, paid)| Step::Cancel(order, paid)),
        3 => (order, proptest::option::of(money()))
            .prop_map(|(order, amount)| Step::Refund(order, amount)),
        1 => prop_oneof![Just(60), Just(86_400 * 100), Just(86_400 * 400)].prop_map(Step::Wait),
    ]
}

fn take(shop: &mut Shop, step: Step) {
    let mut next = shop.clone();
    let one = |order: usize| order % shop.orders.len();
    let done = match step {
        Step::Issue { amount, paid } => next.issue(amount, paid),
        Step::Place(wish) => next.place(&wish),
        Step::Confirm(order) => next.confirm(one(order)),
        Step::Deliver(order) => next.deliver(one(order)),
        Step::Cancel(order, collected) => next.cancel(one(order), collected),
        Step::Refund(order, amount) => next.give_back(one(order), amount),
        Step::Wait(seconds) => next.wait(seconds),
    };
    // A step that one of the aggregates refuses did not happen, as in one append.
    if done.is_ok() {
        *shop = next;
    }
}

/// Two customers who have points already, and cards.
fn opened() -> Shop {
    let mut shop = Shop::default();
    let price = Money::from_minor(10_000_000).unwrap();
    for (order, user) in [1, 2].into_iter().enumerate() {
        let (points, card) = (Points::ZERO, None);
        let (discount, delivery_cost) = (Money::ZERO, Money::ZERO);
        shop.place(&Wish { user, price, discount, delivery_cost, points, card }).unwrap();
        shop.confirm(order).unwrap();
        shop.deliver(order).unwrap();
        shop.issue(price, order == 0).unwrap();
    }
    shop
}

fn balance(shop: &Shop, account: Account) -> Decimal {
    shop.journal.get(&account).copied().unwrap_or_default()
}

fn on_cards(shop: &Shop) -> Decimal {
    shop.cards.iter().filter_map(GiftCard::details).map(|card| card.balance().decimal()).sum()
}

fn in_points(shop: &Shop) -> Decimal {
    let value = |points: Points| points.value().decimal();
    let of = |account: &aggregates::LoyaltyAccount| {
        value(account.available()) + value(account.held()) - value(account.owed)
    };
    shop.accounts.values().map(of).sum()
}

/// Money for cards, and of confirmed orders what was paid and not given back; less the parts of
/// points that are still to be given back.
fn cash(shop: &Shop) -> Decimal {
    let of = |order: &Order| {
        let details = order.details()?;
        let confirmed = details.history.iter().any(|entry| entry.status == Status::Confirmed);
        if !confirmed {
            return None;
        }
        // A cancelled one has nothing left, whether it was paid for or not.
        let cancelled = details.cancel_reason.is_some();
        let kept = details.amount_due().checked_sub(details.refunded_money())?;
        let money = if cancelled { Decimal::ZERO } else { kept.decimal() };
        let back = details.refunded_points_value;
        Some(money - (back.decimal() - Points::worth(back).value().decimal()))
    };
    shop.sold + shop.orders.iter().filter_map(of).sum::<Decimal>()
}

proptest! {
    #[test]
    fn debits_are_credits_and_liabilities_are_what_is_owed(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let mut shop = opened();
        for step in steps {
            take(&mut shop, step);
            prop_assert_eq!(shop.journal.values().sum::<Decimal>(), Decimal::ZERO);
            prop_assert_eq!(balance(&shop, Account::GiftCardLiability), -on_cards(&shop));
            prop_assert_eq!(balance(&shop, Account::LoyaltyLiability), -in_points(&shop));
            prop_assert_eq!(balance(&shop, Account::CashClearing), cash(&shop));
        }
    }
}
