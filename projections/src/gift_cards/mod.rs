//! Gift cards by id and by the hash of their code. The fold is the aggregate's own: no rule is
//! repeated here.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{bought_by, by_code, expired, gift_card};

use crate::{ApplyError, Envelope, Projection};
use aggregates::{Decider, Fact, GiftCard, GiftCardId, Money, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct GiftCards;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: GiftCardId,
    pub code_hash: String,
    /// The last symbols of the code.
    pub hint: String,
    /// Who bought it; `None` where it was given away.
    pub buyer: Option<UserId>,
    pub issued: Money,
    pub available: Money,
    pub held: Money,
    pub redeemed: Money,
    pub expired: Money,
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
    pub state: GiftCard,
}

impl Projection for GiftCards {
    const NAME: &'static str = "gift_cards";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "gift_cards";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["gift_card"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::GiftCard(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let state = row.map_or_else(GiftCard::default, |row| row.state).evolve(fact);
        let Some(card) = state.details() else {
            return Err(ApplyError::NotCreated("the gift card"));
        };
        Ok(Some(Row {
            id: GiftCardId::new(*key),
            code_hash: card.code_hash.as_str().to_owned(),
            hint: card.hint.clone(),
            buyer: card.buyer,
            issued: card.issued,
            available: card.available,
            held: card.held(),
            redeemed: card.redeemed,
            expired: card.expired,
            expires_at: card.expires_at,
            created_at: card.created_at,
            updated_at: card.updated_at,
            version: event.sequence,
            state,
        }))
    }
}
