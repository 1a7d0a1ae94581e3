//! Step 1: one append places the order, reserves its goods, opens its payment, empties the cart.

use super::value::{self, Means, PointsWanted, Streams};
use super::{Checkout, CheckoutError, OrderState, products_of, with_stock};
use crate::log::{Answer, Execute};
use aggregates::loyalty_account::Programme;
use aggregates::order::pricing::Item;
use aggregates::order::{CardPart, DeliveryMethod, NewLine, PaymentMethod};
use aggregates::{
    Account, Cart, CartId, Money, Order, OrderId, Payment, PaymentId, Points, Product, ProductId,
    Promotion, Quantity, StockItem, UserId, cart, order, payment, stock_item,
};
use chrono::{DateTime, Duration, Utc};
use eventlog::{IdempotencyKey, Metadata, Outcome, UnitError, Work};
use std::sync::Arc;

/// What is ordered.
#[derive(Debug, Clone)]
pub enum Goods {
    Cart(CartId),
    Items(Vec<(ProductId, Quantity)>),
}

/// An order about to be placed.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    pub user_id: UserId,
    pub goods: Goods,
    pub delivery_method: DeliveryMethod,
    pub delivery_cost: Money,
    pub delivery_address: String,
    pub phone: String,
    pub payment_method: PaymentMethod,
    /// What is to be paid with besides money: what is absent here is taken from the cart.
    pub promo_code: Option<aggregates::PromoCode>,
    pub gift_card: Option<cart::AppliedCard>,
    pub points: Option<Points>,
    /// How long the goods are held for an order that is not confirmed.
    pub hold: Duration,
}

/// The ids and times of one placing: the same however often the unit of work runs.
#[derive(Debug, Clone)]
struct Facts {
    order_id: OrderId,
    payment_id: PaymentId,
    number: String,
    now: DateTime<Utc>,
    programme: Arc<Programme>,
}

impl PlaceOrder {
    /// What it is paid with: what the request names, else what the cart notes.
    fn means_with(&self, cart: &Cart) -> Means {
        let of_cart = PointsWanted::UpTo(cart.points);
        Means {
            promo_code: self.promo_code.clone().or_else(|| cart.promo_code.clone()),
            gift_card: self.gift_card.clone().or_else(|| cart.gift_card.clone()),
            points: self.points.map_or(of_cart, PointsWanted::Exactly),
        }
    }
}

/// What is known before the unit of work.
struct Found {
    products: Vec<ProductId>,
    means: Means,
}

impl Found {
    fn streams(&self, user_id: UserId) -> Streams {
        Streams {
            user_id,
            promo_code: self.means.promo_code.clone(),
            gift_card_id: self.means.gift_card.as_ref().map(|card| card.gift_card_id),
        }
    }
}

/// Key of an order's delivery address in the personal data of its buyer.
pub fn address_key(order_id: OrderId) -> String {
    format!("order/{order_id}/delivery_address")
}

/// Key of an order's phone number in the personal data of its buyer.
pub fn phone_key(order_id: OrderId) -> String {
    format!("order/{order_id}/phone")
}

/// How often the streams are looked up again because the cart changed meanwhile.
const LOOKUPS: u32 = 5;

