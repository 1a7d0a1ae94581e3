//! A product.

use crate::http::docs::{Amount, AverageRating};
use aggregates::{Money, ProductId, product};
use chrono::{DateTime, Utc};
use projections::catalogue;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// A product of the catalogue.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Product)]
pub struct ProductResource {
    pub id: Uuid,
    pub seller_id: Uuid,
    #[schema(example = "Беспроводная мышь")]
    pub name: String,
    pub description: String,
    /// Of one unit.
    #[schema(value_type = Amount)]
    pub price: Money,
    #[schema(example = "KZT")]
    pub currency: String,
    /// Units that can be ordered now.
    pub quantity: i64,
    #[schema(example = "electronics")]
    pub category: String,
    /// Those that were uploaded here come smaller too: `?size=small`, `medium` or `large`.
    pub image_urls: Vec<String>,
    pub attributes: BTreeMap<String, String>,
    /// Whether it is offered for sale.
    pub is_active: bool,
    /// The mean of its published reviews, 0.00 to 5.00; 0.00 where there are none.
    #[schema(value_type = AverageRating)]
    pub rating: Decimal,
    pub reviews_count: i64,
    /// The version of the product itself, for `If-Match`; stock changes without it.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What a command knows of a product beside the aggregate.
#[derive(Debug, Clone, Copy)]
pub struct ProductDetails<'a> {
    pub id: ProductId,
    pub details: &'a product::Details,
    pub quantity: u32,
    pub version: i64,
    pub rating: Decimal,
    pub reviews_count: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<ProductDetails<'_>> for ProductResource {
    fn from(product: ProductDetails<'_>) -> Self {
        let details = product.details;
        Self {
            id: product.id.uuid(),
            seller_id: details.seller_id.uuid(),
            name: details.name.clone(),
            description: details.description.clone(),
            price: details.price,
            currency: details.currency.to_string(),
            quantity: product.quantity.into(),
            category: details.category.clone(),
            image_urls: details.image_urls.clone(),
            attributes: details.attributes.clone(),
            is_active: details.is_active,
            rating: two_digits(product.rating),
            reviews_count: product.reviews_count,
            version: product.version,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

impl From<catalogue::Row> for ProductResource {
    fn from(row: catalogue::Row) -> Self {
        Self {
            id: row.id.uuid(),
            seller_id: row.seller_id.uuid(),
            name: row.name,
            description: row.description,
            price: row.price,
            currency: row.currency.to_string(),
            quantity: row.quantity,
            category: row.category,
            image_urls: row.image_urls,
            attributes: row.attributes,
            is_active: row.is_active,
            rating: two_digits(row.rating),
            reviews_count: row.reviews_count,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

fn two_digits(mut rating: Decimal) -> Decimal {
    rating.rescale(2);
    rating
}
