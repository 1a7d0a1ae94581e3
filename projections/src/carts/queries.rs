//! Reads of carts, with what the catalogue says about their products now.

use aggregates::{Cart, CartId, Money, ProductId, Quantity};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::types::Json;

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CartView {
    pub id: CartId,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
    /// What it is to be paid with besides money, too.
    pub cart: Cart,
    /// In the order in which they were added.
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Item {
    pub product_id: ProductId,
    pub quantity: Quantity,
    /// Of one unit, when it was last added.
    pub price: Money,
    /// `None` where the catalogue does not know the product.
    pub product: Option<Product>,
}

/// A product as it is now.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Product {
    pub name: String,
    pub price: Money,
    pub image_url: Option<String>,
    /// Units that can be ordered.
    pub quantity: i64,
    pub category: String,
    /// Active and not archived.
    pub for_sale: bool,
}

/// `None` where nothing was ever put into it.
pub async fn cart(db: &PgPool, id: CartId) -> Result<Option<CartView>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"SELECT json_build_object('id', c.id, 'version', c.version, 'updated_at', c.updated_at,
                  'cart', c.state,
                  'items', coalesce(i.items, '[]')) AS "view!: Json<CartView>"
             FROM read.carts c
             LEFT JOIN LATERAL (
                  SELECT json_agg(json_build_object(
                         'product_id', l.line -> 'product_id', 'quantity', l.line -> 'quantity',
                         'price', l.line -> 'price',
                         'product', CASE WHEN p.id IS NOT NULL THEN json_build_object(
                             'name', p.name, 'price', p.price, 'image_url', p.image_urls ->> 0,
                             'quantity', p.quantity, 'category', p.category,
                             'for_sale', p.is_active AND NOT p.archived)
                         END) ORDER BY l.place) AS items
                    FROM jsonb_array_elements(c.state -> 'lines') WITH ORDINALITY AS l(line, place)
                    LEFT JOIN read.products p
                      ON p.id = (l.line ->> 'product_id')::uuid AND p.version > 0
             ) i ON true
            WHERE c.id = $1"#,
        id.uuid()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|view| view.0))
}
