//! Figures as the reports show them, flat, so that a row of JSON is a row of CSV.

use crate::http::docs::SignedAmount;
use chrono::{DateTime, NaiveDate, Utc};
use projections::sales;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What was sold: by orders that were confirmed and not cancelled, at the time of the confirmation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SalesFigures {
    pub orders: i64,
    pub units: i64,
    pub returned_units: i64,
    /// The goods at their prices.
    #[schema(value_type = SignedAmount)]
    pub gross: Decimal,
    /// What promotions took off.
    #[schema(value_type = SignedAmount)]
    pub discount: Decimal,
    /// What was given back of the goods.
    #[schema(value_type = SignedAmount)]
    pub refunds: Decimal,
    /// `gross - discount - refunds`: without delivery.
    #[schema(value_type = SignedAmount)]
    pub revenue: Decimal,
    /// Revenue by order.
    #[schema(value_type = SignedAmount)]
    pub average_order: Decimal,
}

impl From<&sales::Figures> for SalesFigures {
    fn from(figures: &sales::Figures) -> Self {
        Self {
            orders: figures.orders,
            units: figures.units,
            returned_units: figures.returned_units,
            gross: figures.gross,
            discount: figures.discount,
            refunds: figures.refunds,
            revenue: figures.revenue(),
            average_order: figures.average_order(),
        }
    }
}

/// What was sold in a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PeriodSales {
    /// The day that the period begins with, in the time zone that was asked for.
    #[schema(value_type = String, format = Date, example = "2026-01-01")]
    pub period: NaiveDate,
    pub from: DateTime<Utc>,
    /// The first moment behind it.
    pub to: DateTime<Utc>,
    pub orders: i64,
    pub units: i64,
    pub returned_units: i64,
    #[schema(value_type = SignedAmount)]
    pub gross: Decimal,
    #[schema(value_type = SignedAmount)]
    pub discount: Decimal,
    #[schema(value_type = SignedAmount)]
    pub refunds: Decimal,
    #[schema(value_type = SignedAmount)]
    pub revenue: Decimal,
    #[schema(value_type = SignedAmount)]
    pub average_order: Decimal,
}

impl PeriodSales {
    pub const NAMES: [&str; 11] = [
        "period",
        "from",
        "to",
        "orders",
        "units",
        "returned_units",
        "gross",
        "discount",
        "refunds",
        "revenue",
        "average_order",
    ];
}

impl From<&sales::Period> for PeriodSales {
    fn from(period: &sales::Period) -> Self {
        let figures = &period.figures;
        Self {
            period: period.day,
            from: period.range.from,
            to: period.range.to,
            orders: figures.orders,
            units: figures.units,
            returned_units: figures.returned_units,
            gross: figures.gross,
            discount: figures.discount,
            refunds: figures.refunds,
            revenue: figures.revenue(),
            average_order: figures.average_order(),
        }
    }
}

/// What was sold of a product.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProductSales {
    pub product_id: Uuid,
    pub seller_id: Uuid,
    /// As it is called now.
    pub name: String,
    pub category: String,
    pub orders: i64,
    pub units: i64,
    pub returned_units: i64,
    #[schema(value_type = SignedAmount)]
    pub gross: Decimal,
    #[schema(value_type = SignedAmount)]
    pub discount: Decimal,
    #[schema(value_type = SignedAmount)]
    pub refunds: Decimal,
    #[schema(value_type = SignedAmount)]
    pub revenue: Decimal,
}

impl ProductSales {
    pub const NAMES: [&str; 11] = [
        "product_id",
        "seller_id",
        "name",
        "category",
        "orders",
        "units",
        "returned_units",
        "gross",
        "discount",
        "refunds",
        "revenue",
    ];
}

impl From<sales::Product> for ProductSales {
    fn from(product: sales::Product) -> Self {
        let figures = product.figures;
        Self {
            product_id: product.product_id.uuid(),
            seller_id: product.seller_id.uuid(),
            name: product.name,
            category: product.category,
            orders: figures.orders,
            units: figures.units,
            returned_units: figures.returned_units,
            revenue: figures.revenue(),
            gross: figures.gross,
            discount: figures.discount,
            refunds: figures.refunds,
        }
    }
}

/// What was sold by one of several: a category, a genre, a way to pay.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MemberSales {
    /// What `name` names.
    #[schema(value_type = String, example = "genre")]
    pub kind: &'static str,
    #[schema(example = "jazz")]
    pub name: String,
    /// Zero by category and genre, for an order has several.
    pub orders: i64,
    pub units: i64,
    pub returned_units: i64,
    #[schema(value_type = SignedAmount)]
    pub gross: Decimal,
    #[schema(value_type = SignedAmount)]
    pub discount: Decimal,
    #[schema(value_type = SignedAmount)]
    pub refunds: Decimal,
    #[schema(value_type = SignedAmount)]
    pub revenue: Decimal,
}

impl MemberSales {
    pub const NAMES: [&str; 9] = [
        "kind",
        "name",
        "orders",
        "units",
        "returned_units",
        "gross",
        "discount",
        "refunds",
        "revenue",
    ];

    pub fn of(kind: &'static str, member: sales::Member) -> Self {
        let figures = member.figures;
        Self {
            kind,
            name: member.name,
            orders: figures.orders,
            units: figures.units,
            returned_units: figures.returned_units,
            revenue: figures.revenue(),
            gross: figures.gross,
            discount: figures.discount,
            refunds: figures.refunds,
        }
    }
}

/// How many carts were filled in a time, and how far the orders have come that were placed in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct FunnelResource {
    /// Carts that got a first line, again after they were emptied or ordered too. Orders need no cart.
    pub cart: i64,
    pub placed: i64,
    /// Cancelled later or not.
    pub confirmed: i64,
    pub shipped: i64,
    pub delivered: i64,
    pub cancelled: i64,
}

impl From<sales::Funnel> for FunnelResource {
    fn from(funnel: sales::Funnel) -> Self {
        let sales::Funnel { cart, placed, confirmed, shipped, delivered, cancelled } = funnel;
        Self { cart, placed, confirmed, shipped, delivered, cancelled }
    }
}
