//! An item of a wishlist.

use super::CartProduct;
use crate::http::docs::{Amount, SignedAmount};
use crate::wishlists::Wished;
use aggregates::{Money, ProductId};
use chrono::{DateTime, Utc};
use projections::wishlists::Item;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A product on a wishlist, as it is now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WishlistItem {
    pub product_id: Uuid,
    pub product: CartProduct,
    /// Of one unit, when it was added.
    #[schema(value_type = Amount)]
    pub price_when_added: Money,
    /// Of one unit, now.
    #[schema(value_type = Amount)]
    pub price: Money,
    /// What the price rose by since; negative where it fell.
    #[schema(value_type = SignedAmount)]
    pub price_change: Decimal,
    pub price_changed: bool,
    /// Whether it could be ordered now.
    pub available: bool,
    pub added_at: DateTime<Utc>,
}

/// The product as both sources know it.
struct Known {
    name: String,
    price: Money,
    image_url: Option<String>,
    quantity: i64,
    for_sale: bool,
}

impl WishlistItem {
    /// A product that is not known (any more) has the price of then, no name and no units.
    fn of(
        product_id: ProductId,
        then: Money,
        added_at: DateTime<Utc>,
        known: Option<Known>,
    ) -> Self {
        let gone = Known {
            name: String::new(),
            price: then,
            image_url: None,
            quantity: 0,
            for_sale: false,
        };
        let Known { name, price, image_url, quantity, for_sale } = known.unwrap_or(gone);
        let mut price_change = price.decimal() - then.decimal();
        price_change.rescale(2);
        let product_id = product_id.uuid();
        Self {
            product_id,
            product: CartProduct { id: product_id, name, price, image_url, quantity },
            price_when_added: then,
            price,
            price_change,
            price_changed: price != then,
            available: for_sale && quantity > 0,
            added_at,
        }
    }
}

impl From<&Wished> for WishlistItem {
    fn from(wished: &Wished) -> Self {
        let known = wished.product.as_ref().map(|details| Known {
            name: details.name.clone(),
            price: details.price,
            image_url: details.image_urls.first().cloned(),
            quantity: wished.quantity.into(),
            for_sale: details.is_active,
        });
        let item = &wished.item;
        Self::of(item.product_id, item.price, item.added_at, known)
    }
}

impl From<Item> for WishlistItem {
    fn from(item: Item) -> Self {
        let known = item.product.map(|product| Known {
            name: product.name,
            price: product.price,
            image_url: product.image_url,
            quantity: product.quantity,
            for_sale: product.for_sale,
        });
        Self::of(item.product_id, item.price, item.added_at, known)
    }
}
