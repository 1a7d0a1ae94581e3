//! What can have happened to a loyalty account. Changing this file changes the storage contract.

use super::{LotPart, Tier};
use crate::{Money, OrderId, Points, RefundId, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `at` is when it happened and `by` who did it (an account's id, or the name of a process).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A confirmed order earned points; they can be spent once it is delivered.
    Earned {
        order_id: OrderId,
        points: Points,
        /// What counts towards the tier: the goods, less discount and points.
        spend: Money,
        /// The tier and the version of the programme that decided how many points.
        tier: Tier,
        programme: u32,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order was delivered: its points can be spent, but for those that repaid a debt.
    Activated {
        order_id: OrderId,
        points: Points,
        repaid: Points,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// Set aside for an order that is not settled yet, oldest lots first.
    Held {
        order_id: OrderId,
        points: Points,
        lots: Vec<LotPart>,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order took what was held for it.
    Spent { order_id: OrderId, points: Points, at: DateTime<Utc>, by: String },
    /// The order ended without them: they are back in their lots.
    Released {
        order_id: OrderId,
        points: Points,
        lots: Vec<LotPart>,
        at: DateTime<Utc>,
        by: String,
    },
    /// A refund gave spent points back, but for those that repaid a debt. They are a new lot.
    Restored {
        order_id: OrderId,
        refund_id: RefundId,
        points: Points,
        repaid: Points,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// A refund took earned points back: pending ones, then those of lots; what was spent already
    /// is owed.
    Reversed {
        order_id: OrderId,
        refund_id: RefundId,
        pending: Points,
        lots: Vec<LotPart>,
        owed: Points,
        /// What no longer counts towards the tier.
        spend: Money,
        at: DateTime<Utc>,
        by: String,
    },
    /// The time of these lots was up.
    Expired { points: Points, lots: Vec<LotPart>, at: DateTime<Utc>, by: String },
    /// The holder is to be told that points are about to expire.
    ExpiryAnnounced { points: Points, expires_at: DateTime<Utc>, at: DateTime<Utc>, by: String },
    TierChanged {
        from: Tier,
        to: Tier,
        /// Of the last 365 days.
        spend: Money,
        programme: u32,
        at: DateTime<Utc>,
        by: String,
    },
    /// The spend is too little for the tier, which is kept until `until`.
    GraceStarted {
        until: DateTime<Utc>,
        spend: Money,
        programme: u32,
        at: DateTime<Utc>,
        by: String,
    },
    /// The spend is enough for the tier again.
    GraceEnded { spend: Money, programme: u32, at: DateTime<Utc>, by: String },
}

domain_event!(Event {
    Earned => "1.0",
    Activated => "1.0",
    Held => "1.0",
    Spent => "1.0",
    Released => "1.0",
    Restored => "1.0",
    Reversed => "1.0",
    Expired => "1.0",
    ExpiryAnnounced => "1.0",
    TierChanged => "1.0",
    GraceStarted => "1.0",
    GraceEnded => "1.0",
});
