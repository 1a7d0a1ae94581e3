//! What holds for every loyalty account, whatever is asked of it: its points are all accounted for.

use super::*;
use crate::testing::{HISTORIES, live};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::collections::BTreeSet;

/// What is asked, before it is known on which day.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Earn(u128, u64),
    Activate(u128),
    Hold(u128, u64),
    Spend(u128),
    Release(u128),
    Restore(u128, u128, u64),
    Reverse(u128, u64),
    Expire,
    AnnounceExpiry,
    Assess,
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let order = || 0..5_u128;
    let some = 0..40_u64;
    // Most spends earn some tens of points, a few reach another tier.
    let spend = prop_oneof![5 => 0..500_000_u64, 1 => 0..40_000_000_u64];
    prop_oneof![
        5 => (order(), spend).prop_map(|(order, minor)| Ask::Earn(order, minor)),
        6 => order().prop_map(Ask::Activate),
        6 => (order(), some.clone()).prop_map(|(order, points)| Ask::Hold(order, points)),
        4 => order().prop_map(Ask::Spend),
        3 => order().prop_map(Ask::Release),
        4 => (order(), 400..403_u128, some)
            .prop_map(|(order, refund, points)| Ask::Restore(order, refund, points)),
        5 => (order(), 0..=10_000_u64).prop_map(|(order, minor)| Ask::Reverse(order, minor)),
        2 => Just(Ask::Expire),
        2 => Just(Ask::AnnounceExpiry),
        2 => Just(Ask::Assess),
    ]
}

fn command(ask: Ask, on: i64) -> Command {
    let amount = |minor: u64| Money::from_minor(minor).unwrap().to_string();
    let (at, programme, by) = (day(on), programme(), by());
    match ask {
        Ask::Earn(order, minor) => earn(order, &amount(minor), on),
        Ask::Activate(order) => activate(order, on),
        Ask::Hold(order, points) => hold(order, points, on),
        Ask::Spend(order) => spend(order, on),
        Ask::Release(order) => release(order, on),
        Ask::Restore(order, refund, points) => restore(order, refund, points, on),
        Ask::Reverse(order, minor) => reverse(order, &amount(minor), on),
        Ask::Expire => expire(on),
        Ask::AnnounceExpiry => Command::AnnounceExpiry { programme, at, by },
        Ask::Assess => Command::Assess { programme, at, by },
    }
}

/// Asks one after the other, each some days after the one before it.
fn any_history() -> impl Strategy<Value = Vec<Command>> {
    prop::collection::vec((any_ask(), prop_oneof![3 => 0..5_i64, 1 => 0..200_i64]), 0..80).prop_map(
        |asks| {
            let mut on = 0;
            let on_its_day = asks.into_iter().map(|(ask, days)| {
                on += days;
                command(ask, on)
            });
            on_its_day.collect()
        },
    )
}

fn is_all_accounted_for(account: &LoyaltyAccount) -> TestCaseResult {
    let Totals { earned, reversed, redeemed, expired } = account.totals;
    let [pending, available, held] = [account.pending(), account.available(), account.held()];
    let owned: u64 =
        [pending, available, held, redeemed, expired, reversed].map(Points::get).iter().sum();
    prop_assert_eq!(earned.get() + account.owed.get(), owned, "{:?}", account);
    prop_assert_eq!(redeemed, Points::sum(account.taken.values().copied()));
    let of_orders = |f: fn(&Earning) -> Points| Points::sum(account.earnings.values().map(f));
    prop_assert_eq!(earned, of_orders(|earning| earning.points));
    prop_assert_eq!(reversed, of_orders(|earning| earning.reversed));
    prop_assert!(account.owed <= reversed);
    for earning in account.earnings.values() {
        prop_assert!(earning.pending.saturating_add(earning.reversed) <= earning.points);
        prop_assert!(earning.spend_reversed <= earning.spend);
    }
    Ok(())
}

/// The next to expire first, none of them empty, none of them twice.
fn has_its_lots_in_order(account: &LoyaltyAccount) -> TestCaseResult {
    let keys: Vec<_> = account.lots.iter().map(|lot| (lot.expires_at, lot.id)).collect();
    prop_assert!(keys.is_sorted_by(|a, b| a < b), "{:?}", keys);
    prop_assert!(account.lots.iter().all(|lot| !lot.points.is_zero()));
    Ok(())
}

/// A hold takes lots in their time, and leaves no older one that could still be spent.
fn is_a_fair_hold(event: &Event, after: &LoyaltyAccount) -> TestCaseResult {
    let Event::Held { points, lots, at, .. } = event else { return Ok(()) };
    prop_assert_eq!(*points, Points::sum(lots.iter().map(|part| part.points)));
    prop_assert!(lots.iter().all(|part| part.expires_at > *at));
    let last = lots.iter().map(|part| part.expires_at).max();
    let left = after.lots.iter().map(|lot| lot.expires_at).filter(|expires| expires > at).min();
    if let Some(left) = left {
        prop_assert!(last <= Some(left), "{:?} is left for {:?}", left, last);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(HISTORIES))]

    #[test]
    fn every_point_is_pending_available_held_redeemed_expired_or_reversed(
        commands in any_history()
    ) {
        let mut announced = BTreeSet::new();
        live::<LoyaltyAccount>(commands, |_, event, after| {
            is_all_accounted_for(after)?;
            has_its_lots_in_order(after)?;
            is_a_fair_hold(event, after)?;
            if let Event::ExpiryAnnounced { expires_at, .. } = event {
                prop_assert!(announced.insert(*expires_at), "announced twice: {}", expires_at);
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_tier_only_falls_after_a_grace_period(commands in any_history()) {
        let rank = |account: &LoyaltyAccount| programme().rank(&account.tier).unwrap();
        live::<LoyaltyAccount>(commands, |before, event, after| {
            if let Event::TierChanged { at, to, spend, .. } = event {
                prop_assert_eq!(to, &programme().reached(*spend));
                let is_over = before.grace_until.is_some_and(|until| until <= *at);
                prop_assert!(rank(after) > rank(before) || is_over);
            } else {
                prop_assert_eq!(rank(after), rank(before));
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_full_refund_takes_back_exactly_what_was_earned(
        commands in any_history(),
        steps in prop::collection::vec(0..=10_000_u64, 0..8),
        spend in 0..40_000_000_u64,
    ) {
        let mut account = live::<LoyaltyAccount>(commands, |_, _, _| Ok(()))?;
        let order = 99;
        let mut steps = steps;
        steps.sort_unstable();
        let steps = steps.into_iter().chain([10_000]).map(|minor| Ask::Reverse(order, minor));
        for ask in [Ask::Earn(order, spend), Ask::Activate(order)].into_iter().chain(steps) {
            let events = account.decide(command(ask, 9_999)).unwrap();
            account = events.iter().fold(account, LoyaltyAccount::evolve);
            is_all_accounted_for(&account)?;
        }
        let earning = account.earnings[&id(order)];
        prop_assert_eq!(earning.reversed, earning.points);
        prop_assert_eq!(earning.spend_reversed, earning.spend);
    }
}
