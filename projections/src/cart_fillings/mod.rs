//! When carts were filled: the first stage of the funnel. A cart is filled when its first line
//! comes in, and again after it was emptied or ordered; what a guest brings along at login was
//! filled before. Never says whose carts these are: the id of a guest's cart is a secret, so no
//! query shows ids.

mod queries;
#[cfg(test)]
mod tests;

pub(crate) use queries::filled;

use crate::{ApplyError, Envelope, Group, Projection};
use aggregates::cart::Event;
use aggregates::{CartId, Fact, ProductId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(Debug)]
pub struct CartFillings;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub id: CartId,
    pub version: i64,
    /// What is in it now.
    pub product_ids: BTreeSet<ProductId>,
    /// How often it was filled, by quarters of an hour: however busy a cart is, it stays short.
    pub filled: BTreeMap<DateTime<Utc>, u32>,
}

impl Row {
    fn take(&mut self, event: &Event, at: DateTime<Utc>) {
        match event {
            Event::ItemAdded { product_id, .. } => {
                if self.product_ids.is_empty() {
                    *self.filled.entry(quarter(at)).or_default() += 1;
                }
                self.product_ids.insert(*product_id);
            }
            Event::ItemRemoved { product_id } => {
                self.product_ids.remove(product_id);
            }
            Event::Merged { lines, .. } => {
                self.product_ids.extend(lines.iter().map(|line| line.product_id));
            }
            Event::Cleared {} | Event::HandedOver { .. } | Event::CheckedOut { .. } => {
                self.product_ids.clear();
            }
            Event::QuantityChanged { .. }
            | Event::PromoApplied { .. }
            | Event::PromoRemoved {}
            | Event::GiftCardApplied { .. }
            | Event::GiftCardRemoved {}
            | Event::PointsApplied { .. }
            | Event::PointsRemoved {} => {}
        }
    }
}

/// The quarter of an hour that a moment is in.
fn quarter(at: DateTime<Utc>) -> DateTime<Utc> {
    let into = TimeDelta::seconds(at.timestamp().rem_euclid(15 * 60));
    at - into - TimeDelta::nanoseconds(at.timestamp_subsec_nanos().into())
}

impl Projection for CartFillings {
    const NAME: &'static str = "cart_fillings";
    const VERSION: i32 = 1;
    const GROUP: Group = Group::Books;
    const TABLE: &'static str = "cart_fillings";
    const DERIVED: &'static [&'static str] = &["cart_sums"];
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["cart"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Cart(fact) = &event.fact else {
            return Ok(row);
        };
        event.follows(row.as_ref().map_or(0, |row| row.version))?;
        let mut row = row.unwrap_or_else(|| Row {
            id: CartId::new(*key),
            version: 0,
            product_ids: BTreeSet::new(),
            filled: BTreeMap::new(),
        });
        row.take(fact, event.recorded_at);
        row.version = event.sequence;
        Ok(Some(row))
    }
}
