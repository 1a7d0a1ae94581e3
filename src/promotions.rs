//! Promotions: making, changing and withdrawing them, and trying one on a cart.

use crate::expected::Expected;
use crate::log::{Answer, Execute};
use aggregates::promotion::{self, Terms};
use aggregates::{PromoCode, Promotion, UserId};
use chrono::{DateTime, Utc};
use eventlog::{EventLog, IdempotencyKey, Metadata, Outcome, UnitError};

/// A promotion after a step, with the version of its stream.
#[derive(Debug, Clone)]
pub struct PromotionState {
    pub code: PromoCode,
    pub promotion: Promotion,
    pub version: i64,
    pub now: DateTime<Utc>,
}

/// What an administrator wants of a promotion.
#[derive(Debug, Clone)]
pub enum Change {
    Create(Terms),
    Change(Terms),
    Withdraw,
}

/// Why a step with a promotion was refused.
#[derive(Debug, thiserror::Error)]
pub enum PromotionError {
    #[error(transparent)]
    Promotion(#[from] promotion::Error),
    /// The caller's `If-Match` names another version.
    #[error("the promotion is at version {found}, not at the one that `If-Match` names")]
    Stale { found: i64 },
}

/// Who wants it, when, and under which conditions.
#[derive(Debug, Clone)]
pub struct Request {
    pub metadata: Metadata,
    pub code: PromoCode,
    pub by: UserId,
    pub at: DateTime<Utc>,
    pub expected: Expected,
    pub key: Option<IdempotencyKey>,
}

/// Changes a promotion. `answer` makes what is recorded under the idempotency key.
pub async fn change<A: Answer>(
    log: &EventLog,
    request: Request,
    change: Change,
    answer: impl Fn(&PromotionState) -> A + Send + 'static,
) -> Result<Outcome<A>, UnitError<PromotionError>> {
    let Request { metadata, code, by, at, expected, key } = request;
    log.unit(metadata)
        .write::<Promotion>(code.to_string())
        .idempotency(key)
        .run(move |work| {
            let found = work.version::<Promotion>(code.as_str());
            if !expected.allows(found) {
                return Err(PromotionError::Stale { found });
            }
            let by = by.to_string();
            let command = match change.clone() {
                Change::Create(terms) => promotion::Command::Create { terms, at, by },
                Change::Change(terms) => promotion::Command::Change { terms, at, by },
                Change::Withdraw => promotion::Command::Withdraw { at, by },
            };
            work.execute::<Promotion>(&code, command)?;
            let state = PromotionState {
                promotion: work.state::<Promotion>(code.as_str()).clone(),
                version: work.version::<Promotion>(code.as_str()),
                code: code.clone(),
                now: at,
            };
            let answer = answer(&state);
            work.respond_with(|| answer.recorded());
            Ok(answer)
        })
        .await
}
