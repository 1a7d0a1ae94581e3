//! Every price that a product had, one row for each event that set one. In the shop's group: whoever
//! changes a price sees it here at once, and so does everybody else.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Page, history};

use crate::{ApplyError, Envelope, Projection};
use aggregates::product::Event;
use aggregates::{Fact, Money, ProductId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub struct PriceHistory;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The stream and the sequence of the event.
    pub id: String,
    pub product_id: ProductId,
    pub sequence: i64,
    /// From when on it was asked for.
    pub at: DateTime<Utc>,
    pub price: Money,
    /// The price before; absent of the first.
    pub previous: Option<Money>,
}

/// The price that an event sets, and the one before.
fn set_price(event: &Event) -> Option<(Money, Option<Money>)> {
    match event {
        Event::Created { price, .. } => Some((*price, None)),
        Event::PriceChanged { price, previous } => Some((*price, Some(*previous))),
        Event::DetailsChanged { .. }
        | Event::AlbumDescribed { .. }
        | Event::Activated {}
        | Event::Deactivated {}
        | Event::Archived {} => None,
    }
}

impl Projection for PriceHistory {
    const NAME: &'static str = "price_history";
    const VERSION: i32 = 1;
    const TABLE: &'static str = "price_history";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["product"];
    type Key = String;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = String>, ApplyError> {
        let Fact::Product(fact) = &event.fact else {
            return Ok(None);
        };
        Ok(set_price(fact).map(|_| format!("{}:{}", event.stream_id, event.sequence)))
    }

    fn apply(row: Option<Row>, key: &String, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::Product(fact) = &event.fact else {
            return Ok(row);
        };
        let Some((price, previous)) = set_price(fact) else {
            return Ok(row);
        };
        Ok(Some(Row {
            id: key.clone(),
            product_id: ProductId::new(event.id()?),
            sequence: event.sequence,
            at: event.recorded_at,
            price,
            previous,
        }))
    }
}
