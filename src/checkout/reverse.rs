//! The way back: cancelling, refunding, expiring. Each appends the reversal of every part, never an
//! edit; money goes back through the provider, after the append that requests it.

use super::value::{self, GivenBack, Streams};
use super::{Checkout, CheckoutError, OrderState, Step, products_of, with_stock};
use crate::expected::Expected;
use crate::log::{Answer, Execute};
use aggregates::loyalty_account::Programme;
use aggregates::order::{Actor, CancelReason, Details, PaymentMethod, Status, Taken};
use aggregates::stock_item::ReleaseReason;
use aggregates::{
    Money, Order, OrderId, Payment, PaymentId, Points, ProductId, Quantity, RefundId, StockItem,
    order, payment, stock_item,
};
use chrono::{DateTime, Utc};
use eventlog::{Metadata, Outcome, UnitError, Work};
use std::sync::Arc;

/// What to give back: all that is left where neither lines nor an amount is given.
#[derive(Debug, Clone)]
pub struct Refund {
    pub lines: Option<Vec<(ProductId, Quantity)>>,
    pub amount: Option<Money>,
    pub reason: String,
}

/// The ids and times of one step: the same however often the unit of work runs.
#[derive(Debug, Clone)]
struct Facts {
    order_id: OrderId,
    payment_id: PaymentId,
    refund_id: RefundId,
    now: DateTime<Utc>,
    programme: Arc<Programme>,
}

