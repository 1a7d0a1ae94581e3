//! What moved the stock of an own product: `/seller/products/{id}/stock-history`. Never says who
//! ordered.

use crate::http::docs::StockMovementKind;
use crate::http::extract::{Books, Path, Query, Seller};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use aggregates::OrderId;
use aggregates::account::Role;
use axum::Json;
use chrono::{DateTime, Utc};
use projections::catalogue;
use projections::stock_movements::{self, Kind, Movement};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that moved the stock of a product.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockMovement {
    pub at: DateTime<Utc>,
    #[schema(value_type = StockMovementKind)]
    pub kind: Kind,
    /// What it changed of the units on hand.
    #[schema(example = -2)]
    pub quantity: i64,
    /// What it changed of the units that are set aside for orders.
    #[schema(example = 0)]
    pub reserved_quantity: i64,
    /// As it was given; `cancelled` or `expired` where a reservation ended without a sale.
    #[schema(example = "broken in the warehouse")]
    pub reason: Option<String>,
    /// Of the order that moved it.
    pub order_id: Option<Uuid>,
    /// Who received or counted: an account's id, or the name of a process; `null` where an order
    /// moved it.
    pub by: Option<String>,
    /// The units on hand after it.
    #[schema(example = 48)]
    pub on_hand: i64,
    /// Those of them that were set aside for orders.
    #[schema(example = 3)]
    pub reserved: i64,
    /// Those that could be ordered: `on_hand - reserved`.
    #[schema(example = 45)]
    pub available: i64,
}

impl From<Movement> for StockMovement {
    fn from(Movement { row, on_hand_after, reserved_after }: Movement) -> Self {
        Self {
            at: row.at,
            kind: row.kind,
            quantity: row.on_hand,
            reserved_quantity: row.reserved,
            reason: row.reason,
            order_id: row.order_id.map(OrderId::uuid),
            by: row.by,
            on_hand: on_hand_after,
            reserved: reserved_after,
            available: on_hand_after - reserved_after,
        }
    }
}

/// List what moved the stock of an own product
///
/// The latest first, each with the stock after it. Of archived products too.
#[utoipa::path(get, path = "/seller/products/{id}/stock-history", tag = "seller",
    security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The product"), PageQuery),
    responses((status = 200, description = "A page of movements", body = List<StockMovement>)))]
pub async fn history(
    seller: Seller,
    Books(db): Books,
    Path(id): Path<Uuid>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<StockMovement>>, Problem> {
    let after = page.after()?;
    let product = catalogue::product(&db, id.into()).await?;
    let is_own = |row: &catalogue::Row| row.seller_id == seller.id || seller.role == Role::Admin;
    // Whose else it is, is no seller's business.
    if !product.as_ref().is_some_and(is_own) {
        return Err(Problem::not_found("product_not_found", "there is no such product"));
    }
    let (offset, limit) = (page.offset(), page.limit());
    let found = stock_movements::history(&db, id.into(), after.as_ref(), offset, limit).await?;
    let items = found.items.into_iter().map(StockMovement::from).collect();
    Ok(Json(List::new(items, found.next.as_ref())))
}
