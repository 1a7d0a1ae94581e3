//! The rules of a payment, by what breaks them.

use crate::{Money, RefundId};

/// Why a payment refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the payment was requested already")]
    AlreadyRequested,
    #[error("there is no such payment")]
    NotFound,
    #[error("the payment is being processed already")]
    AlreadyProcessing,
    #[error("the payment is completed already")]
    AlreadyCompleted,
    #[error("the payment has ended without money")]
    Ended,
    #[error("the payment was started and its outcome is not known yet")]
    OutcomeUnknown,
    #[error("the payment has not taken any money")]
    NotCompleted,
    #[error("a refund cannot be zero")]
    ZeroRefund,
    #[error("{requested} cannot be refunded, {available} is left of the payment")]
    RefundExceedsPaid { available: Money, requested: Money },
    #[error("the payment has no refund {refund_id}")]
    NoSuchRefund { refund_id: RefundId },
}
