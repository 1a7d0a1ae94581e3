//! Step 1: one append places the order, reserves its goods, opens its payment, empties the cart.

use super::{Checkout, CheckoutError, OrderState, products_of, with_stock};
use crate::log::{Answer, Execute};
use aggregates::order::{DeliveryMethod, NewLine, PaymentMethod};
use aggregates::{
    Account, Cart, CartId, Money, Order, OrderId, Payment, PaymentId, Product, ProductId, Quantity,
    StockItem, UserId, cart, order, payment, stock_item,
};
use chrono::{DateTime, Duration, Utc};
use eventlog::{IdempotencyKey, Metadata, Outcome, UnitError, Work};

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
        };
        for lookup in 1.. {
            let products = self.products_in(&request.goods).await?;
            let done = self
                .try_place(&metadata, &request, &facts, &products, key.clone(), answer.clone())
                .await;
            match done {
                Err(UnitError::Rejected(CheckoutError::CartChanged)) if lookup < LOOKUPS => {}
                done => return done,
            }
        }
        Err(UnitError::Conflict)
    }

    /// Which products the unit of work will meet. What is ordered is decided within it.
    async fn products_in(&self, goods: &Goods) -> Result<Vec<ProductId>, UnitError<CheckoutError>> {
        match goods {
            Goods::Items(items) => Ok(items.iter().map(|(id, _)| *id).collect()),
            Goods::Cart(id) => {
                let (cart, _) =
                    self.log.peek::<Cart>(&id.to_string()).await.map_err(UnitError::widen)?;
                Ok(cart.lines().iter().map(|line| line.product_id).collect())
            }
        }
    }

    async fn try_place<A: Answer>(
        &self,
        metadata: &Metadata,
        request: &PlaceOrder,
        facts: &Facts,
        products: &[ProductId],
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
        for id in products {
            unit = unit.read::<Product>(id.to_string());
        }
        let (request, facts) = (request.clone(), facts.clone());
        with_stock(unit, products)
            .run(move |work| {
                decide(work, &request, &facts)?;
                let state = OrderState::of(work, facts.order_id);
                let answer = answer(&state);
                work.respond_with(|| answer.recorded());
                Ok(answer)
            })
            .await
    }
}

fn decide(work: &mut Work<'_>, request: &PlaceOrder, facts: &Facts) -> Result<(), CheckoutError> {
    // An erased buyer must leave nothing personal behind, a blocked one may not buy.
    let buyer = work.state::<Account>(&request.user_id.to_string());
    if matches!(buyer, Account::Blocked { .. } | Account::Erased) {
        return Err(CheckoutError::AccountInactive);
    }
    let expires_at = facts.now + request.hold;
    let (cart_id, lines) = lines_of(work, &request.goods)?;
    let command = order::Command::Place {
        number: facts.number.clone(),
        user_id: request.user_id,
        cart_id,
        lines,
        currency: aggregates::Currency::default(),
        delivery_method: request.delivery_method,
        delivery_cost: request.delivery_cost,
        payment_method: request.payment_method,
        payment_id: facts.payment_id,
        expires_at,
        at: facts.now,
    };
    work.execute::<Order>(facts.order_id, command)?;
    reserve(work, facts.order_id, expires_at)?;
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
        })
    });
    Ok((cart_id, lines.collect::<Result<_, _>>()?))
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
        order_id: facts.order_id,
        user_id: details.user_id,
        amount: details.total_amount,
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
    let free = order.details().is_some_and(|details| details.total_amount.is_zero());
    if !free && request.payment_method != PaymentMethod::CashOnDelivery {
        return Ok(());
    }
    if free {
        let transaction_id = "nothing-to-pay".to_owned();
        let command = payment::Command::Complete { transaction_id, at: facts.now };
        work.execute::<Payment>(facts.payment_id, command)?;
    }
    confirm(work, facts.order_id, facts.now)
}

/// Confirms a pending order: its reservations become sales.
pub(super) fn confirm(
    work: &mut Work<'_>,
    order_id: OrderId,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    work.execute::<Order>(order_id, order::Command::Confirm { at, by: order::Actor::System })?;
    for product_id in products_of(work.state::<Order>(&order_id.to_string())) {
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
