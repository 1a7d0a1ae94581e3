//! How a tier is reached at once and lost after a grace period.

use super::*;

fn assess(on: i64) -> Command {
    Command::Assess { programme: programme(), at: day(on), by: by() }
}

fn changed(from: &str, to: &str, spend: &str, on: i64) -> Event {
    Event::TierChanged {
        from: Tier::new(from),
        to: Tier::new(to),
        spend: money(spend),
        programme: 7,
        at: day(on),
        by: by(),
    }
}

fn grace_started(spend: &str, on: i64) -> Event {
    let (until, spend) = (day(on + 30), money(spend));
    Event::GraceStarted { until, spend, programme: 7, at: day(on), by: by() }
}

fn grace_ended(spend: &str, on: i64) -> Event {
    Event::GraceEnded { spend: money(spend), programme: 7, at: day(on), by: by() }
}

fn bought(order: u128, spend: &str, on: i64) -> Event {
    earned_in("bronze", order, 1, spend, on)
}

/// Silver by a spend on day 0, which counts until day 365.
fn silver() -> Vec<Event> {
    vec![bought(1, "100000.00", 0), changed("bronze", "silver", "100000.00", 1)]
}

/// Silver on grace from day 365 to day 395.
fn on_grace() -> Vec<Event> {
    let mut events = silver();
    events.push(grace_started("0.00", 365));
    events
}

fn after(mut events: Vec<Event>, event: Event) -> Vec<Event> {
    events.push(event);
    events
}

#[test]
fn everybody_starts_in_the_lowest_tier() {
    assert_eq!(LoyaltyAccount::default().tier, programme().tiers[0].name);
    given(vec![]).when(assess(0)).then_expect_events(vec![]);
}

#[test]
fn a_tier_that_the_spend_reaches_comes_at_once() {
    for (spend, tier) in [("100000.00", "silver"), ("299999.99", "silver"), ("300000.00", "gold")] {
        given(vec![bought(1, spend, 0)])
            .when(assess(0))
            .then_expect_events(vec![changed("bronze", tier, spend, 0)]);
    }
    given(vec![bought(1, "99999.99", 0)]).when(assess(0)).then_expect_events(vec![]);
    given(vec![bought(1, "60000.00", 0), bought(2, "40000.00", 9)])
        .when(assess(9))
        .then_expect_events(vec![changed("bronze", "silver", "100000.00", 9)]);
}

#[test]
fn a_tier_that_the_spend_holds_does_not_change() {
    given(silver()).when(assess(364)).then_expect_events(vec![]);
}

#[test]
fn a_spend_counts_for_365_days() {
    let account = state(&silver());
    assert_eq!(account.spend(day(364)), money("100000.00"));
    assert_eq!(account.spend(day(365)), Money::ZERO);
    assert_eq!(account.spend(day(-1)), Money::ZERO, "not before it happened");
}

#[test]
fn a_tier_that_the_spend_no_longer_reaches_is_kept_for_the_grace_period() {
    given(silver()).when(assess(365)).then_expect_events(vec![grace_started("0.00", 365)]);
    assert_eq!(state(&on_grace()).tier, Tier::new("silver"));
    assert_eq!(state(&on_grace()).grace_until, Some(day(395)));
    given(on_grace()).when(assess(394)).then_expect_events(vec![]);
}

#[test]
fn a_tier_is_lost_when_the_grace_period_is_over() {
    let lost = changed("silver", "bronze", "0.00", 395);
    given(on_grace()).when(assess(395)).then_expect_events(vec![lost.clone()]);
    let history = after(on_grace(), lost);
    assert_eq!(state(&history).tier, Tier::default());
    assert_eq!(state(&history).grace_until, None);
    given(history).when(assess(396)).then_expect_events(vec![]);
}

#[test]
fn a_tier_falls_as_far_as_the_spend_did() {
    let mut history = vec![bought(1, "300000.00", 0), changed("bronze", "gold", "300000.00", 1)];
    history.extend([bought(2, "100.00", 200), grace_started("100.00", 365)]);
    given(history)
        .when(assess(395))
        .then_expect_events(vec![changed("gold", "bronze", "100.00", 395)]);
}

#[test]
fn a_spend_that_reaches_the_tier_again_lifts_the_grace() {
    let history = after(on_grace(), bought(2, "100000.00", 380));
    given(history.clone())
        .when(assess(380))
        .then_expect_events(vec![grace_ended("100000.00", 380)]);
    let history = after(history, grace_ended("100000.00", 380));
    assert_eq!(state(&history).grace_until, None);
    given(history).when(assess(400)).then_expect_events(vec![]);
}

#[test]
fn a_tier_above_comes_at_once_also_out_of_the_grace() {
    let up = changed("silver", "gold", "300000.00", 380);
    let history = after(on_grace(), bought(2, "300000.00", 380));
    given(history.clone()).when(assess(380)).then_expect_events(vec![up.clone()]);
    assert_eq!(state(&after(history, up)).grace_until, None);
}

#[test]
fn what_was_refunded_does_not_count_towards_the_tier() {
    let history = after(silver(), reversed(1, (0, vec![], 1), "0.01", 2));
    assert_eq!(state(&history).spend(day(2)), money("99999.99"));
    given(history).when(assess(2)).then_expect_events(vec![grace_started("99999.99", 2)]);
}

#[test]
fn a_tier_that_the_programme_no_longer_knows_is_replaced_at_once() {
    let history = vec![bought(1, "100000.00", 0), changed("bronze", "platinum", "100000.00", 0)];
    given(history).when(assess(1)).then_expect_events(vec![changed(
        "platinum",
        "silver",
        "100000.00",
        1,
    )]);
}
