//! How points expire, and how their holder is told before.

use super::*;

fn announce(on: i64) -> Command {
    Command::AnnounceExpiry { programme: programme(), at: day(on), by: by() }
}

fn announced(n: u64, expires: i64, on: i64) -> Event {
    Event::ExpiryAnnounced { points: points(n), expires_at: day(expires), at: day(on), by: by() }
}

#[test]
fn lots_expire_when_their_time_is_up() {
    let history = || [delivered(1, 5, 0), delivered(2, 8, 10), delivered(3, 2, 20)].concat();
    given(history()).when(expire(364)).then_expect_events(vec![]);
    given(history())
        .when(expire(365))
        .then_expect_events(vec![expired(vec![part(1, 5, 365)], 365)]);
    let both = || expired(vec![part(1, 5, 365), part(2, 8, 375)], 376);
    given(history()).when(expire(376)).then_expect_events(vec![both()]);
    let account = state(&history()).evolve(&both());
    assert_eq!((account.available(), account.totals.expired), (points(2), points(13)));
    assert_eq!(account.decide(expire(376)), Ok(vec![]));
}

#[test]
fn pending_points_do_not_expire() {
    given(vec![earned(1, 5, 0)]).when(expire(999)).then_expect_events(vec![]);
}

#[test]
fn points_are_announced_to_expire_thirty_days_before_and_once() {
    let mut history = delivered(1, 5, 0).to_vec();
    given(history.clone()).when(announce(334)).then_expect_events(vec![]);
    given(history.clone()).when(announce(335)).then_expect_events(vec![announced(5, 365, 335)]);
    history.push(announced(5, 365, 335));
    for on in [335, 336, 364] {
        given(history.clone()).when(announce(on)).then_expect_events(vec![]);
    }
}

#[test]
fn points_that_expire_together_are_announced_together() {
    let history = || [delivered(1, 5, 0), delivered(2, 8, 0), delivered(3, 2, 10)].concat();
    given(history())
        .when(announce(350))
        .then_expect_events(vec![announced(13, 365, 350), announced(2, 375, 350)]);
    let mut told = history();
    told.push(announced(13, 365, 335));
    given(told).when(announce(350)).then_expect_events(vec![announced(2, 375, 350)]);
}

#[test]
fn points_that_cannot_be_spent_any_more_are_not_announced() {
    given(delivered(1, 5, 0).to_vec()).when(announce(365)).then_expect_events(vec![]);
    given(vec![earned(1, 5, 0)]).when(announce(365)).then_expect_events(vec![]);
}

#[test]
fn points_that_an_order_took_are_not_announced() {
    let mut history = delivered(1, 5, 0).to_vec();
    history.push(held(2, vec![part(1, 3, 365)], 340));
    given(history).when(announce(350)).then_expect_events(vec![announced(2, 365, 350)]);
}
