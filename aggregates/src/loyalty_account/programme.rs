//! The rules of a loyalty programme. They are configuration; each version has a number, and events
//! name the version under which they were decided.

use crate::{Money, Points};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a tier, lower case: `bronze`, `silver`, `gold` by default.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tier(String);

impl Tier {
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where everybody starts.
impl Default for Tier {
    fn default() -> Self {
        Self::new("bronze")
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a tier asks for and gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierRule {
    pub name: Tier,
    /// The least spend of the last 365 days.
    pub from_spend: Money,
    /// Points for each 100.00 of spend.
    pub percent: u32,
}

/// One version of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Programme {
    /// Raised with every change of the rules.
    pub version: u32,
    /// By rising spend; the first one from 0.00. Default: bronze 1 %, silver 3 % from 100,000.00,
    /// gold 5 % from 300,000.00.
    pub tiers: Vec<TierRule>,
    /// How long a tier is kept that the spend no longer reaches, in days. Default 30.
    pub grace_days: u32,
    /// How long points can be spent, in days. Default 365.
    pub lifetime_days: u32,
    /// The largest part of the goods that points may pay, in percent. Default 50.
    pub largest_share_percent: u32,
    /// How long before they expire points are announced to expire, in days. Default 30.
    pub announce_days: u32,
}

impl Default for Programme {
    fn default() -> Self {
        let rule = |name: &str, hundreds: u64, percent| TierRule {
            name: Tier::new(name),
            // Far below the largest amount.
            from_spend: Money::from_minor(hundreds * 10_000).unwrap_or(Money::MAX),
            percent,
        };
        Self {
            version: 1,
            tiers: vec![rule("bronze", 0, 1), rule("silver", 1000, 3), rule("gold", 3000, 5)],
            grace_days: 30,
            lifetime_days: 365,
            largest_share_percent: 50,
            announce_days: 30,
        }
    }
}

impl Programme {
    /// Over how many days spend counts.
    pub const SPEND_DAYS: i64 = 365;

    /// The longest time in days, a century: dates past the calendar's end cannot be reckoned with.
    const MAX_DAYS: u32 = 36_500;

    /// Whether there is a tier for every spend, the tiers rise, and no time is beyond all bounds.
    pub fn is_sound(&self) -> bool {
        let rising = self.tiers.windows(2).all(|pair| pair[0].from_spend < pair[1].from_spend);
        let days = [self.grace_days, self.lifetime_days, self.announce_days];
        rising
            && days.into_iter().all(|days| days <= Self::MAX_DAYS)
            && self.tiers.first().is_some_and(|first| first.from_spend.is_zero())
            && self.largest_share_percent <= 100
    }

    pub fn lifetime(&self) -> TimeDelta {
        TimeDelta::days(self.lifetime_days.into())
    }

    pub fn grace(&self) -> TimeDelta {
        TimeDelta::days(self.grace_days.into())
    }

    /// The tier that a spend reaches.
    pub fn reached(&self, spend: Money) -> Tier {
        let reached = self.tiers.iter().rfind(|rule| rule.from_spend <= spend);
        reached.or(self.tiers.first()).map_or_else(Tier::default, |rule| rule.name.clone())
    }

    /// The tier above, if there is one.
    pub fn next_after(&self, tier: &Tier) -> Option<&TierRule> {
        self.tiers.get(self.rank(tier)? + 1)
    }

    /// 0 for the lowest tier; `None` for one that this version does not know.
    pub fn rank(&self, tier: &Tier) -> Option<usize> {
        self.tiers.iter().position(|rule| rule.name == *tier)
    }

    /// The points that a spend earns in a tier, rounded down.
    pub fn earned(&self, tier: &Tier, spend: Money) -> Points {
        let rule = self.tiers.iter().find(|rule| rule.name == *tier).or(self.tiers.first());
        let percent = rule.map_or(0, |rule| rule.percent);
        spend.checked_part(percent, 100).map_or(Points::ZERO, Points::worth)
    }

    /// The most points that an order of these goods may be paid with, rounded down.
    pub fn largest_share(&self, goods: Money) -> Points {
        let share = goods.checked_part(self.largest_share_percent, 100);
        share.map_or(Points::ZERO, Points::worth)
    }
}
