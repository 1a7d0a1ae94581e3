//! What was sold: figures by time, seller, product, category, genre, way of payment and delivery,
//! promotion and customer, for panels and analysts.
//!
//! The fold keeps one row for each order, product and account; `schema.sql` keeps sums over these rows
//! by triggers, so that figures of a million orders are read from few rows, and are never counted
//! anew. Never holds personal data.
//!
//! An order counts from its confirmation on, at that moment, and as long as it is not cancelled.
//! Revenue is `gross - discount - refunds`: the goods of the orders that count at their prices, less
//! what promotions took off, less what was given back of the goods. A refund belongs to the moment
//! when its order was confirmed. Delivery is no revenue: what a refund gives back without naming
//! lines is of the goods as long as any of them is left, and of the delivery only then.

mod line;
mod queries;
mod range;
#[cfg(test)]
mod tests;

pub use line::Line;
pub use queries::{
    Cohort, Counts, Customers, Figures, Funnel, Member, Period, Product, ProductFilter, average,
    by_member, by_period, cohorts, counts, customers, funnel, products, total, total_of_seller,
};
pub use range::{Edge, Grain, MAX_PERIODS, Range, RangeError, Request, TimeZone, UnknownTimeZone};

use crate::{ApplyError, Envelope, Group, Projection};
use aggregates::order::{DeliveryMethod, PaymentMethod};
use aggregates::{Fact, UserId, account, order, product};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug)]
pub struct Sales;

/// What a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Account,
    Order,
    Product,
}

/// How far an order has come; refunds do not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Placed,
    Confirmed,
    Processing,
    Shipped,
    Delivered,
    Cancelled,
}

/// An order, a product or an account, as far as the figures need it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: Uuid,
    pub kind: Kind,
    pub version: i64,
    /// When it was placed, created or registered.
    pub at: DateTime<Utc>,
    /// Of products and accounts.
    pub is_active: bool,
    /// Archived or erased.
    pub is_gone: bool,
    pub seller_id: Option<UserId>,
    pub category: Option<String>,
    /// The attribute `genre` of a product, where it has one.
    pub genre: Option<String>,
    pub user_id: Option<UserId>,
    pub stage: Option<Stage>,
    /// Whether it is an order that is in the figures.
    pub counts: bool,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub payment_method: Option<PaymentMethod>,
    pub delivery_method: Option<DeliveryMethod>,
    pub promo_code: Option<String>,
    pub lines: Vec<Line>,
}

/// The attribute that names a product's genre.
const GENRE: &str = "genre";

impl Row {
    fn new(id: Uuid, kind: Kind, at: DateTime<Utc>) -> Self {
        Self {
            id,
            kind,
            version: 0,
            at,
            is_active: false,
            is_gone: false,
            seller_id: None,
            category: None,
            genre: None,
            user_id: None,
            stage: None,
            counts: false,
            confirmed_at: None,
            payment_method: None,
            delivery_method: None,
            promo_code: None,
            lines: Vec::new(),
        }
    }

    fn change_account(&mut self, event: &account::Event) {
        match event {
            account::Event::Registered { .. } | account::Event::Unblocked {} => {
                self.is_active = true;
            }
            account::Event::Blocked { .. } => self.is_active = false,
            account::Event::Erased {} => (self.is_active, self.is_gone) = (false, true),
            // All others are about logging in, which is no figure.
            _ => {}
        }
    }

    fn change_product(&mut self, event: &product::Event) {
        let genre = |attributes: &std::collections::BTreeMap<String, String>| {
            attributes.get(GENRE).map(|genre| genre.trim().to_owned()).filter(|g| !g.is_empty())
        };
        match event {
            product::Event::Created { seller_id, category, attributes, .. } => {
                self.seller_id = Some(*seller_id);
                self.category = Some(category.clone());
                self.genre = genre(attributes);
                self.is_active = true;
            }
            product::Event::DetailsChanged { category, attributes, .. } => {
                if let Some(category) = category {
                    self.category = Some(category.clone());
                }
                if let Some(attributes) = attributes {
                    self.genre = genre(attributes);
                }
            }
            product::Event::Activated {} => self.is_active = true,
            product::Event::Deactivated {} => self.is_active = false,
            product::Event::Archived {} => self.is_gone = true,
            // All others neither move it nor take it off sale.
            _ => {}
        }
    }

    fn change_order(&mut self, event: &order::Event) -> Result<(), ApplyError> {
        match event {
            order::Event::Placed {
                user_id,
                lines,
                delivery_method,
                promo_code,
                payment_method,
                at,
                ..
            } => {
                self.at = *at;
                self.user_id = Some(*user_id);
                self.stage = Some(Stage::Placed);
                self.payment_method = Some(*payment_method);
                self.delivery_method = Some(*delivery_method);
                self.promo_code = promo_code.as_ref().map(ToString::to_string);
                self.lines = lines.iter().map(Line::of).collect();
            }
            order::Event::Confirmed { at, .. } => {
                self.stage = Some(Stage::Confirmed);
                self.confirmed_at = Some(*at);
                self.counts = true;
            }
            order::Event::ProcessingStarted { .. } => self.stage = Some(Stage::Processing),
            order::Event::Shipped { .. } => self.stage = Some(Stage::Shipped),
            order::Event::Delivered { .. } => self.stage = Some(Stage::Delivered),
            order::Event::Cancelled { .. } => {
                self.stage = Some(Stage::Cancelled);
                self.counts = false;
            }
            order::Event::Refunded { lines, amount, .. } => {
                line::refund(&mut self.lines, lines, *amount).ok_or(ApplyError::Overflow)?;
            }
            // The stage is the whole order's, which follows the last of its parts.
            order::Event::PaymentReopened { .. }
            | order::Event::GiftCardApplied { .. }
            | order::Event::FulfilmentProcessingStarted { .. }
            | order::Event::FulfilmentShipped { .. }
            | order::Event::FulfilmentDelivered { .. } => {}
        }
        Ok(())
    }
}

impl Projection for Sales {
    const NAME: &'static str = "sales";
    const VERSION: i32 = 1;
    const GROUP: Group = Group::Books;
    const TABLE: &'static str = "sales_sources";
    const DERIVED: &'static [&'static str] = &[
        "sales_sums",
        "sales_products",
        "sales_customers",
        "sales_customer_months",
        "sales_cohorts",
    ];
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["account", "order", "product"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let kind = match &event.fact {
            Fact::Account(_) => Kind::Account,
            Fact::Order(_) => Kind::Order,
            Fact::Product(_) => Kind::Product,
            _ => return Ok(row),
        };
        let mut row = row.unwrap_or_else(|| Row::new(*key, kind, event.recorded_at));
        match &event.fact {
            Fact::Account(fact) => row.change_account(fact),
            Fact::Order(fact) => row.change_order(fact)?,
            Fact::Product(fact) => row.change_product(fact),
            _ => {}
        }
        row.version = event.sequence;
        Ok(Some(row))
    }
}