type Decide = dyn Fn(&mut Work<'_>, &Facts) -> Result<(), CheckoutError> + Send;

impl Checkout {
    /// Cancels an order before it is shipped: goods back into stock, money back to the buyer.
    pub async fn cancel<A: Answer>(
        &self,
        step: Step,
        answer: impl Fn(&OrderState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<CheckoutError>> {
        let by = step.by;
        let reason = match by {
            Actor::Customer(_) => CancelReason::ByCustomer,
            Actor::Seller(_) | Actor::Admin | Actor::System => CancelReason::ByStaff,
        };
        let decide = move |work: &mut Work<'_>, facts: &Facts| cancel(work, facts, by, reason);
        self.reverse(step, Box::new(decide), answer).await
    }

    /// Gives goods and money back after the delivery, or what is left of a paid, cancelled order.
    pub async fn refund<A: Answer>(
        &self,
        step: Step,
        refund: Refund,
        answer: impl Fn(&OrderState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<CheckoutError>> {
        let by = step.by;
        let decide =
            move |work: &mut Work<'_>, facts: &Facts| give_back(work, facts, by, refund.clone());
        self.reverse(step, Box::new(decide), answer).await
    }

    /// Cancels a pending order whose hold ran out. Does nothing where it was settled meanwhile.
    pub async fn expire(
        &self,
        metadata: Metadata,
        order_id: OrderId,
    ) -> Result<Outcome<()>, UnitError<CheckoutError>> {
        let decide = |work: &mut Work<'_>, facts: &Facts| {
            let order = work.state::<Order>(&facts.order_id.to_string());
            if order.status() != Some(Status::Pending) {
                return Ok(());
            }
            let reason = "the hold on the goods ran out".to_owned();
            let void = payment::Command::Void { reason, at: facts.now };
            work.execute::<Payment>(facts.payment_id, void)?;
            work.execute::<Order>(facts.order_id, order::Command::Expire { at: facts.now })?;
            release(work, facts.order_id, ReleaseReason::Expired, facts.now)
        };
        let answer = |_: &OrderState| ();
        let (by, expected) = (Actor::System, Expected::any());
        let step = Step { metadata, order_id, by, expected, key: None };
        self.reverse(step, Box::new(decide), answer).await
    }

    /// Asks the provider to give money back and records that it did; `false` where the provider
    /// does not answer.
    pub async fn complete_refund(
        &self,
        metadata: Metadata,
        payment_id: PaymentId,
        refund_id: RefundId,
    ) -> Result<bool, UnitError<CheckoutError>> {
        let id = payment_id.to_string();
        let (payment, _) = self.log.peek::<Payment>(&id).await.map_err(UnitError::widen)?;
        let refunds = payment.details().map(|details| &details.refunds);
        let Some(refund) = refunds.and_then(|refunds| refunds.get(&refund_id)) else {
            return Err(UnitError::Rejected(payment::Error::NoSuchRefund { refund_id }.into()));
        };
        if refund.done {
            return Ok(true);
        }
        // Cash goes back by hand: no provider has ever had it.
        let in_cash = payment
            .details()
            .is_some_and(|details| details.method == PaymentMethod::CashOnDelivery);
        if !in_cash
            && let Err(no_answer) = self.provider.refund(payment_id, refund_id, refund.amount).await
        {
            tracing::warn!(%payment_id, %refund_id, %no_answer, "a refund waits for the provider");
            return Ok(false);
        }
        eventlog::fault!("task.refunded");
        let now = self.clock.now();
        self.log
            .unit(metadata)
            .write::<Payment>(id)
            .run(move |work| -> Result<(), CheckoutError> {
                let done = payment::Command::CompleteRefund { refund_id, at: now };
                Ok(work.execute::<Payment>(payment_id, done)?)
            })
            .await?;
        Ok(true)
    }

    /// One append over the order, its payment and its goods.
    async fn reverse<A: Answer>(
        &self,
        step: Step,
        decide: Box<Decide>,
        answer: impl Fn(&OrderState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<CheckoutError>> {
        let Step { metadata, order_id, expected, key, by: _ } = step;
        let (order, _) =
            self.log.peek::<Order>(&order_id.to_string()).await.map_err(UnitError::widen)?;
        let Some(details) = order.details() else {
            return Err(UnitError::Rejected(order::Error::NotFound.into()));
        };
        let facts = Facts {
            order_id,
            payment_id: details.payment_id,
            refund_id: self.entropy.new_id().into(),
            now: self.clock.now(),
            programme: Arc::clone(&self.programme),
        };
        let streams = Streams::of(details);
        let unit = self
            .log
            .unit(metadata)
            .write::<Order>(order_id.to_string())
            .write::<Payment>(facts.payment_id.to_string())
            .idempotency(key);
        with_stock(streams.join(unit), &products_of(&order))
            .run(move |work| {
                streams.check(work.state::<Order>(&order_id.to_string()))?;
                super::check_version(work, order_id, &expected)?;
                check_payment(work, &facts)?;
                decide(work, &facts)?;
                let state = OrderState::of(work, order_id);
                let answer = answer(&state);
                work.respond_with(|| answer.recorded());
                Ok(answer)
            })
            .await
    }
}

/// A further payment may have been opened since the streams were found.
fn check_payment(work: &Work<'_>, facts: &Facts) -> Result<(), CheckoutError> {
    let order = work.state::<Order>(&facts.order_id.to_string());
    match order.details() {
        Some(details) if details.payment_id == facts.payment_id => Ok(()),
        _ => Err(payment::Error::AlreadyProcessing.into()),
    }
}

fn cancel(
    work: &mut Work<'_>,
    facts: &Facts,
    by: Actor,
    reason: CancelReason,
) -> Result<(), CheckoutError> {
    let order_id = facts.order_id;
    let was_pending = work.state::<Order>(&order_id.to_string()).status() == Some(Status::Pending);
    let collected = collected(work, facts);
    let command = order::Command::Cancel { reason, collected, at: facts.now, by };
    work.execute::<Order>(order_id, command)?;
    let payment = work.state::<Payment>(&facts.payment_id.to_string());
    if payment.status() != Some(payment::Status::Completed) {
        let reason = "the order was cancelled".to_owned();
        let void = payment::Command::Void { reason, at: facts.now };
        work.execute::<Payment>(facts.payment_id, void)?;
    }
    if was_pending {
        return release(work, order_id, ReleaseReason::Cancelled, facts.now);
    }
    let details = details_of(work, order_id)?;
    for line in &details.lines {
        take_back(work, order_id, line.product_id, line.quantity)?;
    }
    value::restore_use(work, order_id, &details, facts.now)?;
    // A cancelled order earned nothing, however little of it was paid.
    let (refund_id, total) = (facts.refund_id, details.total_amount);
    value::reverse_earned(work, order_id, &details, refund_id, total, facts.now)?;
    if taken(&details, collected).total().is_zero() {
        return Ok(());
    }
    let reason = "the order was cancelled".to_owned();
    let refund = Refund { lines: None, amount: None, reason };
    // Whoever may cancel gets everything back; that step is the checkout's own.
    refund_all_parts(work, facts, Actor::System, refund).map(drop)
}

fn details_of(work: &Work<'_>, order_id: OrderId) -> Result<Details, CheckoutError> {
    let order = work.state::<Order>(&order_id.to_string());
    Ok(order.details().ok_or(order::Error::NotFound)?.clone())
}

/// The money that the order's payment took.
fn collected(work: &Work<'_>, facts: &Facts) -> Money {
    match work.state::<Payment>(&facts.payment_id.to_string()) {
        Payment::Completed(details) => details.amount,
        Payment::Nonexistent
        | Payment::Pending(_)
        | Payment::Processing(_)
        | Payment::Failed(_)
        | Payment::Voided(_) => Money::ZERO,
    }
}

/// What the order took. Value is only taken by the confirmation: what an order merely held went free
/// when it ended.
fn taken(details: &Details, collected: Money) -> Taken {
    if details.history.iter().any(|entry| entry.status == Status::Confirmed) {
        Taken { money: collected, gift_card: details.gift_card_amount(), points: details.points }
    } else {
        Taken::money(collected)
    }
}

/// Gives back what was paid, and takes the refunded units back where they had left.
fn give_back(
    work: &mut Work<'_>,
    facts: &Facts,
    by: Actor,
    refund: Refund,
) -> Result<(), CheckoutError> {
    let order_id = facts.order_id;
    let status = work.state::<Order>(&order_id.to_string()).status();
    let lines = refund_all_parts(work, facts, by, refund)?;
    // The goods of a cancelled order are back already.
    if status != Some(Status::Cancelled) {
        for (product_id, quantity) in lines {
            take_back(work, order_id, product_id, quantity)?;
        }
    }
    Ok(())
}

/// Appends the refund to the order and to each part that paid for it; returns the units it covers.
fn refund_all_parts(
    work: &mut Work<'_>,
    facts: &Facts,
    by: Actor,
    refund: Refund,
) -> Result<Vec<(ProductId, Quantity)>, CheckoutError> {
    let (order_id, refund_id, at) = (facts.order_id, facts.refund_id, facts.now);
    let before = details_of(work, order_id)?;
    let taken = taken(&before, collected(work, facts));
    let (lines, amount, reason) = (refund.lines, refund.amount, refund.reason.clone());
    let command = order::Command::Refund { refund_id, lines, amount, taken, reason, at, by };
    work.execute::<Order>(order_id, command)?;
    let after = details_of(work, order_id)?;
    let less = |after: Money, before: Money| after.checked_sub(before).unwrap_or_default();
    let amount = less(after.refunded_money(), before.refunded_money());
    if !amount.is_zero() {
        let request =
            payment::Command::RequestRefund { refund_id, amount, reason: refund.reason, at };
        work.execute::<Payment>(facts.payment_id, request)?;
    }
    let points = |details: &Details| Points::worth(details.refunded_points_value);
    let back = GivenBack {
        refund_id,
        gift_card: less(after.refunded_gift_card, before.refunded_gift_card),
        points: points(&after).saturating_sub(points(&before)),
    };
    value::give_back(work, order_id, &after, back, &facts.programme, at)?;
    Ok(units_since(&after, &before))
}

/// The units that were given back between two states of an order.
fn units_since(after: &Details, before: &Details) -> Vec<(ProductId, Quantity)> {
    let units = after.refunded_units.iter().filter_map(|(product_id, after)| {
        let before = before.refunded_units.get(product_id).copied().unwrap_or_default();
        Some((*product_id, Quantity::try_from(after.saturating_sub(before)).ok()?))
    });
    units.collect()
}

fn release(
    work: &mut Work<'_>,
    order_id: OrderId,
    reason: ReleaseReason,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let details = details_of(work, order_id)?;
    value::free(work, order_id, &details, at)?;
    for product_id in products_of(work.state::<Order>(&order_id.to_string())) {
        work.execute::<StockItem>(product_id, stock_item::Command::Release { order_id, reason })
            .map_err(CheckoutError::stock(product_id))?;
    }
    Ok(())
}

fn take_back(
    work: &mut Work<'_>,
    order_id: OrderId,
    product_id: ProductId,
    quantity: Quantity,
) -> Result<(), CheckoutError> {
    work.execute::<StockItem>(product_id, stock_item::Command::Return { order_id, quantity })
        .map_err(CheckoutError::stock(product_id))
}
