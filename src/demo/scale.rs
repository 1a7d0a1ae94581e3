//! A shop of any size: products and orders by the million, made by the same commands as any others and
//! stored through the log, so that what is measured on it is what a shop of that size would see. The
//! same number gives the same shop. Made on an empty log only: its clock starts a year ago.

use super::{DemoError, LOGINS, id_of, metadata};
use crate::auth::{Registration, password_hash};
use crate::catalogue::{self, NewProduct};
use crate::checkout::{Checkout, Goods, OrderState, PlaceOrder, Step};
use crate::clock::ManualClock;
use crate::expected::Expected;
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::order::{Actor, DeliveryMethod, PaymentMethod, Status};
use aggregates::{Account, Money, OrderId, ProductId, Quantity, UserId};
use chrono::{DateTime, Duration, Utc};
use eventlog::Outcome;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinSet;

/// Each is in the names of a sixteenth of the products.
pub const THINGS: [&str; 16] = [
    "Lamp", "Chair", "Table", "Kettle", "Radio", "Phone", "Camera", "Bottle", "Jacket", "Boots",
    "Mirror", "Clock", "Guitar", "Tent", "Pillow", "Mouse",
];
pub const MATERIALS: [&str; 7] = ["Oak", "Steel", "Glass", "Cotton", "Leather", "Bamboo", "Copper"];
pub const CATEGORIES: [&str; 8] =
    ["electronics", "books", "home", "sports", "beauty", "toys", "food", "garden"];

/// How long the shop has been open.
const DAYS: i64 = 360;
/// The last order is so old that nobody gets mail about it.
const SILENCE: Duration = Duration::days(5);
/// Commands under way at once: the log stores them in groups.
const HANDS: u64 = 256;
const STOCK: u32 = 1_000_000;

/// How large.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub products: u64,
    pub orders: u64,
}

impl Scale {
    pub fn customers(self) -> u64 {
        (self.orders / 10).max(1)
    }

    pub fn sellers(self) -> u64 {
        (self.products / 1000).max(1)
    }
}

/// What is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Accounts,
    Products,
    Orders,
}

/// The clock that [`load`] needs: it is moved on as the orders come.
pub fn clock(now: DateTime<Utc>) -> Arc<ManualClock> {
    Arc::new(ManualClock::at(now - SILENCE - Duration::days(DAYS)))
}

/// The customer of a number.
pub fn customer(number: u64) -> UserId {
    UserId::new(id_of(&format!("scale/customer/{number}")))
}

/// The seller of a number; the first is the one of the demonstration.
pub fn seller(number: u64) -> UserId {
    match number {
        0 => UserId::new(id_of(LOGINS[1].email)),
        number => UserId::new(id_of(&format!("scale/seller/{number}"))),
    }
}

fn product_id(number: u64) -> ProductId {
    ProductId::new(id_of(&format!("scale/product/{number}")))
}

/// Makes the shop; `progress` is told how much of a part is done. Refused where the log is not empty.
pub async fn load(
    state: &AppState,
    clock: &Arc<ManualClock>,
    scale: Scale,
    progress: impl Fn(Part, u64, u64) + Send + Sync + 'static,
) -> Result<(), DemoError> {
    if eventlog::feed::tip(&state.pool).await? != eventlog::Position::START {
        return Err(DemoError::NotEmpty);
    }
    super::load(state).await?;
    let maker = Maker {
        state: state.clone(),
        checkout: Checkout::of(state),
        password_hash: password_hash(state, LOGINS[0].password.to_owned()).await?,
        scale,
    };
    let progress = Arc::new(progress);
    let people = scale.customers() + scale.sellers();
    let step = Duration::days(DAYS) / i32::try_from(scale.orders.max(1)).unwrap_or(i32::MAX);
    for (part, total) in
        [(Part::Accounts, people), (Part::Products, scale.products), (Part::Orders, scale.orders)]
    {
        let clock = Arc::clone(clock);
        maker
            .all(part, total, progress.clone(), move || {
                if part == Part::Orders {
                    clock.advance(step.to_std().unwrap_or_default());
                }
            })
            .await?;
    }
    Ok(())
}

#[derive(Clone)]
struct Maker {
    state: AppState,
    checkout: Checkout,
    password_hash: String,
    scale: Scale,
}

