//! What one seller sends of an order. Shown to a seller only where it is their own.

use super::HistoryEntry;
use crate::http::docs::OrderStatusSchema;
use aggregates::order::{Fulfilment, Status};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The part of an order that one seller sends.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Fulfilment)]
pub struct FulfilmentResource {
    pub seller_id: Uuid,
    /// Moves by itself from the confirmation to the delivery; otherwise it is the order's.
    #[schema(value_type = OrderStatusSchema)]
    pub status: Status,
    pub tracking_number: Option<String>,
    /// The products of its lines.
    pub items: Vec<Uuid>,
    pub history: Vec<HistoryEntry>,
}

impl From<Fulfilment> for FulfilmentResource {
    fn from(part: Fulfilment) -> Self {
        Self {
            seller_id: part.seller_id.uuid(),
            status: part.status,
            tracking_number: part.tracking_number,
            items: part.product_ids.iter().map(|id| id.uuid()).collect(),
            history: part.history.iter().map(HistoryEntry::from).collect(),
        }
    }
}
