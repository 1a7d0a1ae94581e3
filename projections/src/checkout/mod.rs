//! The to-do list of the checkout: what must happen later or outside of the database. A process
//! manager as a pure fold: an event makes a task or ends one. Never does a task itself: whoever
//! does one sends a command, and the event of that command ends the task.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::due;

use crate::{ApplyError, Envelope, Projection};
use aggregates::order::Event as OrderEvent;
use aggregates::payment::Event as PaymentEvent;
use aggregates::{Fact, Money, RefundId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long a started payment may stay without an outcome before the provider is asked for it.
const RESOLVE_AFTER: TimeDelta = TimeDelta::seconds(5);

#[derive(Debug)]
pub struct Checkout;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Cancel an order that nobody paid in time; the subject is the order.
    Expire,
    /// Ask the provider what became of a payment; the subject is the payment.
    Resolve,
    /// Let the provider give money back; the subject is the payment.
    Refund,
}

/// What a task needs beside its subject.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Detail {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub key: String,
    pub kind: Kind,
    pub subject: Uuid,
    pub due_at: DateTime<Utc>,
    /// The event that made it.
    pub event_id: Uuid,
    pub correlation_id: Uuid,
    pub detail: Detail,
}

/// What an event means for the list.
enum Reaction {
    Add { kind: Kind, due_at: DateTime<Utc>, detail: Detail },
    Remove { kind: Kind, refund_id: Option<RefundId> },
}

fn react(fact: &Fact) -> Option<Reaction> {
    let add = |kind, due_at| Reaction::Add { kind, due_at, detail: Detail::default() };
    let remove = |kind| Reaction::Remove { kind, refund_id: None };
    match fact {
        Fact::Order(event) => match event {
            OrderEvent::Placed { expires_at, .. } => Some(add(Kind::Expire, *expires_at)),
            OrderEvent::Confirmed { .. }
            | OrderEvent::Cancelled { .. }
            | OrderEvent::Refunded { .. } => Some(remove(Kind::Expire)),
            OrderEvent::PaymentReopened { .. }
            | OrderEvent::GiftCardApplied { .. }
            | OrderEvent::ProcessingStarted { .. }
            | OrderEvent::Shipped { .. }
            | OrderEvent::FulfilmentProcessingStarted { .. }
            | OrderEvent::FulfilmentShipped { .. }
            | OrderEvent::FulfilmentDelivered { .. }
            | OrderEvent::Delivered { .. } => None,
        },
        Fact::Payment(event) => match event {
            PaymentEvent::Started { at, .. } => Some(add(Kind::Resolve, *at + RESOLVE_AFTER)),
            PaymentEvent::Completed { .. }
            | PaymentEvent::Failed { .. }
            | PaymentEvent::Voided { .. } => Some(remove(Kind::Resolve)),
            PaymentEvent::RefundRequested { refund_id, amount, at, .. } => Some(Reaction::Add {
                kind: Kind::Refund,
                due_at: *at,
                detail: Detail { refund_id: Some(*refund_id), amount: Some(*amount) },
            }),
            PaymentEvent::Refunded { refund_id, .. } => {
                Some(Reaction::Remove { kind: Kind::Refund, refund_id: Some(*refund_id) })
            }
            PaymentEvent::Requested { .. } => None,
        },
        Fact::Account(_)
        | Fact::Artist(_)
        | Fact::Cart(_)
        | Fact::GiftCard(_)
        | Fact::LoyaltyAccount(_)
        | Fact::Product(_)
        | Fact::Promotion(_)
        | Fact::PromotionUsage(_)
        | Fact::Review(_)
        | Fact::StockItem(_)
        | Fact::Webhook(_)
        | Fact::Wishlist(_) => None,
    }
}

impl Reaction {
    fn key(&self, subject: Uuid) -> String {
        let (kind, refund_id) = match self {
            Self::Add { kind, detail, .. } => (*kind, detail.refund_id),
            Self::Remove { kind, refund_id } => (*kind, *refund_id),
        };
        match (kind, refund_id) {
            (Kind::Expire, _) => format!("expire:{subject}"),
            (Kind::Resolve, _) => format!("resolve:{subject}"),
            (Kind::Refund, Some(refund_id)) => format!("refund:{subject}:{refund_id}"),
            (Kind::Refund, None) => format!("refund:{subject}"),
        }
    }
}

impl Projection for Checkout {
    const NAME: &'static str = "checkout";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "checkout_tasks";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["order", "payment"];
    type Key = String;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = String>, ApplyError> {
        let Some(reaction) = react(&event.fact) else {
            return Ok(None);
        };
        Ok(Some(reaction.key(event.id()?)))
    }

    fn apply(row: Option<Row>, key: &String, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        match react(&event.fact) {
            None => Ok(row),
            Some(Reaction::Remove { .. }) => Ok(None),
            Some(Reaction::Add { kind, due_at, detail }) => Ok(Some(Row {
                key: key.clone(),
                kind,
                subject: event.id()?,
                due_at,
                event_id: event.event_id,
                correlation_id: event.metadata()?.correlation_id,
                detail,
            })),
        }
    }
}
