//! Changing carts: what a user or a guest puts into them, with the facts of the products.

mod apply;
mod owner;
mod quote;

pub use owner::guest_cart_id;
pub use quote::{Applied, Quote};

use crate::expected::Expected;
use crate::log::{Answer, Execute};
use aggregates::cart::{self, AppliedCard, MergedLine};
use aggregates::loyalty_account::Programme;
use aggregates::order::pricing::Item;
use aggregates::{
    Cart, CartId, Money, Points, Product, ProductId, PromoCode, Quantity, StockItem, gift_card,
    loyalty_account, promotion, promotion_usage,
};
use chrono::{DateTime, Utc};
use eventlog::{
    EventLog, IdempotencyKey, Metadata, Outcome, Position, UnitBuilder, UnitError, Work,
};
use std::collections::HashMap;
use std::sync::Arc;

/// What a caller wants of a cart.
#[derive(Debug, Clone)]
pub enum Change {
    Add {
        product_id: ProductId,
        quantity: Quantity,
    },
    SetQuantity {
        product_id: ProductId,
        quantity: Quantity,
    },
    Remove {
        product_id: ProductId,
    },
    Clear,
    /// What the order is to be paid with; `None` takes it out again.
    Promo(Option<PromoCode>),
    GiftCard(Option<AppliedCard>),
    Points(Points),
}

impl Change {
    fn product_id(&self) -> Option<ProductId> {
        match self {
            Self::Add { product_id, .. }
            | Self::SetQuantity { product_id, .. }
            | Self::Remove { product_id } => Some(*product_id),
            Self::Clear | Self::Promo(_) | Self::GiftCard(_) | Self::Points(_) => None,
        }
    }
}

