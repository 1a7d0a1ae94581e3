//! What time does to the ledgers: holds, points, gift cards and promotions end, tiers are assessed.
//! The read models only say where to look; each stream decides by itself.

use super::runs::{JobsError, Lease};
use crate::checkout::Checkout;
use crate::log::Execute;
use crate::state::AppState;
use aggregates::loyalty_account::Tier;
use aggregates::{
    Decider, GiftCard, GiftCardId, LoyaltyAccount, OrderId, PromoCode, Promotion, UserId,
    gift_card, loyalty_account, promotion,
};
use chrono::TimeDelta;
use cqrs_es::Aggregate;
use eventlog::{Entity, Metadata, Outcome, UnitError};
use projections::checkout::Kind;
use std::fmt::Display;
use std::sync::Arc;

/// Streams of one page.
const PAGE: i64 = 500;

/// What a job has done so far. One stream that fails does not keep it from the others.
#[derive(Debug, Default)]
struct Tally {
    tried: u64,
    changed: u64,
    failed: u64,
    first: Option<String>,
}

impl Tally {
    fn count(&mut self, done: Result<bool, String>) {
        self.tried += 1;
        match done {
            Ok(changed) => self.changed += u64::from(changed),
            Err(error) => {
                self.failed += 1;
                self.first.get_or_insert(error);
            }
        }
    }

    fn end(self) -> Result<u64, JobsError> {
        match self.first {
            None => Ok(self.changed),
            Some(first) => Err(JobsError::Some { failed: self.failed, tried: self.tried, first }),
        }
    }
}

/// One command on one stream; `true` where it changed anything.
async fn execute<A>(
    state: &AppState,
    job: &str,
    id: impl Display,
    command: impl Fn() -> <A as Decider>::Command + Send + 'static,
) -> Result<bool, String>
where
    A: Decider + Entity + Aggregate<Event = <A as Decider>::Event>,
    <A as Decider>::Error: Send + 'static,
{
    let id = id.to_string();
    let metadata = Metadata::new("jobs", state.entropy.new_id(), &*format!("job: {job}"));
    let stream = id.clone();
    let done = state
        .log
        .unit(metadata)
        .write::<A>(id.clone())
        .run(move |work| work.execute::<A>(&stream, command()))
        .await;
    match done {
        Ok(Outcome::Done(done)) => Ok(done.position.is_some()),
        Ok(Outcome::Replayed(_)) => Ok(false),
        Err(UnitError::Rejected(refusal)) => Err(format!("{id}: {refusal}")),
        Err(error) => Err(format!("{id}: {error}")),
    }
}

/// Cancels overdue orders. The checkout process does so all the time; this finds what it has put
/// off.
pub(super) async fn expire_holds(state: &AppState, lease: &Lease) -> Result<u64, JobsError> {
    let checkout = Checkout::of(state);
    let mut tally = Tally::default();
    let mut seen: Vec<String> = Vec::new();
    loop {
        lease.keep().await?;
        let due = projections::checkout::due(&state.pool, state.clock.now(), &seen, PAGE).await?;
        if due.is_empty() {
            return tally.end();
        }
        for task in due {
            if task.kind == Kind::Expire {
                let metadata = Metadata::new("jobs", state.entropy.new_id(), "job: expire-holds")
                    .caused_by(task.event_id, task.correlation_id);
                let done = checkout.expire(metadata, OrderId::new(task.subject)).await;
                tally.count(done.map(|_| true).map_err(|error| format!("{}: {error}", task.key)));
            }
            seen.push(task.key);
        }
    }
}

pub(super) async fn expire_points(state: &AppState, lease: &Lease) -> Result<u64, JobsError> {
    let (mut tally, mut after) = (Tally::default(), None);
    let at = state.clock.now();
    loop {
        lease.keep().await?;
        let page = projections::loyalty::expiring(&state.pool, at, after, PAGE).await?;
        let Some(last) = page.last().copied() else { return tally.end() };
        for id in page {
            let expire = move || loyalty_account::Command::Expire { at, by: by() };
            tally.count(execute::<LoyaltyAccount>(state, "expire-points", id, expire).await);
        }
        after = Some(last);
    }
}

pub(super) async fn expire_gift_cards(state: &AppState, lease: &Lease) -> Result<u64, JobsError> {
    let (mut tally, mut after) = (Tally::default(), None::<GiftCardId>);
    let at = state.clock.now();
    loop {
        lease.keep().await?;
        let page = projections::gift_cards::expired(&state.pool, at, after, PAGE).await?;
        let Some(last) = page.last().copied() else { return tally.end() };
        for id in page {
            let expire = move || gift_card::Command::Expire { at, by: by() };
            tally.count(execute::<GiftCard>(state, "expire-gift-cards", id, expire).await);
        }
        after = Some(last);
    }
}

pub(super) async fn expire_promotions(state: &AppState, lease: &Lease) -> Result<u64, JobsError> {
    let (mut tally, mut after) = (Tally::default(), None::<PromoCode>);
    let at = state.clock.now();
    loop {
        lease.keep().await?;
        let page = projections::promotions::ended(&state.pool, at, after.as_ref(), PAGE).await?;
        let Some(last) = page.last().cloned() else { return tally.end() };
        for code in page {
            let expire = move || promotion::Command::Expire { at, by: by() };
            tally.count(execute::<Promotion>(state, "expire-promotions", code, expire).await);
        }
        after = Some(last);
    }
}

pub(super) async fn assess_tiers(state: &AppState, lease: &Lease) -> Result<u64, JobsError> {
    let (mut tally, mut after) = (Tally::default(), None::<UserId>);
    let (at, programme) = (state.clock.now(), Arc::clone(&state.config.loyalty));
    let lowest = programme.tiers.first().map_or_else(Tier::default, |rule| rule.name.clone());
    loop {
        lease.keep().await?;
        let page = projections::loyalty::to_assess(&state.pool, &lowest, after, PAGE).await?;
        let Some(last) = page.last().copied() else { return tally.end() };
        for id in page {
            let programme = Arc::clone(&programme);
            let assess = move || {
                let programme = programme.as_ref().clone();
                loyalty_account::Command::Assess { programme, at, by: by() }
            };
            tally.count(execute::<LoyaltyAccount>(state, "assess-tiers", id, assess).await);
        }
        after = Some(last);
    }
}

pub(super) async fn announce_expiry(state: &AppState, lease: &Lease) -> Result<u64, JobsError> {
    let (mut tally, mut after) = (Tally::default(), None::<UserId>);
    let (at, programme) = (state.clock.now(), Arc::clone(&state.config.loyalty));
    let soon = at + TimeDelta::days(programme.announce_days.into());
    loop {
        lease.keep().await?;
        let page = projections::loyalty::to_announce(&state.pool, soon, after, PAGE).await?;
        let Some(last) = page.last().copied() else { return tally.end() };
        for id in page {
            let programme = Arc::clone(&programme);
            let announce = move || {
                let programme = programme.as_ref().clone();
                loyalty_account::Command::AnnounceExpiry { programme, at, by: by() }
            };
            tally.count(execute::<LoyaltyAccount>(state, "announce-expiry", id, announce).await);
        }
        after = Some(last);
    }
}

/// Who did it, in the events.
fn by() -> String {
    "jobs".to_owned()
}
