//! A payment.

use crate::http::docs::{Amount, PaymentMethodSchema, PaymentStatusSchema};
use aggregates::order::PaymentMethod;
use aggregates::payment::Status;
use aggregates::{GiftCardId, Money, OrderId, Payment, PaymentId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One attempt to pay for an order or for a gift card.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentResource {
    pub id: Uuid,
    /// What it pays for: an order or a gift card.
    pub order_id: Option<Uuid>,
    pub gift_card_id: Option<Uuid>,
    pub user_id: Uuid,
    #[schema(value_type = Amount)]
    pub amount: Money,
    #[schema(example = "KZT")]
    pub currency: String,
    #[schema(value_type = PaymentMethodSchema)]
    pub payment_method: PaymentMethod,
    /// `processing` while the provider has not said what became of it.
    #[schema(value_type = PaymentStatusSchema)]
    pub status: Status,
    /// The provider's, once the money was taken.
    pub transaction_id: Option<String>,
    /// Why it ended without money, in the provider's words.
    pub failure_reason: Option<String>,
    /// What the provider gave back so far.
    #[schema(value_type = Amount)]
    pub refunded_amount: Money,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl PaymentResource {
    /// `None` for a payment that was never requested.
    pub fn of(id: PaymentId, payment: &Payment, version: i64) -> Option<Self> {
        let (status, details) = (payment.status()?, payment.details()?);
        Some(Self {
            id: id.uuid(),
            order_id: details.purpose.order_id().map(OrderId::uuid),
            gift_card_id: details.purpose.gift_card_id().map(GiftCardId::uuid),
            user_id: details.user_id.uuid(),
            amount: details.amount,
            currency: details.currency.to_string(),
            payment_method: details.method,
            status,
            transaction_id: details.transaction_id.clone(),
            failure_reason: details.failure.clone(),
            refunded_amount: details.refunded,
            version,
            created_at: details.created_at,
            updated_at: details.updated_at,
        })
    }
}
