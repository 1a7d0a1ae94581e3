//! The catalogue: products with their stock, to be listed, searched and filtered.
//!
//! Two streams fold into one row, the product's and its stock item's, in whichever order they come:
//! a row that knows only stock has version 0 and stays hidden. The reviews of the product, a stream
//! each, add what they change of its rating: sums, so that no order of them matters and none is
//! counted from anything but its own event.

mod facets;
mod filter;
mod queries;
mod search;
#[cfg(test)]
mod tests;

pub use facets::{CategoryCount, Facets, PriceBand, categories, facets};
pub use filter::{Filter, Show};
pub use queries::{Cursor, Page, PageRequest, Sort, list, product, products};
pub use search::CommonWords;

use crate::{ApplyError, Envelope, Projection};
use aggregates::review::{self, Tally};
use aggregates::{Currency, Fact, Money, ProductId, UserId, product, stock_item};
use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Debug)]
pub struct Catalogue;

/// A product as queries return it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: ProductId,
    pub seller_id: UserId,
    pub name: String,
    pub description: String,
    pub price: Money,
    pub currency: Currency,
    /// Units that can be ordered: on hand and not reserved.
    pub quantity: i64,
    /// Units in the warehouse.
    pub on_hand: i64,
    pub category: String,
    pub image_urls: Vec<String>,
    pub attributes: BTreeMap<String, String>,
    pub is_active: bool,
    pub archived: bool,
    /// The mean of the published reviews, 0 where there are none. A JSON number with two digits, for
    /// which a float is exact.
    #[serde(with = "rust_decimal::serde::float")]
    pub rating: Decimal,
    /// Published ones.
    pub reviews_count: i64,
    /// The sum of their ratings, which the mean is made of.
    pub rating_sum: i64,
    /// Of the product's stream; 0 where only stock is known.
    pub version: i64,
    /// Of the stock item's stream.
    pub stock_version: i64,
    pub created_at: DateTime<Utc>,
    /// When the product itself was last changed; stock comes and goes without.
    pub updated_at: DateTime<Utc>,
}

impl Row {
    /// Nothing but an id: what the first event of either stream starts from.
    fn new(id: Uuid, at: DateTime<Utc>) -> Self {
        Self {
            id: ProductId::new(id),
            seller_id: UserId::default(),
            name: String::new(),
            description: String::new(),
            price: Money::ZERO,
            currency: Currency::default(),
            quantity: 0,
            on_hand: 0,
            category: String::new(),
            image_urls: Vec::new(),
            attributes: BTreeMap::new(),
            is_active: false,
            archived: false,
            rating: Decimal::ZERO,
            reviews_count: 0,
            rating_sum: 0,
            version: 0,
            stock_version: 0,
            created_at: at,
            updated_at: at,
        }
    }

    fn change_product(&mut self, event: &product::Event, at: DateTime<Utc>) {
        match event {
            product::Event::Created {
                seller_id,
                name,
                description,
                price,
                currency,
                category,
                attributes,
                image_urls,
            } => {
                self.seller_id = *seller_id;
                self.name.clone_from(name);
                self.description.clone_from(description);
                self.price = *price;
                self.currency = *currency;
                self.category.clone_from(category);
                self.attributes.clone_from(attributes);
                self.image_urls.clone_from(image_urls);
                self.is_active = true;
                self.created_at = at;
            }
            product::Event::DetailsChanged {
                name,
                description,
                category,
                attributes,
                image_urls,
            } => {
                replace(&mut self.name, name.as_ref());
                replace(&mut self.description, description.as_ref());
                replace(&mut self.category, category.as_ref());
                replace(&mut self.attributes, attributes.as_ref());
                replace(&mut self.image_urls, image_urls.as_ref());
            }
            product::Event::PriceChanged { price, .. } => self.price = *price,
            // `albums` knows; what everybody sees of it comes as details.
            product::Event::AlbumDescribed { .. } => {}
            product::Event::Activated {} => self.is_active = true,
            product::Event::Deactivated {} => self.is_active = false,
            product::Event::Archived {} => self.archived = true,
        }
        self.updated_at = at;
    }

    fn change_stock(&mut self, event: &stock_item::Event) -> Result<(), ApplyError> {
        let units = |quantity: aggregates::Quantity| i64::from(quantity.get());
        let (on_hand, available) = match event {
            stock_item::Event::Received { quantity, .. } => {
                (i64::from(*quantity), i64::from(*quantity))
            }
            stock_item::Event::Adjusted { delta, .. } => (*delta, *delta),
            stock_item::Event::Reserved { quantity, .. } => (0, -units(*quantity)),
            stock_item::Event::Committed { quantity, .. } => (-units(*quantity), 0),
            stock_item::Event::Released { quantity, .. } => (0, units(*quantity)),
            stock_item::Event::Returned { quantity, .. } => (units(*quantity), units(*quantity)),
        };
        self.on_hand = self.on_hand.checked_add(on_hand).ok_or(ApplyError::Overflow)?;
        self.quantity = self.quantity.checked_add(available).ok_or(ApplyError::Overflow)?;
        Ok(())
    }

    fn change_rating(&mut self, event: &review::Event) -> Result<(), ApplyError> {
        let Tally { ratings, reviews } = event.tally();
        let counted = |now: i64, more: i64| {
            now.checked_add(more).filter(|sum| *sum >= 0).ok_or(ApplyError::Overflow)
        };
        self.rating_sum = counted(self.rating_sum, ratings)?;
        self.reviews_count = counted(self.reviews_count, reviews)?;
        self.rating = mean(self.rating_sum, self.reviews_count);
        Ok(())
    }
}

/// To two digits, halves away from zero as PostgreSQL rounds; zero where there is nothing.
fn mean(sum: i64, count: i64) -> Decimal {
    let mean = Decimal::from(sum).checked_div(Decimal::from(count)).unwrap_or_default();
    mean.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn replace<T: Clone>(field: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        field.clone_from(new);
    }
}

impl Projection for Catalogue {
    const NAME: &'static str = "catalogue";
    const VERSION: i32 = 4;
    const TABLE: &'static str = "products";
    const DERIVED: &'static [&'static str] = &["products_counts"];
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["product", "stock_item", "review"];
    type Key = Uuid;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = Uuid>, ApplyError> {
        if let Fact::Review(fact) = &event.fact {
            return Ok(Some(fact.product_id().uuid()));
        }
        event.id().map(Some)
    }

    fn apply(row: Option<Row>, key: &Uuid, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let mut row = row.unwrap_or_else(|| Row::new(*key, event.recorded_at));
        match &event.fact {
            Fact::Product(fact) => {
                event.follows(row.version)?;
                row.change_product(fact, event.recorded_at);
                row.version = event.sequence;
            }
            Fact::StockItem(fact) => {
                event.follows(row.stock_version)?;
                row.change_stock(fact)?;
                row.stock_version = event.sequence;
            }
            Fact::Review(fact) => row.change_rating(fact)?,
            // The streams it reads have no others.
            Fact::Account(_)
            | Fact::Artist(_)
            | Fact::Cart(_)
            | Fact::GiftCard(_)
            | Fact::LoyaltyAccount(_)
            | Fact::Order(_)
            | Fact::Payment(_)
            | Fact::Promotion(_)
            | Fact::PromotionUsage(_)
            | Fact::Webhook(_)
            | Fact::Wishlist(_) => {}
        }
        Ok(Some(row))
    }
}
