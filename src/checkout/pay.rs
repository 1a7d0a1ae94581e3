//! Steps 2 and 3: ask the provider outside any append, then settle with one append.

use super::place::confirm;
use super::value::Streams;
use super::{Checkout, CheckoutError, PaymentState, claim, products_of, with_stock};
use crate::log::{Answer, Execute};
use crate::payments::{Charge, NoAnswer};
use aggregates::loyalty_account::Programme;
use aggregates::order::{Actor, PaymentMethod, Status};
use aggregates::{Money, Order, OrderId, Payment, PaymentId, RefundId, order, payment};
use chrono::{DateTime, Utc};
use eventlog::{IdempotencyKey, Metadata, Outcome, UnitError, Work};
use uuid::Uuid;

/// Who pays, and how.
#[derive(Debug, Clone)]
pub struct Payer {
    pub by: Actor,
    pub method: PaymentMethod,
    pub card_token: Option<String>,
}

/// A payment that the provider may be asked about now.
#[derive(Debug, Clone, Copy)]
struct Started {
    payment_id: PaymentId,
    amount: Money,
    /// Nothing is left to ask: it is paid in cash at the door.
    in_cash: bool,
}

impl Checkout {
    /// Pays for an order. The answer says how far it came: an outcome that the provider does not
    /// tell stays `processing`, and the checkout process finds it out.
    pub async fn pay<A: Answer>(
        &self,
        metadata: Metadata,
        order_id: OrderId,
        payer: Payer,
        key: Option<IdempotencyKey>,
        answer: impl Fn(&PaymentState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<CheckoutError>> {
        let claim = self.entropy.new_id();
        let first = self.start(metadata.clone(), order_id, &payer, key.clone(), Some(claim));
        let (started, key) = match first.await? {
            Outcome::Done(committed) => (committed, key.map(|key| claim::answer_key(&key, claim))),
            Outcome::Replayed(recorded) => {
                let Some(key) = key.and_then(|key| claim::found(&key, &recorded)) else {
                    return Ok(Outcome::Replayed(recorded));
                };
                // The same request came before. Without an answer it is under way, or a crash cut
                // it off: then what has become of the payment decides.
                let again = self.start(metadata.clone(), order_id, &payer, Some(key.clone()), None);
                match again.await? {
                    Outcome::Done(committed) => (committed, Some(key)),
                    Outcome::Replayed(recorded) => return Ok(Outcome::Replayed(recorded)),
                }
            }
        };
        eventlog::fault!("pay.started");
        let Started { payment_id, amount, in_cash } = started.value;
        let charge = if in_cash {
            Err(NoAnswer("paid at the door".to_owned()))
        } else {
            self.provider.charge(payment_id, amount, payer.card_token.as_deref()).await
        };
        eventlog::fault!("pay.charged");
        let settled = self.settle(metadata, order_id, payment_id, charge.ok(), key, answer).await;
        eventlog::fault!("pay.settled");
        Ok(settled?.after(started.position))
    }

    /// Marks the order's payment as started, on a further payment where the one before failed, and
    /// claims the key: another request under it goes no further. `settle` records the answer.
    async fn start(
        &self,
        metadata: Metadata,
        order_id: OrderId,
        payer: &Payer,
        key: Option<IdempotencyKey>,
        claim: Option<Uuid>,
    ) -> Result<Outcome<Started>, UnitError<CheckoutError>> {
        let next: PaymentId = self.entropy.new_id().into();
        let (order, _) =
            self.log.peek::<Order>(&order_id.to_string()).await.map_err(UnitError::widen)?;
        let Some(current) = order.details().map(|details| details.payment_id) else {
            return Err(UnitError::Rejected(order::Error::NotFound.into()));
        };
        let (now, payer) = (self.clock.now(), payer.clone());
        self.log
            .unit(metadata)
            .write::<Order>(order_id.to_string())
            .write::<Payment>(current.to_string())
            .create::<Payment>(next.to_string())
            .idempotency(key)
            .run(move |work| {
                let started = start(work, order_id, current, next, &payer, now)?;
                if let Some(claim) = claim {
                    work.respond_with(|| claim::record(claim));
                }
                Ok(started)
            })
            .await
    }

    /// Records what the provider said; `None` where it did not. One append: the payment, the order
    /// and its goods. Money that came too late, or twice, is sent back.
    pub async fn settle<A: Answer>(
        &self,
        metadata: Metadata,
        order_id: OrderId,
        payment_id: PaymentId,
        charge: Option<Charge>,
        key: Option<IdempotencyKey>,
        answer: impl Fn(&PaymentState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<CheckoutError>> {
        let (order, _) =
            self.log.peek::<Order>(&order_id.to_string()).await.map_err(UnitError::widen)?;
        let (now, programme) = (self.clock.now(), std::sync::Arc::clone(&self.programme));
        let streams = order.details().map(Streams::of).unwrap_or_default();
        let refund_id: RefundId = self.entropy.new_id().into();
        let unit = self
            .log
            .unit(metadata)
            .write::<Order>(order_id.to_string())
            .write::<Payment>(payment_id.to_string())
            .idempotency(key);
        with_stock(streams.join(unit), &products_of(&order))
            .run(move |work| {
                streams.check(work.state::<Order>(&order_id.to_string()))?;
                match charge.clone() {
                    Some(Charge::Captured { transaction_id }) => {
                        let before = work.version::<Payment>(&payment_id.to_string());
                        let command = payment::Command::Complete { transaction_id, at: now };
                        work.execute::<Payment>(payment_id, command)?;
                        if work.version::<Payment>(&payment_id.to_string()) > before {
                            let arrived = Arrived { order_id, payment_id, refund_id, now };
                            deliver_money(work, arrived, &programme)?;
                        }
                    }
                    Some(Charge::Declined { reason }) => {
                        let command = payment::Command::Fail { reason, at: now };
                        work.execute::<Payment>(payment_id, command)?;
                    }
                    None => {}
                }
                let state = PaymentState::of(work, payment_id);
                let answer = answer(&state);
                work.respond_with(|| answer.recorded());
                Ok(answer)
            })
            .await
    }
}

fn start(
    work: &mut Work<'_>,
    order_id: OrderId,
    current: PaymentId,
    next: PaymentId,
    payer: &Payer,
    now: DateTime<Utc>,
) -> Result<Started, CheckoutError> {
    let order = work.state::<Order>(&order_id.to_string()).clone();
    let (Some(status), Some(details)) = (order.status(), order.details()) else {
        return Err(order::Error::NotFound.into());
    };
    // A further payment may have been opened since the streams were found.
    if details.payment_id != current {
        return Err(payment::Error::AlreadyProcessing.into());
    }
    let in_cash = details.payment_method == PaymentMethod::CashOnDelivery;
    if in_cash != (payer.method == PaymentMethod::CashOnDelivery) {
        return Err(CheckoutError::MethodMismatch);
    }
    let mut started = Started { payment_id: current, amount: details.amount_due(), in_cash };
    if in_cash {
        return Ok(started);
    }
    let paid = work.state::<Payment>(&current.to_string());
    if paid.status() == Some(payment::Status::Completed) {
        return Err(payment::Error::AlreadyCompleted.into());
    }
    if status != Status::Pending {
        return Err(order::Error::InvalidTransition { from: status, to: Status::Confirmed }.into());
    }
    if now >= details.expires_at {
        return Err(CheckoutError::HoldExpired { expired_at: details.expires_at });
    }
    if paid.status() == Some(payment::Status::Failed) {
        let by = payer.by;
        let reopen = order::Command::ReopenPayment { payment_id: next, at: now, by };
        work.execute::<Order>(order_id, reopen)?;
        let request = payment::Command::Request {
            purpose: payment::Purpose::Order(order_id),
            user_id: details.user_id,
            amount: details.amount_due(),
            currency: details.currency,
            method: payer.method,
            at: now,
        };
        work.execute::<Payment>(next, request)?;
        started.payment_id = next;
    }
    let start = payment::Command::Start { method: payer.method, at: now };
    work.execute::<Payment>(started.payment_id, start)?;
    Ok(started)
}

/// Money that a payment took for an order.
#[derive(Clone, Copy)]
struct Arrived {
    order_id: OrderId,
    payment_id: PaymentId,
    /// Under which it goes back where the order does not need it.
    refund_id: RefundId,
    now: DateTime<Utc>,
}

/// Money arrived: it confirms the pending order that waits for it, and is sent back otherwise.
fn deliver_money(
    work: &mut Work<'_>,
    arrived: Arrived,
    programme: &Programme,
) -> Result<(), CheckoutError> {
    let Arrived { order_id, payment_id, refund_id, now } = arrived;
    let order = work.state::<Order>(&order_id.to_string());
    let current = order.details().is_some_and(|details| details.payment_id == payment_id);
    match order.status() {
        Some(Status::Pending) if current => confirm(work, order_id, programme, now),
        Some(Status::Confirmed | Status::Processing | Status::Shipped | Status::Delivered)
            if current =>
        {
            Ok(())
        }
        _ => {
            let payment = work.state::<Payment>(&payment_id.to_string());
            let amount = payment.details().map(payment::Details::refundable).unwrap_or_default();
            if amount.is_zero() {
                return Ok(());
            }
            let reason = "the order no longer needs it".to_owned();
            let refund = payment::Command::RequestRefund { refund_id, amount, reason, at: now };
            Ok(work.execute::<Payment>(payment_id, refund)?)
        }
    }
}