impl Checkout {
    /// Places an order. `answer` makes what is recorded under the idempotency key.
    pub async fn place<A: Answer>(
        &self,
        metadata: Metadata,
        request: PlaceOrder,
        key: Option<IdempotencyKey>,
        answer: impl Fn(&OrderState) -> A + Clone + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<CheckoutError>> {
        let facts = Facts {
            order_id: self.entropy.new_id().into(),
            payment_id: self.entropy.new_id().into(),
            number: order_number(self.entropy.bytes()),
            now: self.clock.now(),
            programme: Arc::clone(&self.programme),
        };
        for lookup in 1.. {
            let found = self.find(&request).await?;
            let done = self
                .try_place(&metadata, &request, &facts, &found, key.clone(), answer.clone())
                .await;
            match done {
                Err(UnitError::Rejected(CheckoutError::CartChanged)) if lookup < LOOKUPS => {}
                done => return done,
            }
        }
        Err(UnitError::Conflict)
    }

    /// Which streams the unit of work will meet. What is ordered is decided within it.
    async fn find(&self, request: &PlaceOrder) -> Result<Found, UnitError<CheckoutError>> {
        match &request.goods {
            Goods::Items(items) => Ok(Found {
                products: items.iter().map(|(id, _)| *id).collect(),
                means: request.means_with(&Cart::default()),
            }),
            Goods::Cart(id) => {
                let (cart, _) =
                    self.log.peek::<Cart>(&id.to_string()).await.map_err(UnitError::widen)?;
                Ok(Found {
                    products: cart.lines().iter().map(|line| line.product_id).collect(),
                    means: request.means_with(&cart),
                })
            }
        }
    }

    async fn try_place<A: Answer>(
        &self,
        metadata: &Metadata,
        request: &PlaceOrder,
        facts: &Facts,
        found: &Found,
        key: Option<IdempotencyKey>,
        answer: impl Fn(&OrderState) -> A + Send + 'static,
    ) -> Result<Outcome<A>, UnitError<CheckoutError>> {
        let mut unit = self
            .log
            .unit(metadata.clone())
            .create::<Order>(facts.order_id.to_string())
            .create::<Payment>(facts.payment_id.to_string())
            .read::<Account>(request.user_id.to_string())
            .idempotency(key);
        if let Goods::Cart(id) = &request.goods {
            unit = unit.write::<Cart>(id.to_string());
        }
        for id in &found.products {
            unit = unit.read::<Product>(id.to_string());
        }
        let (request, facts, means) = (request.clone(), facts.clone(), found.means.clone());
        with_stock(found.streams(request.user_id).join(unit), &found.products)
            .run(move |work| {
                decide(work, &request, &facts, &means)?;
                let state = OrderState::of(work, facts.order_id);
                let answer = answer(&state);
                work.respond_with(|| answer.recorded());
                Ok(answer)
            })
            .await
    }
}

fn decide(
    work: &mut Work<'_>,
    request: &PlaceOrder,
    facts: &Facts,
    means: &Means,
) -> Result<(), CheckoutError> {
    // An erased buyer must leave nothing personal behind, a blocked one may not buy.
    let buyer = work.state::<Account>(&request.user_id.to_string());
    if matches!(buyer, Account::Blocked { .. } | Account::Erased) {
        return Err(CheckoutError::AccountInactive);
    }
    let expires_at = facts.now + request.hold;
    if let Goods::Cart(id) = &request.goods
        && request.means_with(work.state::<Cart>(&id.to_string())) != *means
    {
        return Err(CheckoutError::CartChanged);
    }
    let (cart_id, lines) = lines_of(work, &request.goods)?;
    let lines = discounted(work, lines, means, facts.now)?;
    let (points, gift_card) = paid_otherwise(work, &lines, request, facts, means)?;
    let command = order::Command::Place {
        number: facts.number.clone(),
        user_id: request.user_id,
        cart_id,
        lines,
        currency: aggregates::Currency::default(),
        delivery_method: request.delivery_method,
        delivery_cost: request.delivery_cost,
        promo_code: means.promo_code.clone(),
        points,
        gift_card,
        payment_method: request.payment_method,
        payment_id: facts.payment_id,
        expires_at,
        at: facts.now,
    };
    work.execute::<Order>(facts.order_id, command)?;
    reserve(work, facts.order_id, expires_at)?;
    value::hold(work, facts.order_id, means, facts.now)?;
    request_payment(work, facts)?;
    if let Goods::Cart(id) = request.goods {
        work.execute::<Cart>(id, cart::Command::CheckOut { order_id: facts.order_id })?;
    }
    let subject = request.user_id.uuid();
    work.set_personal(subject, address_key(facts.order_id), &request.delivery_address);
    work.set_personal(subject, phone_key(facts.order_id), &request.phone);
    settle_at_once(work, request, facts)
}

/// The lines, at the prices of this moment.
fn lines_of(
    work: &Work<'_>,
    goods: &Goods,
) -> Result<(Option<CartId>, Vec<NewLine>), CheckoutError> {
    let (cart_id, wanted) = match goods {
        Goods::Items(items) => (None, items.clone()),
        Goods::Cart(id) => {
            let cart = work.state::<Cart>(&id.to_string());
            if cart.is_empty() {
                return Err(cart::Error::Empty.into());
            }
            (Some(*id), cart.lines().iter().map(|line| (line.product_id, line.quantity)).collect())
        }
    };
    let lines = wanted.into_iter().map(|(product_id, quantity)| {
        let id = product_id.to_string();
        if !work.involves::<Product>(&id) {
            return Err(CheckoutError::CartChanged);
        }
        let product = work.state::<Product>(&id);
        let product = product.for_sale().ok_or(CheckoutError::NotForSale { product_id })?;
        Ok(NewLine {
            product_id,
            seller_id: product.seller_id,
            name: product.name.clone(),
            quantity,
            price: product.price,
            discount: Money::ZERO,
        })
    });
    Ok((cart_id, lines.collect::<Result<_, _>>()?))
}

/// The lines with what the promotion takes off each.
fn discounted(
    work: &Work<'_>,
    mut lines: Vec<NewLine>,
    means: &Means,
    at: DateTime<Utc>,
) -> Result<Vec<NewLine>, CheckoutError> {
    let Some(code) = &means.promo_code else { return Ok(lines) };
    let items = lines.iter().map(|line| {
        let product = work.state::<Product>(&line.product_id.to_string());
        let category = product.details().map(|details| details.category.clone());
        let total = line.price.checked_mul(line.quantity.get()).ok_or(order::Error::Overflow)?;
        Ok(Item::new(line.product_id, total, category.unwrap_or_default()))
    });
    let items = items.collect::<Result<Vec<_>, order::Error>>()?;
    let discounts = work.state::<Promotion>(code.as_str()).discounts(&items, at)?;
    for (line, discount) in lines.iter_mut().zip(discounts) {
        line.discount = discount;
    }
    Ok(lines)
}

/// The points and the part of the gift card that pay the order.
fn paid_otherwise(
    work: &Work<'_>,
    lines: &[NewLine],
    request: &PlaceOrder,
    facts: &Facts,
    means: &Means,
) -> Result<(Points, Option<CardPart>), CheckoutError> {
    let net = lines
        .iter()
        .map(|line| line.price.checked_mul(line.quantity.get())?.checked_sub(line.discount));
    let goods = net.collect::<Option<Vec<_>>>().and_then(Money::checked_sum);
    let goods = goods.ok_or(order::Error::Overflow)?;
    value::split(work, means, goods, request.delivery_cost, &facts.programme, facts.now)
}

fn reserve(
    work: &mut Work<'_>,
    order_id: OrderId,
    expires_at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let order = work.state::<Order>(&order_id.to_string()).clone();
    for line in order.details().map(|details| details.lines.as_slice()).unwrap_or_default() {
        let quantity = line.quantity;
        let command = stock_item::Command::Reserve { order_id, quantity, expires_at };
        work.execute::<StockItem>(line.product_id, command)
            .map_err(CheckoutError::stock(line.product_id))?;
    }
    Ok(())
}

fn request_payment(work: &mut Work<'_>, facts: &Facts) -> Result<(), CheckoutError> {
    let order = work.state::<Order>(&facts.order_id.to_string()).clone();
    let Some(details) = order.details() else { return Err(order::Error::NotFound.into()) };
    let command = payment::Command::Request {
        purpose: payment::Purpose::Order(facts.order_id),
        user_id: details.user_id,
        amount: details.amount_due(),
        currency: details.currency,
        method: details.payment_method,
        at: facts.now,
    };
    Ok(work.execute::<Payment>(facts.payment_id, command)?)
}

/// Cash at the door, or nothing to pay: the order need not wait for money.
fn settle_at_once(
    work: &mut Work<'_>,
    request: &PlaceOrder,
    facts: &Facts,
) -> Result<(), CheckoutError> {
    let order = work.state::<Order>(&facts.order_id.to_string());
    let free = order.details().is_some_and(|details| details.amount_due().is_zero());
    if !free && request.payment_method != PaymentMethod::CashOnDelivery {
        return Ok(());
    }
    if free {
        let transaction_id = "nothing-to-pay".to_owned();
        let command = payment::Command::Complete { transaction_id, at: facts.now };
        work.execute::<Payment>(facts.payment_id, command)?;
    }
    confirm(work, facts.order_id, &facts.programme, facts.now)
}

/// Confirms a pending order: its reservations become sales, what it holds is taken.
pub(super) fn confirm(
    work: &mut Work<'_>,
    order_id: OrderId,
    programme: &Programme,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let order = work.state::<Order>(&order_id.to_string()).clone();
    let Some(details) = order.details() else { return Err(order::Error::NotFound.into()) };
    let points_earned = value::take(work, order_id, details, programme, at)?;
    let command = order::Command::Confirm { points_earned, at, by: order::Actor::System };
    work.execute::<Order>(order_id, command)?;
    for product_id in products_of(&order) {
        work.execute::<StockItem>(product_id, stock_item::Command::Commit { order_id })
            .map_err(CheckoutError::stock(product_id))?;
    }
    Ok(())
}

/// A number that people can read to each other: `L-` and ten characters without I, L, O, U.
fn order_number(random: [u8; 10]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let characters = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    format!("L-{}", characters.collect::<String>())
}
