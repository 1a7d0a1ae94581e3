//! A cart.

use super::masked;
use crate::cart::{Applied, CartState, Quote, Terms};
use crate::http::docs::Amount;
use aggregates::order::pricing::Item;
use aggregates::{Cart, CartId, Money, ProductId};
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
    /// The promotion that the order is to use.
    #[schema(example = "SUMMER25")]
    pub promo_code: Option<String>,
    /// The gift card that is to pay of it.
    pub gift_card: Option<CartGiftCard>,
    /// The points that are to pay of it.
    pub points: Option<CartPoints>,
    /// The sum of the lines.
    #[schema(value_type = Amount)]
    pub subtotal: Money,
    /// What the promotion takes off; zero where it does not count now.
    #[schema(value_type = Amount)]
    pub discount: Money,
    /// `subtotal - discount`; delivery comes with the order.
    #[schema(value_type = Amount)]
    pub total: Money,
    /// What points and gift card leave of the total.
    #[schema(value_type = Amount)]
    pub amount_due: Money,
    pub version: i64,
}

/// A gift card in a cart.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CartGiftCard {
    #[schema(example = "****-****-****-0B5H")]
    pub code: String,
    /// What it would pay now, before delivery.
    #[schema(value_type = Amount)]
    pub amount: Money,
}

/// Points in a cart.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CartPoints {
    /// As many as were asked for.
    pub requested: u64,
    /// As many as would count now: at most half of the goods.
    pub used: u64,
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
    #[schema(value_type = Amount)]
    pub price: Money,
    #[schema(value_type = Amount)]
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
    #[schema(value_type = Amount)]
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
    fn of(
        id: CartId,
        version: i64,
        cart: &Cart,
        lines: impl Iterator<Item = Line>,
        quote: Quote,
    ) -> Self {
        let gift_card = cart.gift_card.as_ref();
        Self {
            id: id.uuid(),
            items: lines.map(CartItem::from).collect(),
            promo_code: cart.promo_code.as_ref().map(ToString::to_string),
            gift_card: gift_card
                .map(|card| CartGiftCard { code: masked(&card.hint), amount: quote.gift_card }),
            points: (!cart.points.is_zero())
                .then(|| CartPoints { requested: cart.points.get(), used: quote.points.get() }),
            subtotal: quote.subtotal,
            discount: quote.discount,
            total: quote.total(),
            amount_due: quote.due,
            version,
        }
    }

    /// A cart that nobody has put anything into.
    pub fn empty(id: CartId) -> Self {
        Self::of(id, 0, &Cart::default(), std::iter::empty(), Quote::default())
    }

    /// The read model's cart, with what its means of payment are worth.
    pub fn from_view(view: CartView, applied: &Applied, terms: &Terms) -> Self {
        let items: Vec<Item> = view.items.iter().map(promoted).collect();
        let quote = Quote::of(&view.cart, &items, applied, &terms.programme, terms.now);
        let lines = view.items.into_iter().map(Line::from);
        Self::of(view.id, view.version, &view.cart, lines, quote)
    }
}

/// A line as a promotion looks at it.
fn promoted(item: &projections::carts::Item) -> Item {
    let product = item.product.as_ref().filter(|product| !product.name.is_empty());
    let (price, category) =
        product.map_or((item.price, ""), |product| (product.price, product.category.as_str()));
    let total = price.checked_mul(item.quantity.get()).unwrap_or(Money::MAX);
    Item::new(item.product_id, total, category)
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
        Self::of(state.id, state.version, &state.cart, lines, state.quote)
    }
}

impl From<projections::carts::Item> for Line {
    fn from(item: projections::carts::Item) -> Self {
        let known = item.product.filter(|product| !product.name.is_empty());
        let (name, price, image_url, in_stock, for_sale) = match known {
            Some(p) => (p.name, p.price, p.image_url, p.quantity, p.for_sale),
            None => (String::new(), item.price, None, 0, false),
        };
        Self {
            product_id: item.product_id,
            units: item.quantity.get(),
            price_when_added: item.price,
            name,
            price,
            image_url,
            in_stock,
            for_sale,
        }
    }
}
