//! The steps after payment: processing, shipped, delivered, of an order or of what one seller sends
//! of it. What follows from a delivery follows once all has been delivered. Cash is taken at the
//! door, so that the delivery of such an order completes its payment in the same append.

use super::{Checkout, CheckoutError, OrderState, Step, value};
use crate::log::{Answer, Execute};
use aggregates::order::{Actor, FulfilmentStep, PaymentMethod, Status};
use aggregates::{LoyaltyAccount, Order, OrderId, Payment, UserId, order, payment};
use chrono::{DateTime, Utc};
use eventlog::{Outcome, UnitError, Work};

/// Where an order, or a part of it, is to be moved.
#[derive(Debug, Clone)]
pub struct Move {
    pub to: Status,
    /// Whose part; without it all that is the actor's to move.
    pub seller_id: Option<UserId>,
    /// Of a shipment; drawn where it is missing.
    pub tracking_number: Option<String>,
}

/// All that is the actor's to move.
impl From<Status> for Move {
    fn from(to: Status) -> Self {
        Self { to, seller_id: None, tracking_number: None }
    }
}

impl Checkout {
    /// Moves an order one step along, or a part of it. Cancelling and refunding have functions of
    /// their own.
    pub async fn advance<A: Answer>(
        &self,
        wanted: Step,
        wish: Move,
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
        let drawn = u64::from_be_bytes(self.entropy.bytes()) % 1_000_000_000_000;
        let tracking_number = wish.tracking_number.clone();
        let tracking_number = tracking_number.unwrap_or_else(|| format!("LL{drawn:012}"));
        self.log
            .unit(metadata)
            .write::<Order>(order_id.to_string())
            .write::<Payment>(payment_id.to_string())
            .write::<LoyaltyAccount>(user_id.to_string())
            .idempotency(key)
            .run(move |work| {
                super::check_version(work, order_id, &expected)?;
                let status = |work: &Work<'_>| work.state::<Order>(&order_id.to_string()).status();
                let before = status(work).ok_or(order::Error::NotFound)?;
                let command = step(before, &wish, by, now, &tracking_number)?;
                work.execute::<Order>(order_id, command)?;
                if before != Status::Delivered && status(work) == Some(Status::Delivered) {
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

/// A seller moves what they sell, everybody else what they name, or all.
fn step(
    from: Status,
    wish: &Move,
    by: Actor,
    at: DateTime<Utc>,
    tracking_number: &str,
) -> Result<order::Command, CheckoutError> {
    let tracking_number = tracking_number.to_owned();
    let step = match wish.to {
        Status::Processing => FulfilmentStep::StartProcessing,
        Status::Shipped => FulfilmentStep::Ship { tracking_number },
        Status::Delivered => FulfilmentStep::Deliver,
        // An order is confirmed by its payment, never by hand.
        to @ (Status::Pending | Status::Confirmed | Status::Cancelled | Status::Refunded) => {
            return Err(order::Error::InvalidTransition { from, to }.into());
        }
    };
    let own = match by {
        Actor::Seller(id) => Some(id),
        Actor::Customer(_) | Actor::Admin | Actor::System => None,
    };
    Ok(match (wish.seller_id.or(own), step) {
        (Some(seller_id), step) => order::Command::Fulfil { seller_id, step, at, by },
        (None, FulfilmentStep::StartProcessing) => order::Command::StartProcessing { at, by },
        (None, FulfilmentStep::Ship { tracking_number }) => {
            order::Command::Ship { tracking_number, at, by }
        }
        (None, FulfilmentStep::Deliver) => order::Command::Deliver { at, by },
    })
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
