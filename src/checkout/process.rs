//! The checkout process: finishes what a crash, a silent provider or a vanished buyer left open.
//!
//! Its to-do list is a projection (`projections::checkout`), so it survives everything; this loop
//! does what is due. Every task is an idempotent command, so doing one twice changes nothing.

use super::{Checkout, CheckoutError};
use crate::gift_cards::{CardState, GiftCardError, GiftCards};
use crate::payments::{Charge, NoAnswer};
use aggregates::payment::Purpose;
use aggregates::{OrderId, PaymentId, RefundId};
use eventlog::{Metadata, UnitError, leases};
use projections::ReadModels;
use projections::checkout::{Kind, Row, due};
use sqlx::PgPool;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const POLL: Duration = Duration::from_millis(250);
const LEASE: Duration = Duration::from_secs(5);
const BATCH: i64 = 200;
/// A task that failed waits this long, doubled for each further failure, at most [`MAX_BACKOFF`].
const BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_mins(1);

/// Follows the to-do list until it is told to stop; works in one process at a time.
pub async fn run(
    checkout: Checkout,
    cards: GiftCards,
    pool: PgPool,
    read_models: ReadModels,
    stop: CancellationToken,
) {
    let holder = checkout.entropy.new_id();
    let mut worker = Worker { checkout, cards, failures: HashMap::new() };
    while !stop.is_cancelled() {
        let done = match leases::acquire(&pool, "checkout", holder, LEASE).await {
            Ok(true) => worker.round(&pool, &read_models).await,
            Ok(false) => Ok(0),
            Err(error) => Err(error),
        };
        if let Err(error) = &done {
            tracing::warn!(%error, "the checkout process could not read its to-do list");
        }
        if done.is_ok_and(|done| done > 0) {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = stop.cancelled() => {}
        }
    }
    if let Err(error) = leases::release(&pool, "checkout", holder).await {
        tracing::debug!(%error, "the lease of the checkout process runs out by itself");
    }
}

struct Worker {
    checkout: Checkout,
    cards: GiftCards,
    /// By task: how often it failed, and when it may be tried again.
    failures: HashMap<String, (u32, Instant)>,
}

impl Worker {
    /// Does what is due; returns how many tasks were done.
    async fn round(
        &mut self,
        pool: &PgPool,
        read_models: &ReadModels,
    ) -> Result<usize, sqlx::Error> {
        let now = Instant::now();
        self.failures.retain(|_, (_, next)| now < *next + MAX_BACKOFF);
        // Those that wait must not crowd out those that need not.
        let waiting: Vec<String> = self
            .failures
            .iter()
            .filter(|(_, (_, next))| now < *next)
            .map(|(key, _)| key.clone())
            .collect();
        let tasks = due(pool, self.checkout.clock.now(), &waiting, BATCH).await?;
        let mut done = 0;
        for task in tasks {
            match self.perform(&task).await {
                Ok(Progress::Done) => {
                    done += 1;
                    self.failures.remove(&task.key);
                }
                Ok(Progress::Waits) => self.postpone(&task.key),
                Err(error) => {
                    tracing::warn!(task = task.key, error = %chain(&error), "a task failed");
                    self.postpone(&task.key);
                }
            }
        }
        if done > 0 {
            // The list is read again once it shows what was just done.
            let head = eventlog::feed::head(pool).await?;
            read_models.wait_for(head, Duration::from_secs(1)).await;
        }
        Ok(done)
    }

    fn postpone(&mut self, key: &str) {
        let failures = self.failures.get(key).map_or(0, |(failures, _)| *failures);
        let wait = BACKOFF.saturating_mul(1 << failures.min(10)).min(MAX_BACKOFF);
        self.failures.insert(key.to_owned(), (failures + 1, Instant::now() + wait));
    }

    async fn perform(&self, task: &Row) -> Result<Progress, TaskError> {
        let metadata = self.metadata(task);
        eventlog::fault!("task.taken");
        match task.kind {
            Kind::Expire => self.expire(metadata, OrderId::new(task.subject)).await,
            Kind::Resolve => self.resolve(metadata, PaymentId::new(task.subject)).await,
            Kind::Refund => {
                let Some(refund_id) = task.detail.refund_id else { return Ok(Progress::Waits) };
                self.refund(metadata, PaymentId::new(task.subject), refund_id).await
            }
        }
    }

    fn metadata(&self, task: &Row) -> Metadata {
        let command = match task.kind {
            Kind::Expire => "checkout: expire",
            Kind::Resolve => "checkout: resolve",
            Kind::Refund => "checkout: refund",
        };
        let request_id: Uuid = self.checkout.entropy.new_id();
        Metadata::new("checkout", request_id, command).caused_by(task.event_id, task.correlation_id)
    }

    async fn expire(&self, metadata: Metadata, order_id: OrderId) -> Result<Progress, TaskError> {
        use aggregates::payment::Error::OutcomeUnknown;
        match self.checkout.expire(metadata, order_id).await {
            Ok(_) => Ok(Progress::Done),
            // The provider is asked by a task of its own; then this one is due again.
            Err(UnitError::Rejected(CheckoutError::Payment(OutcomeUnknown))) => Ok(Progress::Waits),
            Err(error) => Err(error.into()),
        }
    }

    async fn resolve(
        &self,
        metadata: Metadata,
        payment_id: PaymentId,
    ) -> Result<Progress, TaskError> {
        let id = payment_id.to_string();
        let (payment, _) = self
            .checkout
            .log
            .peek::<aggregates::Payment>(&id)
            .await
            .map_err(UnitError::widen::<CheckoutError>)?;
        let Some(details) = payment.details() else { return Ok(Progress::Waits) };
        match self.checkout.provider.settle(payment_id).await {
            Ok(charge) => {
                eventlog::fault!("task.asked");
                self.settle(metadata, payment_id, details.purpose, charge).await?;
                Ok(Progress::Done)
            }
            Err(NoAnswer(reason)) => {
                tracing::info!(%payment_id, reason, "the provider does not answer; asking again");
                Ok(Progress::Waits)
            }
        }
    }

    async fn settle(
        &self,
        metadata: Metadata,
        payment_id: PaymentId,
        purpose: Purpose,
        charge: Charge,
    ) -> Result<(), TaskError> {
        match purpose {
            Purpose::Order(order_id) => {
                let answer = |_: &super::PaymentState| ();
                let charge = Some(charge);
                self.checkout.settle(metadata, order_id, payment_id, charge, None, answer).await?;
            }
            Purpose::GiftCard(id) => {
                let answer = |_: &CardState| ();
                self.cards.settle(metadata, id, payment_id, Some(charge), None, answer).await?;
            }
        }
        Ok(())
    }

    async fn refund(
        &self,
        metadata: Metadata,
        payment_id: PaymentId,
        refund_id: RefundId,
    ) -> Result<Progress, TaskError> {
        let done = self.checkout.complete_refund(metadata, payment_id, refund_id).await?;
        Ok(if done { Progress::Done } else { Progress::Waits })
    }
}

/// Why a task could not be done.
#[derive(Debug, thiserror::Error)]
enum TaskError {
    #[error(transparent)]
    Checkout(#[from] UnitError<CheckoutError>),
    #[error(transparent)]
    GiftCard(#[from] UnitError<GiftCardError>),
}

enum Progress {
    Done,
    /// Not yet possible: tried again later.
    Waits,
}

fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}
