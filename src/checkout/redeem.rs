//! Paying a part of an order that is placed already with a gift card.

use super::place::confirm;
use super::value::{self, Streams};
use super::{Checkout, CheckoutError, OrderState, Step, products_of, with_stock};
use crate::log::{Answer, Execute};
use aggregates::cart::AppliedCard;
use aggregates::order::{Actor, CardPart, PaymentMethod, Status};
use aggregates::{GiftCard, Order, OrderId, Payment, PaymentId, gift_card, order, payment};
use chrono::{DateTime, Utc};
use eventlog::{Outcome, UnitError, Work};
use std::sync::Arc;

/// The ids and times of one step: the same however often the unit of work runs.
#[derive(Debug, Clone, Copy)]
struct Facts {
    order_id: OrderId,
    current: PaymentId,
    next: PaymentId,
    now: DateTime<Utc>,
}

impl Checkout {
    /// Pays of a pending order with a gift card: its amount, or all it can. The rest is left to a
    /// new payment; where nothing is left, the order is confirmed.
    pub async fn redeem<A: Answer>(
        &self,
        step: Step,
        card: AppliedCard,
        answer: impl Fn(&OrderState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<CheckoutError>> {
        let Step { metadata, order_id, by, expected, key } = step;
        let (order, _) =
            self.log.peek::<Order>(&order_id.to_string()).await.map_err(UnitError::widen)?;
        let Some(details) = order.details() else {
            return Err(UnitError::Rejected(order::Error::NotFound.into()));
        };
        let next = self.entropy.new_id().into();
        let facts = Facts { order_id, current: details.payment_id, next, now: self.clock.now() };
        let programme = Arc::clone(&self.programme);
        let streams = Streams::of(details);
        let unit = self
            .log
            .unit(metadata)
            .write::<Order>(order_id.to_string())
            .write::<Payment>(facts.current.to_string())
            .create::<Payment>(next.to_string())
            .write::<GiftCard>(card.gift_card_id.to_string())
            .idempotency(key);
        with_stock(streams.join(unit), &products_of(&order))
            .run(move |work| {
                streams.check(work.state::<Order>(&order_id.to_string()))?;
                super::check_version(work, order_id, &expected)?;
                if pay_with(work, facts, &card, by)? {
                    confirm(work, order_id, &programme, facts.now)?;
                }
                let state = OrderState::of(work, order_id);
                let answer = answer(&state);
                work.respond_with(|| answer.recorded());
                Ok(answer)
            })
            .await
    }
}

/// Returns whether nothing is left to pay.
fn pay_with(
    work: &mut Work<'_>,
    facts: Facts,
    card: &AppliedCard,
    by: Actor,
) -> Result<bool, CheckoutError> {
    let Facts { order_id, current, next, now } = facts;
    let order = work.state::<Order>(&order_id.to_string()).clone();
    let (Some(status), Some(details)) = (order.status(), order.details()) else {
        return Err(order::Error::NotFound.into());
    };
    if details.payment_id != current {
        return Err(payment::Error::AlreadyProcessing.into());
    }
    if status != Status::Pending || details.payment_method == PaymentMethod::CashOnDelivery {
        return Err(order::Error::InvalidTransition { from: status, to: Status::Confirmed }.into());
    }
    if now >= details.expires_at {
        return Err(CheckoutError::HoldExpired { expired_at: details.expires_at });
    }
    let state = work.state::<GiftCard>(&card.gift_card_id.to_string());
    let available = state.spendable(&card.code_hash, now)?.available;
    let amount = card.amount.unwrap_or_else(|| available.min(details.amount_due()));
    if amount.is_zero() {
        let requested = details.amount_due();
        return Err(gift_card::Error::InsufficientBalance { available, requested }.into());
    }
    let gift_card = CardPart { gift_card_id: card.gift_card_id, amount };
    let command = order::Command::ApplyGiftCard { gift_card, payment_id: next, at: now, by };
    work.execute::<Order>(order_id, command)?;
    value::hold_card(work, order_id, gift_card, card, details.expires_at, now, details.user_id)?;
    if work.state::<Payment>(&current.to_string()).status() != Some(payment::Status::Failed) {
        let reason = "a gift card pays a part of it".to_owned();
        work.execute::<Payment>(current, payment::Command::Void { reason, at: now })?;
    }
    let Some(rest) =
        work.state::<Order>(&order_id.to_string()).details().map(order::Details::amount_due)
    else {
        return Err(order::Error::NotFound.into());
    };
    let request = payment::Command::Request {
        purpose: payment::Purpose::Order(order_id),
        user_id: details.user_id,
        amount: rest,
        currency: details.currency,
        method: details.payment_method,
        at: now,
    };
    work.execute::<Payment>(next, request)?;
    if rest.is_zero() {
        let transaction_id = "nothing-to-pay".to_owned();
        let complete = payment::Command::Complete { transaction_id, at: now };
        work.execute::<Payment>(next, complete)?;
    }
    Ok(rest.is_zero())
}
