//! Whose step is whose. The caller vouches for who the actor is; this knows what is theirs.

use super::{Actor, CancelReason, Details, Status};
use crate::UserId;

/// A step that somebody wants to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    ReopenPayment,
    Confirm,
    StartProcessing,
    Ship,
    Deliver,
    Cancel(CancelReason),
    Refund,
}

impl Step {
    /// The status it leads to.
    pub(super) fn target(self) -> Status {
        match self {
            Self::ReopenPayment => Status::Pending,
            Self::Confirm => Status::Confirmed,
            Self::StartProcessing => Status::Processing,
            Self::Ship => Status::Shipped,
            Self::Deliver => Status::Delivered,
            Self::Cancel(_) => Status::Cancelled,
            Self::Refund => Status::Refunded,
        }
    }

    fn is_the_customers(self) -> bool {
        match self {
            Self::ReopenPayment | Self::Cancel(CancelReason::ByCustomer) => true,
            Self::Confirm
            | Self::StartProcessing
            | Self::Ship
            | Self::Deliver
            | Self::Cancel(CancelReason::ByStaff | CancelReason::PaymentExpired)
            | Self::Refund => false,
        }
    }

    fn is_the_sellers(self) -> bool {
        match self {
            Self::StartProcessing
            | Self::Ship
            | Self::Deliver
            | Self::Cancel(CancelReason::ByStaff)
            | Self::Refund => true,
            Self::ReopenPayment
            | Self::Confirm
            | Self::Cancel(CancelReason::ByCustomer | CancelReason::PaymentExpired) => false,
        }
    }
}

impl Actor {
    pub(super) fn may(self, step: Step, order: &Details) -> bool {
        match self {
            Self::Customer(user_id) => step.is_the_customers() && user_id == order.user_id,
            Self::Seller(seller_id) => step.is_the_sellers() && order.is_sold_only_by(seller_id),
            Self::Admin | Self::System => true,
        }
    }

    /// Whether they may move along what a seller sends. Sellers are not told who sells what else.
    pub(super) fn may_send_for(self, seller_id: UserId, order: &Details) -> bool {
        match self {
            Self::Customer(_) => false,
            Self::Seller(id) => {
                id == seller_id && order.lines.iter().any(|line| line.seller_id == id)
            }
            Self::Admin | Self::System => true,
        }
    }

    /// How events name the actor.
    pub(super) fn name(self) -> String {
        match self {
            Self::Customer(id) | Self::Seller(id) => id.to_string(),
            Self::Admin => "admin".to_owned(),
            Self::System => "system".to_owned(),
        }
    }
}
