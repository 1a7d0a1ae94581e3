//! A cart.

use crate::cart::CartState;
use aggregates::{CartId, Money, ProductId};
use projections::carts::CartView;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A cart, at the prices of now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Cart)]
pub struct CartResource {
    pub id: Uuid,
    pub items: Vec<CartItem>,
    /// The sum of the lines.
    #[schema(value_type = String, example = "5198.00")]
    pub subtotal: Money,
    #[schema(value_type = String, example = "0.00")]
    pub discount: Money,
    /// `subtotal - discount`; delivery comes with the order.
    #[schema(value_type = String, example = "5198.00")]
    pub total: Money,
    pub version: i64,
}

/// A line of a cart.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CartItem {
    /// The line's id: that of its product.
    pub id: Uuid,
    pub product_id: Uuid,
    pub product: CartProduct,
    pub quantity: u32,
    /// Of one unit, now.
    #[schema(value_type = String, example = "2599.00")]
    pub price: Money,
    #[schema(value_type = String, example = "5198.00")]
    pub line_total: Money,
    /// Whether the whole line could be ordered now.
    pub available: bool,
    /// Whether the price is another one than when the line was added.
    pub price_changed: bool,
}

/// The product of a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CartProduct {
    pub id: Uuid,
    pub name: String,
    #[schema(value_type = String, example = "2599.00")]
    pub price: Money,
    pub image_url: Option<String>,
    /// Units that can be ordered now.
    pub quantity: i64,
}

/// A line as both sources know it.
struct Line {
    product_id: ProductId,
    units: u32,
    price_when_added: Money,
    name: String,
    price: Money,
    image_url: Option<String>,
    in_stock: i64,
    for_sale: bool,
}

impl From<Line> for CartItem {
    fn from(line: Line) -> Self {
        let id = line.product_id.uuid();
        Self {
            id,
            product_id: id,
            quantity: line.units,
            price: line.price,
            // A line that overflows cannot be ordered; it shows the largest amount.
            line_total: line.price.checked_mul(line.units).unwrap_or(Money::MAX),
            available: line.for_sale && i64::from(line.units) <= line.in_stock,
            price_changed: line.price != line.price_when_added,
            product: CartProduct {
                id,
                name: line.name,
                price: line.price,
                image_url: line.image_url,
                quantity: line.in_stock,
            },
        }
    }
}

impl CartResource {
    fn of(id: CartId, version: i64, lines: impl Iterator<Item = Line>) -> Self {
        let items: Vec<CartItem> = lines.map(CartItem::from).collect();
        let subtotal = Money::checked_sum(items.iter().map(|item| item.line_total));
        let subtotal = subtotal.unwrap_or(Money::MAX);
        Self { id: id.uuid(), items, subtotal, discount: Money::ZERO, total: subtotal, version }
    }

    /// A cart that nobody has put anything into.
    pub fn empty(id: CartId) -> Self {
        Self::of(id, 0, std::iter::empty())
    }
}

impl From<&CartState> for CartResource {
    fn from(state: &CartState) -> Self {
        let lines = state.cart.lines().iter().filter_map(|line| {
            let goods = state.goods.get(&line.product_id)?;
            Some(Line {
                product_id: line.product_id,
                units: line.quantity.get(),
                price_when_added: line.price,
                name: goods.name.clone(),
                price: goods.price,
                image_url: goods.image_url.clone(),
                in_stock: goods.quantity.into(),
                for_sale: goods.for_sale,
            })
        });
        Self::of(state.id, state.version, lines)
    }
}

impl From<CartView> for CartResource {
    fn from(view: CartView) -> Self {
        let lines = view.items.into_iter().map(|item| {
            let known = item.product.filter(|product| !product.name.is_empty());
            let (name, price, image_url, in_stock, for_sale) = match known {
                Some(p) => (p.name, p.price, p.image_url, p.quantity, p.for_sale),
                None => (String::new(), item.price, None, 0, false),
            };
            Line {
                product_id: item.product_id,
                units: item.quantity.get(),
                price_when_added: item.price,
                name,
                price,
                image_url,
                in_stock,
                for_sale,
            }
        });
        Self::of(view.id, view.version, lines)
    }
}
