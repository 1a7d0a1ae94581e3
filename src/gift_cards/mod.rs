//! Gift cards: making, buying, disabling and reissuing them, and finding the card of a code.

mod buy;
mod keys;

pub use keys::{CodeKeyError, CodeKeys};

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::log::{Answer, Execute};
use crate::payments::{Patient, PaymentProvider};
use crate::state::AppState;
use aggregates::gift_card::{self, Code, NewCode};
use aggregates::{Currency, GiftCard, GiftCardId, Money, UserId, payment};
use chrono::{DateTime, Utc};
use eventlog::{EventLog, IdempotencyKey, Metadata, Outcome, UnitError, Work};
use projections::ReadModels;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;

pub use buy::Purchase;

/// Key of a card's sealed code in the personal data of the card, until it was told.
pub const SEALED_CODE: &str = "sealed_code";
/// Key of the e-mail address of whom a card is for, in the personal data of the card.
pub const RECIPIENT: &str = "recipient_email";
/// How long a code that no read model knows is waited for: its card may just have been made.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Why a step with a gift card was refused.
#[derive(Debug, thiserror::Error)]
pub enum GiftCardError {
    #[error(transparent)]
    Card(#[from] gift_card::Error),
    #[error(transparent)]
    Payment(#[from] payment::Error),
    #[error("the account of the buyer is blocked or erased")]
    AccountInactive,
}

/// The steps with gift cards, over one log; cheap to clone.
#[derive(Clone)]
pub struct GiftCards {
    pub log: EventLog,
    pub provider: Arc<dyn PaymentProvider>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<Entropy>,
    pub keys: CodeKeys,
    pub pool: PgPool,
    pub read_models: ReadModels,
}

/// A card after a step, with the version of its stream.
#[derive(Debug, Clone)]
pub struct CardState {
    pub id: GiftCardId,
    pub card: GiftCard,
    pub version: i64,
    /// Only where it was made by this step: shown once.
    pub code: Option<Code>,
    pub now: DateTime<Utc>,
}

/// A card that an administrator gives away.
#[derive(Debug, Clone)]
pub struct Issue {
    pub amount: Money,
    pub expires_at: DateTime<Utc>,
    pub recipient_email: Option<String>,
    pub by: UserId,
}

/// A code that was just drawn, with what may be stored of it.
#[derive(Debug, Clone)]
struct Drawn {
    code: Code,
    known: NewCode,
    sealed: Option<String>,
}

impl GiftCards {
    /// The gift cards of a running server.
    pub fn of(state: &AppState) -> Self {
        Self {
            log: state.log.clone(),
            provider: Arc::new(Patient::new(Arc::clone(&state.provider))),
            clock: Arc::clone(&state.clock),
            entropy: Arc::clone(&state.entropy),
            keys: state.code_keys.clone(),
            pool: state.pool.clone(),
            read_models: state.read_models.clone(),
        }
    }

    fn draw(&self, card: GiftCardId) -> Drawn {
        let code = Code::from_random(self.entropy.bytes());
        let known = NewCode { hash: self.keys.hash(&code), hint: code.hint() };
        let sealed = self.keys.seal(card, &code, &self.entropy);
        Drawn { code, known, sealed }
    }

    /// The card of a code; `None` where there is none.
    pub async fn find(&self, code: &Code) -> Result<Option<GiftCardId>, sqlx::Error> {
        let hash = self.keys.hash(code);
        let known = projections::gift_cards::by_code(&self.pool, &hash).await?;
        if known.is_some() {
            return Ok(known);
        }
        let head = eventlog::feed::head(&self.pool).await?;
        self.read_models.wait_for(head, CATCH_UP).await;
        projections::gift_cards::by_code(&self.pool, &hash).await
    }

    /// The code of a card that was made lately and is still to be told, for a repeated answer.
    pub async fn told_again(&self, id: GiftCardId) -> Result<Option<Code>, sqlx::Error> {
        let sealed = sqlx::query_scalar!(
            "SELECT value FROM personal_data WHERE subject_id = $1 AND key = $2",
            id.uuid(),
            SEALED_CODE
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(sealed.and_then(|sealed| self.keys.unseal(id, &sealed)))
    }

    /// An administrator makes a card.
    pub async fn issue<A: Answer>(
        &self,
        metadata: Metadata,
        issue: Issue,
        key: Option<IdempotencyKey>,
        answer: impl Fn(&CardState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<GiftCardError>> {
        let id: GiftCardId = self.entropy.new_id().into();
        let (drawn, now) = (self.draw(id), self.clock.now());
        self.log
            .unit(metadata)
            .create::<GiftCard>(id.to_string())
            .idempotency(key)
            .run(move |work| {
                let command = gift_card::Command::Issue {
                    code: drawn.known.clone(),
                    amount: issue.amount,
                    currency: Currency::default(),
                    expires_at: issue.expires_at,
                    at: now,
                    by: issue.by.to_string(),
                };
                work.execute::<GiftCard>(id, command).map_err(GiftCardError::from)?;
                keep(work, id, &drawn, issue.recipient_email.as_deref());
                let code = Some(drawn.code.clone());
                Ok(answered(work, &CardState::of(work, id, code, now), &answer))
            })
            .await
    }

    /// An administrator stops a card.
    pub async fn disable<A: Answer>(
        &self,
        metadata: Metadata,
        id: GiftCardId,
        reason: String,
        by: UserId,
        key: Option<IdempotencyKey>,
        answer: impl Fn(&CardState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<GiftCardError>> {
        let now = self.clock.now();
        self.log
            .unit(metadata)
            .write::<GiftCard>(id.to_string())
            .idempotency(key)
            .run(move |work| {
                let (reason, by) = (reason.clone(), by.to_string());
                let command = gift_card::Command::Disable { reason, at: now, by };
                work.execute::<GiftCard>(id, command).map_err(GiftCardError::from)?;
                Ok(answered(work, &CardState::of(work, id, None, now), &answer))
            })
            .await
    }

    /// An administrator moves a card's balance to a new code.
    pub async fn reissue<A: Answer>(
        &self,
        metadata: Metadata,
        id: GiftCardId,
        by: UserId,
        key: Option<IdempotencyKey>,
        answer: impl Fn(&CardState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<GiftCardError>> {
        let (drawn, now) = (self.draw(id), self.clock.now());
        self.log
            .unit(metadata)
            .write::<GiftCard>(id.to_string())
            .idempotency(key)
            .run(move |work| {
                let (code, by) = (drawn.known.clone(), by.to_string());
                let command = gift_card::Command::Reissue { code, at: now, by };
                work.execute::<GiftCard>(id, command).map_err(GiftCardError::from)?;
                keep(work, id, &drawn, None);
                let code = Some(drawn.code.clone());
                Ok(answered(work, &CardState::of(work, id, code, now), &answer))
            })
            .await
    }
}

impl CardState {
    fn of(work: &Work<'_>, id: GiftCardId, code: Option<Code>, now: DateTime<Utc>) -> Self {
        let stream = id.to_string();
        let card = work.state::<GiftCard>(&stream).clone();
        Self { id, card, version: work.version::<GiftCard>(&stream), code, now }
    }
}

/// Keeps what is needed to tell the code, apart from the events.
fn keep(work: &mut Work<'_>, id: GiftCardId, drawn: &Drawn, recipient: Option<&str>) {
    if let Some(sealed) = &drawn.sealed {
        work.set_personal(id.uuid(), SEALED_CODE, sealed);
    }
    if let Some(recipient) = recipient {
        work.set_personal(id.uuid(), RECIPIENT, recipient);
    }
}

fn answered<A: Answer>(
    work: &mut Work<'_>,
    state: &CardState,
    answer: impl Fn(&CardState) -> A,
) -> A {
    let answer = answer(state);
    work.respond_with(|| answer.recorded());
    answer
}
