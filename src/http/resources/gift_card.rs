//! A gift card.

use crate::gift_cards::CardState;
use crate::http::docs::{Amount, GiftCardStatusSchema};
use aggregates::gift_card::{Code, Details, Status};
use aggregates::{GiftCard, GiftCardId, Money};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A gift card.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = GiftCard)]
pub struct GiftCardResource {
    pub id: Uuid,
    /// The code where it was just made, and only then; else its last four symbols.
    #[schema(example = "7Q2M-9XK4-TA3D-0B5H")]
    pub code: String,
    #[schema(value_type = Amount)]
    pub initial_amount: Money,
    /// What can be spent.
    #[schema(value_type = Amount)]
    pub balance: Money,
    /// What orders that are not settled have set aside.
    #[schema(value_type = Amount)]
    pub held: Money,
    #[schema(example = "KZT")]
    pub currency: String,
    #[schema(value_type = GiftCardStatusSchema)]
    pub status: Status,
    pub expires_at: DateTime<Utc>,
    pub version: i64,
}

/// A code of which only the last symbols are known.
pub fn masked(hint: &str) -> String {
    format!("****-****-****-{hint}")
}

impl GiftCardResource {
    /// `None` for a card that was never requested or issued.
    pub fn of(
        id: GiftCardId,
        card: &GiftCard,
        version: i64,
        code: Option<&Code>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let (status, details): (Status, &Details) = (card.status(now)?, card.details()?);
        // Nobody needs the code of a card that was never paid for.
        let code = code.filter(|_| status != Status::Withdrawn);
        Some(Self {
            id: id.uuid(),
            code: code.map_or_else(|| masked(&details.hint), Code::grouped),
            initial_amount: details.initial_amount,
            balance: details.available,
            held: details.held(),
            currency: details.currency.to_string(),
            status,
            expires_at: details.expires_at,
            version,
        })
    }

    /// After a step; the code is shown where the step made it.
    pub fn after(state: &CardState) -> Option<Self> {
        Self::of(state.id, &state.card, state.version, state.code.as_ref(), state.now)
    }

    /// The same without the code: what may be stored.
    pub fn without_code(state: &CardState) -> Option<Self> {
        Self::of(state.id, &state.card, state.version, None, state.now)
    }
}
