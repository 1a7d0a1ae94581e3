//! The port to whoever moves the money, and the demo provider behind it.
//!
//! Every call is idempotent by our payment id or refund id, so that a crash between asking and
//! recording is repaired by asking again. Nothing here writes to the log.

mod demo;
mod patient;

pub use demo::DemoProvider;
pub use patient::Patient;

use aggregates::{Money, PaymentId, RefundId};
use async_trait::async_trait;

/// What the provider did with a payment: final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charge {
    Captured {
        transaction_id: String,
    },
    /// Refused, in the provider's words.
    Declined {
        reason: String,
    },
}

/// The provider did not answer, or not in time: the outcome is unknown until it is asked.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider gave no answer: {0}")]
pub struct NoAnswer(pub String);

/// A payment provider.
#[async_trait]
pub trait PaymentProvider: Send + Sync + std::fmt::Debug {
    /// Takes the money, once for each payment id. `token` stands for the card.
    async fn charge(
        &self,
        payment: PaymentId,
        amount: Money,
        token: Option<&str>,
    ) -> Result<Charge, NoAnswer>;

    /// What became of a payment. One that the provider has not heard of is refused for good by
    /// this call: a charge that arrives later is declined.
    async fn settle(&self, payment: PaymentId) -> Result<Charge, NoAnswer>;

    /// Gives money back, once for each refund id.
    async fn refund(
        &self,
        payment: PaymentId,
        refund: RefundId,
        amount: Money,
    ) -> Result<(), NoAnswer>;
}