/// Why a change of a cart was refused.
#[derive(Debug, thiserror::Error)]
pub enum CartError {
    #[error(transparent)]
    Cart(#[from] cart::Error),
    #[error(transparent)]
    Promotion(#[from] promotion::Error),
    #[error(transparent)]
    PromotionUsage(#[from] promotion_usage::Error),
    #[error(transparent)]
    GiftCard(#[from] gift_card::Error),
    #[error(transparent)]
    Loyalty(#[from] loyalty_account::Error),
    #[error("this promotion cannot be used together with points")]
    NotStackable,
    #[error("at most {most} points can be used for these goods, not {requested}")]
    PointsLimit { most: Points, requested: Points },
    #[error("there is no such product")]
    NoSuchProduct,
    /// The cart changed while its streams were being found; nothing was decided.
    #[error("the cart is being changed elsewhere")]
    Changed,
    /// The caller's `If-Match` names another version.
    #[error("the cart is at version {found}, not at the one that `If-Match` names")]
    Stale { found: i64 },
}

/// A product as a cart shows it.
#[derive(Debug, Clone)]
pub struct Goods {
    pub name: String,
    pub price: Money,
    pub image_url: Option<String>,
    /// Units in stock that nobody holds.
    pub quantity: u32,
    pub category: String,
    pub for_sale: bool,
}

/// A cart after a change, with the products in it.
#[derive(Debug, Clone)]
pub struct CartState {
    pub id: CartId,
    pub cart: Cart,
    pub version: i64,
    pub goods: HashMap<ProductId, Goods>,
    pub quote: Quote,
}

/// The rules and the moment of a change.
#[derive(Debug, Clone)]
pub struct Terms {
    pub programme: Arc<Programme>,
    pub now: DateTime<Utc>,
}

/// Whose change it is, and under which conditions.
#[derive(Debug, Clone)]
pub struct Request {
    pub metadata: Metadata,
    pub cart_id: CartId,
    pub terms: Terms,
    pub expected: Expected,
    pub key: Option<IdempotencyKey>,
}

/// How often the streams are looked up again because the cart changed meanwhile.
const LOOKUPS: u32 = 5;

/// Changes a cart. `answer` makes what is recorded under the idempotency key.
pub async fn change<A: Answer>(
    log: &EventLog,
    request: Request,
    change: Change,
    answer: impl Fn(&CartState) -> A + Clone + Send + 'static,
) -> Result<Outcome<A>, UnitError<CartError>> {
    let Request { metadata, cart_id, terms, expected, key } = request;
    for lookup in 1.. {
        let (cart, _) = log.peek::<Cart>(&cart_id.to_string()).await.map_err(UnitError::widen)?;
        let mut unit =
            log.unit(metadata.clone()).write::<Cart>(cart_id.to_string()).idempotency(key.clone());
        for line in cart.lines() {
            unit = with_goods(unit, line.product_id);
        }
        if let Some(product_id) = change.product_id() {
            unit = with_goods(unit, product_id);
        }
        unit = apply::involve(unit, cart_id, &cart, &change);
        let (answer, expected, terms) = (answer.clone(), expected.clone(), terms.clone());
        let change = change.clone();
        let done = unit
            .run(move |work| {
                check_version(work, cart_id, &expected)?;
                apply(work, cart_id, &change, &terms)?;
                let state = state_of(work, cart_id, &terms)?;
                let answer = answer(&state);
                work.respond_with(|| answer.recorded());
                Ok(answer)
            })
            .await;
        match done {
            Err(UnitError::Rejected(CartError::Changed)) if lookup < LOOKUPS => {}
            done => return done,
        }
    }
    Err(UnitError::Conflict)
}

/// Moves what a guest has collected into the user's cart, and returns where the log is then. Does
/// nothing where that is nothing.
pub async fn merge_guest(
    log: &EventLog,
    metadata: Metadata,
    user_cart: CartId,
    guest_cart: CartId,
) -> Result<Option<Position>, UnitError<CartError>> {
    let (guest, _) = log.peek::<Cart>(&guest_cart.to_string()).await.map_err(UnitError::widen)?;
    if guest.is_empty() {
        return Ok(None);
    }
    let outcome = log
        .unit(metadata)
        .write::<Cart>(user_cart.to_string())
        .write::<Cart>(guest_cart.to_string())
        .run(move |work| -> Result<(), CartError> {
            let guest = work.state::<Cart>(&guest_cart.to_string());
            let merged = guest.lines().iter().map(|line| MergedLine {
                product_id: line.product_id,
                quantity: line.quantity,
                price: line.price,
            });
            let lines: Vec<_> = merged.collect();
            if lines.is_empty() {
                return Ok(());
            }
            let merge = cart::Command::Merge { from: guest_cart, into: user_cart, lines };
            work.execute::<Cart>(user_cart, merge)?;
            Ok(work.execute::<Cart>(guest_cart, cart::Command::HandOver { to: user_cart })?)
        })
        .await?;
    match outcome {
        Outcome::Done(done) => Ok(done.position),
        // Only with an idempotency key.
        Outcome::Replayed(_) => Ok(None),
    }
}

/// The facts of a product may be slightly out of date in a cart; the order takes fresh ones.
fn with_goods(unit: UnitBuilder<'_>, product_id: ProductId) -> UnitBuilder<'_> {
    unit.peek::<Product>(product_id.to_string()).peek::<StockItem>(product_id.to_string())
}

fn check_version(work: &Work<'_>, cart_id: CartId, expected: &Expected) -> Result<(), CartError> {
    let found = work.version::<Cart>(&cart_id.to_string());
    if expected.allows(found) { Ok(()) } else { Err(CartError::Stale { found }) }
}

fn apply(
    work: &mut Work<'_>,
    cart_id: CartId,
    change: &Change,
    terms: &Terms,
) -> Result<(), CartError> {
    let command = match change.clone() {
        Change::Add { product_id, quantity } => {
            let product = work.state::<Product>(&product_id.to_string());
            let price = product.for_sale().ok_or(CartError::NoSuchProduct)?.price;
            let available = work.state::<StockItem>(&product_id.to_string()).available();
            cart::Command::AddItem { product_id, quantity, price, available }
        }
        Change::SetQuantity { product_id, quantity } => {
            let available = work.state::<StockItem>(&product_id.to_string()).available();
            cart::Command::ChangeQuantity { product_id, quantity, available }
        }
        Change::Remove { product_id } => cart::Command::RemoveItem { product_id },
        Change::Clear => cart::Command::Clear,
        Change::Promo(code) => apply::promo(work, cart_id, code, terms)?,
        Change::GiftCard(card) => apply::gift_card(work, card, terms)?,
        Change::Points(points) => apply::points(work, cart_id, points, terms)?,
    };
    Ok(work.execute::<Cart>(cart_id, command)?)
}

fn state_of(work: &Work<'_>, id: CartId, terms: &Terms) -> Result<CartState, CartError> {
    let cart = work.state::<Cart>(&id.to_string()).clone();
    let version = work.version::<Cart>(&id.to_string());
    let mut goods = HashMap::with_capacity(cart.lines().len());
    for line in cart.lines() {
        goods.insert(line.product_id, goods_of(work, line)?);
    }
    let applied = apply::applied(work, id, &cart)?;
    let quote = Quote::of(&cart, &items_of(&cart, &goods), &applied, &terms.programme, terms.now);
    Ok(CartState { id, cart, version, goods, quote })
}

/// The lines that could be ordered, as a promotion looks at them.
fn items_of(cart: &Cart, goods: &HashMap<ProductId, Goods>) -> Vec<Item> {
    let items = cart.lines().iter().filter_map(|line| {
        let goods = goods.get(&line.product_id)?;
        let total = goods.price.checked_mul(line.quantity.get()).unwrap_or(Money::MAX);
        Some(Item::new(line.product_id, total, goods.category.clone()))
    });
    items.collect()
}

fn goods_of(work: &Work<'_>, line: &cart::Line) -> Result<Goods, CartError> {
    let id = line.product_id.to_string();
    if !work.involves::<Product>(&id) {
        return Err(CartError::Changed);
    }
    let quantity = work.state::<StockItem>(&id).available();
    let product = work.state::<Product>(&id);
    Ok(match product.details() {
        Some(details) => Goods {
            name: details.name.clone(),
            price: details.price,
            image_url: details.image_urls.first().cloned(),
            quantity,
            category: details.category.clone(),
            for_sale: product.for_sale().is_some(),
        },
        // Deleted since: the line stays until its owner removes it.
        None => Goods {
            name: String::new(),
            price: line.price,
            image_url: None,
            quantity: 0,
            category: String::new(),
            for_sale: false,
        },
    })
}

/// What a promotion would take off a cart now. Changes nothing.
pub async fn try_promo(
    log: &EventLog,
    metadata: Metadata,
    cart_id: CartId,
    code: PromoCode,
    terms: Terms,
) -> Result<Money, UnitError<CartError>> {
    let (cart, _) = log.peek::<Cart>(&cart_id.to_string()).await.map_err(UnitError::widen)?;
    let mut unit = log.unit(metadata).peek::<Cart>(cart_id.to_string());
    for line in cart.lines() {
        unit = with_goods(unit, line.product_id);
    }
    unit = apply::involve(unit, cart_id, &cart, &Change::Promo(Some(code.clone())));
    match unit.run(move |work| apply::discount(work, cart_id, &code, &terms)).await? {
        Outcome::Done(done) => Ok(done.value),
        // Only with an idempotency key.
        Outcome::Replayed(_) => Err(UnitError::Conflict),
    }
}
