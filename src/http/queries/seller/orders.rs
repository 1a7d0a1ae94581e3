//! The orders with lines of the seller, as far as they are the seller's affair: `/seller/orders`. Shows
//! no line and no sum of anybody else, and of the buyer only where the goods have to go, as long as
//! they have to go there.

use crate::http::docs::{Amount, DeliveryMethodSchema, OrderStatusSchema, PaymentMethodSchema};
use crate::http::extract::{Query, Seller};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::Problem;
use crate::http::queries::orders::OrdersQuery;
use crate::http::resources::{FulfilmentResource, HistoryEntry, OrderItem};
use crate::state::AppState;
use aggregates::order::{DeliveryMethod, Details, Line, PaymentMethod, Status};
use aggregates::{Money, UserId};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use projections::orders::{self, Filter, OrderView};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A line of the seller's.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SoldItem {
    #[serde(flatten)]
    pub item: OrderItem,
    /// Units that were given back.
    pub refunded_units: u32,
}

/// The seller's part of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SellerOrder {
    pub id: Uuid,
    #[schema(example = "L-7Q2M9XK4TA")]
    pub number: String,
    /// Of the whole order.
    #[schema(value_type = OrderStatusSchema)]
    pub status: Status,
    /// The seller's own lines.
    pub items: Vec<SoldItem>,
    /// Of these lines.
    #[schema(value_type = Amount)]
    pub subtotal: Money,
    /// What promotions take off these lines.
    #[schema(value_type = Amount)]
    pub discount: Money,
    /// `subtotal - discount`.
    #[schema(value_type = Amount)]
    pub total: Money,
    #[schema(example = "KZT")]
    pub currency: String,
    /// Whether others sell in the same order: then `status` is that of who is behind all others.
    pub has_other_sellers: bool,
    #[schema(value_type = PaymentMethodSchema)]
    pub payment_method: PaymentMethod,
    #[schema(value_type = DeliveryMethodSchema)]
    pub delivery_method: DeliveryMethod,
    /// From the confirmation until the own delivery; otherwise `null`.
    pub delivery_address: Option<String>,
    /// From the confirmation until the own delivery; otherwise `null`.
    pub phone: Option<String>,
    /// Of the own shipment.
    pub tracking_number: Option<String>,
    /// The seller's own shipment, which they move.
    pub fulfilment: Option<OwnFulfilment>,
    /// When the whole order came into each status. By whom is left out.
    pub history: Vec<SellerHistory>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What the seller sends of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnFulfilment {
    #[schema(value_type = OrderStatusSchema)]
    pub status: Status,
    pub tracking_number: Option<String>,
    /// When it came into each status.
    pub history: Vec<SellerHistory>,
}

/// When an order came into a status.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SellerHistory {
    #[schema(value_type = OrderStatusSchema)]
    pub status: Status,
    pub at: DateTime<Utc>,
}

impl From<HistoryEntry> for SellerHistory {
    fn from(entry: HistoryEntry) -> Self {
        Self { status: entry.status, at: entry.at }
    }
}

impl SellerOrder {
    /// `None` for an order that was never placed.
    fn of(view: OrderView, seller_id: UserId) -> Option<Self> {
        let row = view.order;
        let (status, order) = (row.state.status()?, row.state.details()?);
        let own: Vec<&Line> = order.lines.iter().filter(|l| l.seller_id == seller_id).collect();
        // Parts of sums that are amounts of money.
        let sum = |of: fn(&Line) -> Money| {
            Money::checked_sum(own.iter().map(|line| of(line))).unwrap_or_default()
        };
        let (subtotal, discount) = (sum(|line| line.line_total), sum(|line| line.discount));
        let parts = row.state.fulfilments().into_iter();
        let part = parts.map(FulfilmentResource::from).find(|p| p.seller_id == seller_id.uuid());
        let is_under_way = matches!(
            part.as_ref().map_or(status, |part| part.status),
            Status::Confirmed | Status::Processing | Status::Shipped
        );
        Some(Self {
            id: row.id.uuid(),
            number: order.number.clone(),
            status,
            items: own.iter().map(|line| SoldItem::of(line, order)).collect(),
            subtotal,
            discount,
            total: subtotal.checked_sub(discount).unwrap_or_default(),
            currency: order.currency.to_string(),
            has_other_sellers: own.len() < order.lines.len(),
            payment_method: order.payment_method,
            delivery_method: order.delivery_method,
            delivery_address: view.delivery_address.filter(|_| is_under_way),
            phone: view.phone.filter(|_| is_under_way),
            tracking_number: part.as_ref().and_then(|part| part.tracking_number.clone()),
            fulfilment: part.map(OwnFulfilment::from),
            history: order.history.iter().map(HistoryEntry::from).map(Into::into).collect(),
            version: row.version,
            created_at: order.created_at,
            updated_at: order.updated_at,
        })
    }
}

impl From<FulfilmentResource> for OwnFulfilment {
    fn from(part: FulfilmentResource) -> Self {
        Self {
            status: part.status,
            tracking_number: part.tracking_number,
            history: part.history.into_iter().map(Into::into).collect(),
        }
    }
}

impl SoldItem {
    fn of(line: &Line, order: &Details) -> Self {
        let refunded_units = line.quantity.get() - order.refundable_units(line);
        Self { item: OrderItem::from(line), refunded_units }
    }
}

/// List the orders with own lines
///
/// The newest first. Shown are the own lines and their sums.
#[utoipa::path(get, path = "/seller/orders", tag = "seller", security(("bearer" = [])),
    params(OrdersQuery, PageQuery),
    responses((status = 200, description = "A page of orders", body = List<SellerOrder>)))]
pub async fn list(
    State(state): State<AppState>,
    seller: Seller,
    Query(query): Query<OrdersQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<SellerOrder>>, Problem> {
    let filter = Filter { seller_id: Some(seller.id), ..query.filter(&page)? };
    let found = orders::list(&state.read_pool, &filter).await?;
    let items = found.items.into_iter().filter_map(|view| SellerOrder::of(view, seller.id));
    Ok(Json(List::new(items.collect(), found.next.as_ref())))
}
