//! What can be asked of a loyalty account.

use super::Programme;
use crate::{Money, OrderId, Points, RefundId};
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A confirmed order earns points for this spend under the programme.
    Earn { order_id: OrderId, spend: Money, programme: Programme, at: DateTime<Utc>, by: String },
    /// The order was delivered; causes nothing where it has no pending points.
    Activate { order_id: OrderId, programme: Programme, at: DateTime<Utc>, by: String },
    /// Sets points aside for an order, oldest first.
    Hold {
        order_id: OrderId,
        points: Points,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
        by: String,
    },
    /// The order takes what is held for it.
    Spend { order_id: OrderId, at: DateTime<Utc>, by: String },
    /// The order ended without what is held for it.
    Release { order_id: OrderId, at: DateTime<Utc>, by: String },
    /// Gives back a part of the points that the order took.
    Restore {
        order_id: OrderId,
        refund_id: RefundId,
        points: Points,
        programme: Programme,
        at: DateTime<Utc>,
        by: String,
    },
    /// Takes back what the order earned, in the proportion in which it was refunded: `refunded` of
    /// `total`, all refunds so far together. Causes nothing where the order earned nothing.
    Reverse {
        order_id: OrderId,
        refund_id: RefundId,
        refunded: Money,
        total: Money,
        at: DateTime<Utc>,
        by: String,
    },
    /// Ends the lots whose time is up.
    Expire { at: DateTime<Utc>, by: String },
    /// Announces, once for each moment, the points that expire within the programme's notice.
    AnnounceExpiry { programme: Programme, at: DateTime<Utc>, by: String },
    /// Compares the spend of the last 365 days with the tiers.
    Assess { programme: Programme, at: DateTime<Utc>, by: String },
}
