//! The steps after payment: processing, shipped, delivered. Cash is taken at the door, so that the
//! delivery of such an order completes its payment in the same append.

use super::{Checkout, CheckoutError, OrderState, Step, value};
use crate::log::{Answer, Execute};
use aggregates::order::{Actor, PaymentMethod, Status};
use aggregates::{LoyaltyAccount, Order, OrderId, Payment, order, payment};
use chrono::{DateTime, Utc};
use eventlog::{Outcome, UnitError, Work};

impl Checkout {
    /// Moves an order one step along. Cancelling and refunding have functions of their own.
    pub async fn advance<A: Answer>(
        &self,
        wanted: Step,
        to: Status,
        answer: impl Fn(&OrderState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<CheckoutError>> {
        let Step { metadata, order_id, by, expected, key } = wanted;
        let (order, _) =
            self.log.peek::<Order>(&order_id.to_string()).await.map_err(UnitError::widen)?;
        let Some(details) = order.details() else {
            return Err(UnitError::Rejected(order::Error::NotFound.into()));
        };
        let (payment_id, user_id) = (details.payment_id, details.user_id);
        let programme = std::sync::Arc::clone(&self.programme);
        let now = self.clock.now();
        let tracking_number =
            format!("LL{:012}", u64::from_be_bytes(self.entropy.bytes()) % 1_000_000_000_000);
        self.log
            .unit(metadata)
            .write::<Order>(order_id.to_string())
            .write::<Payment>(payment_id.to_string())
            .write::<LoyaltyAccount>(user_id.to_string())
            .idempotency(key)
            .run(move |work| {
                super::check_version(work, order_id, &expected)?;
                let command = step(work, order_id, to, by, now, &tracking_number)?;
                work.execute::<Order>(order_id, command)?;
                if to == Status::Delivered {
                    take_cash(work, order_id, now)?;
                    value::activate(work, order_id, user_id, &programme, now)?;
                }
                let state = OrderState::of(work, order_id);
                let answer = answer(&state);
                work.respond_with(|| answer.recorded());
                Ok(answer)
            })
            .await
    }
}

fn step(
    work: &Work<'_>,
    order_id: OrderId,
    to: Status,
    by: Actor,
    at: DateTime<Utc>,
    tracking_number: &str,
) -> Result<order::Command, CheckoutError> {
    let from = work.state::<Order>(&order_id.to_string()).status();
    let from = from.ok_or(order::Error::NotFound)?;
    match to {
        Status::Processing => Ok(order::Command::StartProcessing { at, by }),
        Status::Shipped => {
            let tracking_number = tracking_number.to_owned();
            Ok(order::Command::Ship { tracking_number, at, by })
        }
        Status::Delivered => Ok(order::Command::Deliver { at, by }),
        // An order is confirmed by its payment, never by hand.
        Status::Pending | Status::Confirmed | Status::Cancelled | Status::Refunded => {
            Err(order::Error::InvalidTransition { from, to }.into())
        }
    }
}

fn take_cash(
    work: &mut Work<'_>,
    order_id: OrderId,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let order = work.state::<Order>(&order_id.to_string()).clone();
    let Some(details) = order.details() else { return Ok(()) };
    let payment_id = details.payment_id;
    if details.payment_method != PaymentMethod::CashOnDelivery
        || work.state::<Payment>(&payment_id.to_string()).status() != Some(payment::Status::Pending)
    {
        return Ok(());
    }
    let transaction_id = format!("cash-{}", details.number);
    Ok(work.execute::<Payment>(payment_id, payment::Command::Complete { transaction_id, at })?)
}
