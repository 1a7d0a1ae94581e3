//! Jobs that come round by the clock. Each runs on one node at a time, and doing one twice changes
//! nothing: what there is to do is read from a read model, and each thing is decided by its stream.

mod ledgers;
mod runs;
mod upkeep;

pub use runs::{JobRun, JobsError, list, run_now};
pub use upkeep::tidy_up;

use crate::state::AppState;
use runs::Lease;
use std::fmt;
use std::time::Duration;
use tokio_cron_scheduler::{Job as Tick, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

/// Something that is done again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    ExpireHolds,
    ExpirePoints,
    ExpireGiftCards,
    ExpirePromotions,
    AssessTiers,
    AnnounceExpiry,
    TidyUp,
    SignTreeHead,
}

impl Job {
    pub const ALL: [Self; 8] = [
        Self::ExpireHolds,
        Self::ExpirePoints,
        Self::ExpireGiftCards,
        Self::ExpirePromotions,
        Self::AssessTiers,
        Self::AnnounceExpiry,
        Self::TidyUp,
        Self::SignTreeHead,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ExpireHolds => "expire-holds",
            Self::ExpirePoints => "expire-points",
            Self::ExpireGiftCards => "expire-gift-cards",
            Self::ExpirePromotions => "expire-promotions",
            Self::AssessTiers => "assess-tiers",
            Self::AnnounceExpiry => "announce-expiry",
            Self::TidyUp => "tidy-up",
            Self::SignTreeHead => "sign-tree-head",
        }
    }

    pub const fn about(self) -> &'static str {
        match self {
            Self::ExpireHolds => "cancel orders that nobody paid in time, and free what they hold",
            Self::ExpirePoints => "end loyalty points whose time is up",
            Self::ExpireGiftCards => "end what is left of gift cards whose time is up",
            Self::ExpirePromotions => "end promotions whose window has closed",
            Self::AssessTiers => "compare the spend of the last 365 days with the tiers",
            Self::AnnounceExpiry => "announce points that expire soon",
            Self::TidyUp => "delete recorded answers and sessions that have had their time",
            Self::SignTreeHead => "sign the head of the tree over the log",
        }
    }

    /// When it comes round, in UTC: seconds, minutes, hours, days, months, weekdays.
    pub const fn schedule(self) -> &'static str {
        match self {
            Self::ExpireHolds => "15 * * * * *",
            Self::ExpirePoints => "0 5 * * * *",
            Self::ExpireGiftCards => "0 10 * * * *",
            Self::ExpirePromotions => "45 */5 * * * *",
            Self::AssessTiers => "0 20 2 * * *",
            Self::AnnounceExpiry => "0 0 6 * * *",
            Self::TidyUp => "30 */10 * * * *",
            Self::SignTreeHead => "0 */1 * * * *",
        }
    }

    /// The time between two rounds: one that ended longer ago was missed.
    pub const fn period(self) -> Duration {
        match self {
            Self::ExpireHolds | Self::SignTreeHead => Duration::from_mins(1),
            Self::ExpirePromotions => Duration::from_mins(5),
            Self::TidyUp => Duration::from_mins(10),
            Self::ExpirePoints | Self::ExpireGiftCards => Duration::from_hours(1),
            Self::AssessTiers | Self::AnnounceExpiry => Duration::from_hours(24),
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name)
    }

    /// Does what is due; returns how many things were changed.
    async fn perform(self, state: &AppState, lease: &Lease) -> Result<u64, JobsError> {
        match self {
            Self::ExpireHolds => ledgers::expire_holds(state, lease).await,
            Self::ExpirePoints => ledgers::expire_points(state, lease).await,
            Self::ExpireGiftCards => ledgers::expire_gift_cards(state, lease).await,
            Self::ExpirePromotions => ledgers::expire_promotions(state, lease).await,
            Self::AssessTiers => ledgers::assess_tiers(state, lease).await,
            Self::AnnounceExpiry => ledgers::announce_expiry(state, lease).await,
            Self::TidyUp => Ok(tidy_up(state).await?),
            Self::SignTreeHead => Ok(crate::audit::sign_head(state).await?.map_or(0, |_| 1)),
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Runs the jobs until it is told to stop: first those that were missed, then all as they come round.
pub async fn run(state: AppState, stop: CancellationToken) {
    match schedule(&state).await {
        Ok(mut scheduler) => {
            stop.run_until_cancelled(make_up(&state)).await;
            stop.cancelled().await;
            if let Err(error) = scheduler.shutdown().await {
                tracing::debug!(%error, "the job scheduler did not end cleanly");
            }
        }
        Err(error) => tracing::error!(%error, "no job can be run"),
    }
}

async fn schedule(state: &AppState) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    for job in Job::ALL {
        let state = state.clone();
        let tick = Tick::new_async(job.schedule(), move |_, _| {
            let state = state.clone();
            Box::pin(async move { round(&state, job).await })
        })?;
        scheduler.add(tick).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}

/// Runs the jobs whose last round is longer ago than their period.
async fn make_up(state: &AppState) {
    let runs = match list(&state.pool).await {
        Ok(runs) => runs,
        Err(error) => return tracing::warn!(%error, "missed jobs are not made up for"),
    };
    for JobRun { job, finished_at, .. } in runs {
        let since = finished_at.map(|at| (state.clock.now() - at).to_std().unwrap_or_default());
        if since.is_none_or(|since| since > job.period()) {
            round(state, job).await;
        }
    }
}

async fn round(state: &AppState, job: Job) {
    match run_now(state, job).await {
        Ok(Some(0)) => {}
        Ok(Some(done)) => tracing::info!(%job, done, "a job is done"),
        Ok(None) => tracing::debug!(%job, "another node is at this job"),
        Err(error) => tracing::warn!(%job, %error, "a job failed; it comes round again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_found_by_its_name_and_has_a_schedule_that_parses() {
        for job in Job::ALL {
            assert_eq!(Job::named(job.name()), Some(job));
            let tick = Tick::new_async(job.schedule(), |_, _| Box::pin(async {}));
            assert!(tick.is_ok(), "{job}: {}", job.schedule());
        }
        assert_eq!(Job::named("make-coffee"), None);
    }
}
