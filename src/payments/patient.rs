//! A limit on how long a provider is waited for. One that never answers must not hang the checkout
//! with it; what it did all the same is asked for later. Decides nothing.

use super::{Charge, NoAnswer, PaymentProvider};
use aggregates::{Money, PaymentId, RefundId};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Shorter than a request may take, so that the buyer is told.
const PATIENCE: Duration = Duration::from_secs(15);

/// A provider that answers in time, or not at all.
#[derive(Debug)]
pub struct Patient {
    provider: Arc<dyn PaymentProvider>,
    limit: Duration,
}

impl Patient {
    pub fn new(provider: Arc<dyn PaymentProvider>) -> Self {
        Self::with_limit(provider, PATIENCE)
    }

    pub fn with_limit(provider: Arc<dyn PaymentProvider>, limit: Duration) -> Self {
        Self { provider, limit }
    }

    async fn within<T>(
        &self,
        answer: impl Future<Output = Result<T, NoAnswer>>,
    ) -> Result<T, NoAnswer> {
        let late = |_| NoAnswer(format!("nothing was heard for {} s", self.limit.as_secs_f32()));
        tokio::time::timeout(self.limit, answer).await.map_err(late)?
    }
}

#[async_trait]
impl PaymentProvider for Patient {
    async fn charge(
        &self,
        payment: PaymentId,
        amount: Money,
        token: Option<&str>,
    ) -> Result<Charge, NoAnswer> {
        self.within(self.provider.charge(payment, amount, token)).await
    }

    async fn settle(&self, payment: PaymentId) -> Result<Charge, NoAnswer> {
        self.within(self.provider.settle(payment)).await
    }

    async fn refund(
        &self,
        payment: PaymentId,
        refund: RefundId,
        amount: Money,
    ) -> Result<(), NoAnswer> {
        self.within(self.provider.refund(payment, refund, amount)).await
    }
}
