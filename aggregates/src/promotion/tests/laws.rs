//! What holds for every promotion: no use too many, and discounts that add up.

use super::*;
use crate::testing::{HISTORIES, live};
use proptest::prelude::*;
use rust_decimal::RoundingStrategy;

/// A history of a promotion whose limit only rises.
fn any_history() -> impl Strategy<Value = Vec<Command>> {
    let order = || 0..8_u128;
    let command = prop_oneof![
        8 => (order(), 0..60_i64).prop_map(|(order, at)| hold(order, at)),
        5 => order().prop_map(take),
        3 => order().prop_map(release),
        3 => order().prop_map(restore),
        1 => (0..60_i64).prop_map(expire),
        1 => (2..90_i64, 4..12_u32).prop_map(|(end, limit)| {
            change(Terms { usage_limit: Some(limit), ..until(end) })
        }),
        1 => Just(create(limited(1))),
    ];
    let rarely = prop_oneof![20 => command, 1 => Just(withdraw())];
    (1..4_u32, prop::collection::vec(rarely, 0..60)).prop_map(|(limit, commands)| {
        let mut highest = limit;
        let create = create(Terms { usage_limit: Some(limit), ..until(50) });
        let commands = commands.into_iter().map(|command| match command {
            Command::Change { terms, at, by } => {
                highest = highest.max(terms.usage_limit.unwrap());
                let terms = Terms { usage_limit: Some(highest), ..terms };
                Command::Change { terms, at, by }
            }
            other => other,
        });
        std::iter::once(create).chain(commands).collect()
    })
}

fn any_items() -> impl Strategy<Value = Vec<Item>> {
    let total = prop_oneof![0..1000_u64, 0..100_000_000_u64, 0..1_000_000_000_000_u64];
    let category = prop::sample::select(vec!["jazz", "SOUL", "rock"]);
    prop::collection::vec((total, category), 0..20).prop_map(|items| {
        let item = |(n, (minor, category)): (u128, (u64, &str))| {
            item(n, &Money::from_minor(minor).unwrap().to_string(), category)
        };
        (0..).zip(items).map(item).collect()
    })
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let amount = || (1..100_000_000_u64).prop_map(|minor| Money::from_minor(minor).unwrap());
    let kind = prop_oneof![
        (1..=10_000_i64).prop_map(|n| Kind::Percent(Decimal::new(n, 2))),
        amount().prop_map(Kind::Fixed),
    ];
    let categories = prop::option::of(Just(vec!["jazz".to_owned(), "soul".to_owned()]));
    let some = || prop::option::weighted(0.3, amount());
    (kind, categories, some(), some()).prop_map(|(kind, categories, min_subtotal, max_discount)| {
        Terms { min_subtotal, max_discount, categories, ..always(kind) }
    })
}

/// What the whole discount must be, computed the plain way on the goods it applies to.
fn expected(terms: &Terms, goods: Decimal) -> Decimal {
    let discount = match terms.kind {
        Kind::Percent(percent) => (goods * percent / Decimal::ONE_HUNDRED)
            .round_dp_with_strategy(2, RoundingStrategy::ToZero),
        Kind::Fixed(amount) => amount.decimal(),
    };
    let cap = terms.max_discount.map_or(discount, Money::decimal);
    discount.min(cap).min(goods)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(HISTORIES))]

    #[test]
    fn no_use_is_above_the_limit_and_none_is_lost(commands in any_history()) {
        let mut used = 0_i64;
        live::<Promotion>(commands, |before, event, after| {
            used += match event {
                Event::Used { .. } => 1,
                Event::UseRestored { .. } => -1,
                Event::UseHeld { .. } => {
                    prop_assert!(matches!(before, Promotion::Active(_)), "{:?}", before);
                    0
                }
                Event::Created { .. }
                | Event::Changed { .. }
                | Event::Withdrawn { .. }
                | Event::Expired { .. }
                | Event::UseReleased { .. } => 0,
            };
            let details = after.details().unwrap();
            prop_assert!(details.uses() <= u64::from(details.terms.usage_limit.unwrap()));
            prop_assert_eq!(i64::try_from(details.used), Ok(used));
            let was_withdrawn = matches!(before, Promotion::Withdrawn(_));
            prop_assert!(!was_withdrawn || matches!(after, Promotion::Withdrawn(_)));
            Ok(())
        })?;
    }

    #[test]
    fn discounts_add_up_and_none_is_above_its_item(items in any_items(), terms in any_terms()) {
        prop_assert_eq!(terms.check(), Ok(()));
        let is_for = |item: &Item| terms.categories.is_none() || item.category != "rock";
        let goods: Decimal =
            items.iter().filter(|item| is_for(item)).map(|item| item.total.decimal()).sum();
        match terms.discounts(&items, minute(0)) {
            Ok(discounts) => {
                let sum: Decimal = discounts.iter().map(|discount| discount.decimal()).sum();
                prop_assert_eq!(sum, expected(&terms, goods));
                prop_assert_eq!(discounts.len(), items.len());
                for (discount, item) in discounts.iter().zip(&items) {
                    prop_assert!(*discount <= item.total);
                    prop_assert!(discount.is_zero() || is_for(item));
                }
            }
            Err(Error::NothingApplies) => prop_assert!(goods.is_zero()),
            Err(Error::BelowMinimum { minimum, goods: counted }) => {
                prop_assert_eq!(counted.decimal(), goods);
                prop_assert!(counted < minimum && Some(minimum) == terms.min_subtotal);
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
