//! What a programme makes of a spend.

use super::*;

fn rule(name: &str, from_spend: &str, percent: u32) -> TierRule {
    TierRule { name: Tier::new(name), from_spend: money(from_spend), percent }
}

#[test]
fn the_tiers_rise_with_the_spend() {
    let programme = programme();
    assert!(programme.is_sound());
    for (spend, tier, next) in [
        ("0.00", "bronze", Some("silver")),
        ("99999.99", "bronze", Some("silver")),
        ("100000.00", "silver", Some("gold")),
        ("300000.00", "gold", None),
        ("999999999999.99", "gold", None),
    ] {
        let reached = programme.reached(money(spend));
        assert_eq!(reached.as_str(), tier);
        let above = programme.next_after(&reached).map(|rule| rule.name.as_str());
        assert_eq!(above, next);
    }
    let ranks =
        ["bronze", "silver", "gold", "platinum"].map(|name| programme.rank(&Tier::new(name)));
    assert_eq!(ranks, [Some(0), Some(1), Some(2), None]);
}

#[test]
fn points_are_a_percentage_rounded_down() {
    let programme = programme();
    for (tier, spend, n) in [
        ("bronze", "199.99", 1),
        ("silver", "199.99", 5),
        ("gold", "199.99", 9),
        ("platinum", "199.99", 1),
        ("gold", "999999999999.99", 49_999_999_999),
    ] {
        assert_eq!(programme.earned(&Tier::new(tier), money(spend)), points(n), "{tier} {spend}");
    }
}

#[test]
fn points_pay_half_of_the_goods_at_most_rounded_down() {
    for (goods, n) in [("0.00", 0), ("1.99", 0), ("2.00", 1), ("99.99", 49), ("100.00", 50)] {
        assert_eq!(programme().largest_share(money(goods)), points(n), "{goods}");
    }
}

#[test]
fn a_programme_has_a_tier_for_every_spend() {
    let of = |tiers| Programme { tiers, ..programme() }.is_sound();
    assert!(of(vec![rule("all", "0.00", 1)]));
    assert!(!of(vec![]));
    assert!(!of(vec![rule("some", "0.01", 1)]));
    assert!(!of(vec![rule("a", "0.00", 1), rule("b", "5.00", 1), rule("c", "5.00", 1)]));
    assert!(!of(vec![rule("a", "0.00", 1), rule("b", "5.00", 1), rule("c", "4.00", 1)]));
    assert!(!Programme { largest_share_percent: 101, ..programme() }.is_sound());
}

#[test]
fn a_programme_reckons_in_times_that_can_be_told() {
    let centuries = 365 * 1000;
    for programme in [
        Programme { lifetime_days: centuries, ..programme() },
        Programme { grace_days: centuries, ..programme() },
        Programme { announce_days: centuries, ..programme() },
    ] {
        assert!(!programme.is_sound());
    }
}
