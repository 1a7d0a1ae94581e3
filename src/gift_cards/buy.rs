//! A customer buys a card: request, pay, settle. The provider is asked between the appends, and a
//! crash between them is finished by the checkout process.

use super::{CardState, GiftCardError, GiftCards, answered, keep};
use crate::log::{Answer, Execute};
use crate::payments::Charge;
use aggregates::order::PaymentMethod;
use aggregates::{
    Account, Currency, GiftCard, GiftCardId, Money, Payment, PaymentId, UserId, gift_card, payment,
};
use chrono::{DateTime, Utc};
use eventlog::{IdempotencyKey, Metadata, Outcome, UnitError, Work};

/// Who acts where a payment has come through.
const BY: &str = "checkout";

/// A card that somebody pays for.
#[derive(Debug, Clone)]
pub struct Purchase {
    pub buyer: UserId,
    pub amount: Money,
    pub expires_at: DateTime<Utc>,
    pub recipient_email: Option<String>,
    pub method: PaymentMethod,
    pub card_token: Option<String>,
}

impl GiftCards {
    /// Buys a card. The answer says how far it came: a payment whose outcome the provider does not
    /// tell leaves the card `pending`, and the checkout process finds it out.
    pub async fn buy<A: Answer>(
        &self,
        metadata: Metadata,
        purchase: Purchase,
        key: Option<IdempotencyKey>,
        answer: impl Fn(&CardState) -> A + Clone + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<GiftCardError>> {
        let id: GiftCardId = self.entropy.new_id().into();
        let payment_id: PaymentId = self.entropy.new_id().into();
        let requested = match self
            .request(metadata.clone(), id, payment_id, purchase.clone(), key, answer.clone())
            .await?
        {
            Outcome::Done(committed) => committed,
            Outcome::Replayed(recorded) => return Ok(Outcome::Replayed(recorded)),
        };
        eventlog::fault!("card.requested");
        let token = purchase.card_token.as_deref();
        let charge = self.provider.charge(payment_id, purchase.amount, token).await;
        eventlog::fault!("card.charged");
        let code = Some(requested.value);
        let settled = self.settle(metadata, id, payment_id, charge.ok(), code, answer).await;
        eventlog::fault!("card.settled");
        Ok(settled?.after(requested.position))
    }

    /// One append opens the card and its payment. The recorded answer is the one before the payment
    /// is settled: a repeated request must not pay twice, however the first one ended.
    async fn request<A: Answer>(
        &self,
        metadata: Metadata,
        id: GiftCardId,
        payment_id: PaymentId,
        purchase: Purchase,
        key: Option<IdempotencyKey>,
        answer: impl Fn(&CardState) -> A + Send + 'static,
    ) -> Result<Outcome<gift_card::Code>, UnitError<GiftCardError>> {
        let (drawn, now) = (self.draw(id), self.clock.now());
        self.log
            .unit(metadata)
            .create::<GiftCard>(id.to_string())
            .create::<Payment>(payment_id.to_string())
            .read::<Account>(purchase.buyer.to_string())
            .idempotency(key)
            .run(move |work| {
                let buyer = work.state::<Account>(&purchase.buyer.to_string());
                if matches!(buyer, Account::Blocked { .. } | Account::Erased) {
                    return Err(GiftCardError::AccountInactive);
                }
                let request = gift_card::Command::Request {
                    code: drawn.known.clone(),
                    amount: purchase.amount,
                    currency: Currency::default(),
                    buyer: purchase.buyer,
                    payment_id,
                    expires_at: purchase.expires_at,
                    at: now,
                };
                work.execute::<GiftCard>(id, request)?;
                let request = payment::Command::Request {
                    purpose: payment::Purpose::GiftCard(id),
                    user_id: purchase.buyer,
                    amount: purchase.amount,
                    currency: Currency::default(),
                    method: purchase.method,
                    at: now,
                };
                work.execute::<Payment>(payment_id, request)?;
                let start = payment::Command::Start { method: purchase.method, at: now };
                work.execute::<Payment>(payment_id, start)?;
                keep(work, id, &drawn, purchase.recipient_email.as_deref());
                let state = CardState::of(work, id, Some(drawn.code.clone()), now);
                answered(work, &state, &answer);
                Ok(drawn.code.clone())
            })
            .await
    }

    /// Records what the provider said; `None` where it did not. One append: the payment and the card.
    pub async fn settle<A: Answer>(
        &self,
        metadata: Metadata,
        id: GiftCardId,
        payment_id: PaymentId,
        charge: Option<Charge>,
        code: Option<gift_card::Code>,
        answer: impl Fn(&CardState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<GiftCardError>> {
        let now = self.clock.now();
        self.log
            .unit(metadata)
            .write::<GiftCard>(id.to_string())
            .write::<Payment>(payment_id.to_string())
            .run(move |work| {
                if let Some(charge) = charge.clone() {
                    record(work, id, payment_id, charge, now)?;
                }
                let state = CardState::of(work, id, code.clone(), now);
                Ok(answer(&state))
            })
            .await
    }
}

fn record(
    work: &mut Work<'_>,
    id: GiftCardId,
    payment_id: PaymentId,
    charge: Charge,
    at: DateTime<Utc>,
) -> Result<(), GiftCardError> {
    let by = BY.to_owned();
    match charge {
        Charge::Captured { transaction_id } => {
            let complete = payment::Command::Complete { transaction_id, at };
            work.execute::<Payment>(payment_id, complete)?;
            work.execute::<GiftCard>(id, gift_card::Command::Pay { at, by })?;
        }
        Charge::Declined { reason } => {
            let fail = payment::Command::Fail { reason: reason.clone(), at };
            work.execute::<Payment>(payment_id, fail)?;
            work.execute::<GiftCard>(id, gift_card::Command::Withdraw { reason, at, by })?;
        }
    }
    Ok(())
}