impl Maker {
    async fn all(
        &self,
        part: Part,
        total: u64,
        progress: Arc<impl Fn(Part, u64, u64) + Send + Sync + 'static>,
        tick: impl Fn() + Clone + Send + 'static,
    ) -> Result<(), DemoError> {
        let next = Arc::new(AtomicU64::new(0));
        let mut hands = JoinSet::new();
        for _ in 0..HANDS.min(total) {
            let (maker, next, progress) = (self.clone(), Arc::clone(&next), Arc::clone(&progress));
            let tick = tick.clone();
            hands.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= total {
                        return Ok::<_, DemoError>(());
                    }
                    tick();
                    match part {
                        Part::Accounts => maker.account(number).await?,
                        Part::Products => maker.product(number).await?,
                        Part::Orders => maker.order(number).await?,
                    }
                    progress(part, number + 1, total);
                }
            });
        }
        while let Some(done) = hands.join_next().await {
            done.map_err(refused)??;
        }
        Ok(())
    }

    async fn account(&self, number: u64) -> Result<(), DemoError> {
        let sellers = self.scale.sellers();
        let (role, id, name) = if number < sellers {
            (Role::Seller, seller(number), format!("seller-{number}"))
        } else {
            let number = number - sellers;
            (Role::Customer, customer(number), format!("customer-{number}"))
        };
        if number == 0 {
            // The demonstration has made it.
            return Ok(());
        }
        let email = format!("{name}@scale.example");
        let email = email.parse().map_err(refused)?;
        let registration = Registration {
            id,
            role,
            email,
            password_hash: self.password_hash.clone(),
            first_name: None,
            last_name: None,
        };
        let unit = self.state.log.unit(metadata(&self.state)).create::<Account>(id.to_string());
        unit.run(move |work| registration.record(work)).await?;
        Ok(())
    }

    async fn product(&self, number: u64) -> Result<(), DemoError> {
        let (state, mut dice) = (&self.state, Dice::new(Part::Products, number));
        let thing = THINGS[index(number, THINGS.len())];
        let material = MATERIALS[index(number, MATERIALS.len())];
        let new = NewProduct {
            name: format!("{material} {thing} {number}"),
            description: format!("{thing} number {number}, made of {}", material.to_lowercase()),
            price: Money::from_minor(10_000 + dice.below(5_000_000)).map_err(refused)?,
            category: CATEGORIES[index(number / 16, CATEGORIES.len())].to_owned(),
            quantity: STOCK,
            ..NewProduct::default()
        };
        let by = seller(number % self.scale.sellers());
        let answer = |_: &catalogue::ProductState| ();
        catalogue::create(&state.log, metadata(state), product_id(number), by, new, None, answer)
            .await?;
        Ok(())
    }

    /// One to three lines, some products far more wanted than others. Cash, so that each is confirmed at
    /// once; every fourth is delivered.
    async fn order(&self, number: u64) -> Result<(), DemoError> {
        let mut dice = Dice::new(Part::Orders, number);
        let user_id = customer(dice.below(self.scale.customers()));
        let mut items: Vec<(ProductId, Quantity)> = Vec::new();
        for _ in 0..=dice.below(3) {
            let id = product_id(dice.popular(self.scale.products));
            let units = u32::try_from(1 + dice.below(3)).map_err(refused)?;
            let units = Quantity::try_from(units).map_err(refused)?;
            if items.iter().all(|(other, _)| *other != id) {
                items.push((id, units));
            }
        }
        let request = PlaceOrder {
            user_id,
            goods: Goods::Items(items),
            delivery_method: DeliveryMethod::Standard,
            delivery_cost: Money::from_minor(100_000).map_err(refused)?,
            delivery_address: "Almaty, Abay Avenue 1".to_owned(),
            phone: "+77000000000".to_owned(),
            payment_method: PaymentMethod::CashOnDelivery,
            promo_code: None,
            gift_card: None,
            points: None,
            hold: Duration::hours(1),
        };
        let answer = |order: &OrderState| order.id.uuid();
        let placed = self.checkout.place(metadata(&self.state), request, None, answer).await?;
        let Outcome::Done(placed) = placed else {
            return Err(DemoError::Refused("an order was made twice".to_owned()));
        };
        if number.is_multiple_of(4) {
            self.deliver(placed.value.into()).await?;
        }
        Ok(())
    }

    async fn deliver(&self, order_id: OrderId) -> Result<(), DemoError> {
        for to in [Status::Processing, Status::Shipped, Status::Delivered] {
            let step = Step {
                metadata: metadata(&self.state),
                order_id,
                by: Actor::System,
                expected: Expected::any(),
                key: None,
            };
            self.checkout.advance(step, to.into(), |_: &OrderState| ()).await?;
        }
        Ok(())
    }
}

fn refused(error: impl std::fmt::Display) -> DemoError {
    DemoError::Refused(error.to_string())
}

fn index(number: u64, length: usize) -> usize {
    usize::try_from(number).unwrap_or_default() % length
}

/// Chance that is the same at each run.
struct Dice(StdRng);

impl Dice {
    fn new(part: Part, number: u64) -> Self {
        Self(StdRng::seed_from_u64(number * 4 + part as u64))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end.max(1))
    }

    /// Small numbers far more often than large ones.
    fn popular(&mut self, end: u64) -> u64 {
        let most = self.below(end);
        let most = self.below(most + 1);
        self.below(most + 1)
    }
}
