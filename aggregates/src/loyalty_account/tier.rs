//! Which tier the spend of the last 365 days reaches, and how long a lost one is kept.

use super::{Event, LoyaltyAccount, Programme};
use crate::Money;
use chrono::{DateTime, TimeDelta, Utc};

impl LoyaltyAccount {
    /// What counts towards the tier at a moment.
    pub fn spend(&self, at: DateTime<Utc>) -> Money {
        let since = at - TimeDelta::days(Programme::SPEND_DAYS);
        let counted = self
            .earnings
            .values()
            .filter(|earning| earning.at > since && earning.at <= at)
            .filter_map(|earning| earning.spend.checked_sub(earning.spend_reversed));
        Money::checked_sum(counted).unwrap_or(Money::MAX)
    }

    /// A higher tier comes at once; a lower one after the grace period.
    pub(super) fn assess(
        &self,
        programme: &Programme,
        at: DateTime<Utc>,
        by: String,
    ) -> Vec<Event> {
        let spend = self.spend(at);
        let reached = programme.reached(spend);
        let version = programme.version;
        let change = |by| Event::TierChanged {
            from: self.tier.clone(),
            to: reached.clone(),
            spend,
            programme: version,
            at,
            by,
        };
        // A tier that the programme no longer knows has no rank: the spend decides at once.
        let Some(rank) = programme.rank(&self.tier) else { return vec![change(by)] };
        let reached_rank = programme.rank(&reached).unwrap_or_default();
        match (reached_rank.cmp(&rank), self.grace_until) {
            (std::cmp::Ordering::Equal, None) => vec![],
            (std::cmp::Ordering::Equal, Some(_)) => {
                vec![Event::GraceEnded { spend, programme: version, at, by }]
            }
            (std::cmp::Ordering::Less, None) => {
                let until = at + programme.grace();
                vec![Event::GraceStarted { until, spend, programme: version, at, by }]
            }
            (std::cmp::Ordering::Less, Some(until)) if at < until => vec![],
            (std::cmp::Ordering::Greater, _) | (std::cmp::Ordering::Less, Some(_)) => {
                vec![change(by)]
            }
        }
    }
}
