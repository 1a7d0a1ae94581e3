//! The commands that the scenarios send: to real aggregates, with events of the usual size.

use aggregates::account::Role;
use aggregates::cart::Command;
use aggregates::{Account, Cart, Money, ProductId, Quantity};
use eventlog::{EventLog, Metadata, Options, UnitError};
use ledgerline::auth::Registration;
use ledgerline::clock::{Clock, SystemClock};
use ledgerline::entropy::Entropy;
use ledgerline::log::{self, Execute};
use sqlx::PgPool;
use std::sync::Arc;
use uuid::Uuid;

type CartError = UnitError<aggregates::cart::Error>;

/// The event log as the server runs it.
#[derive(Clone)]
pub struct Shop {
    pub log: EventLog,
    entropy: Arc<Entropy>,
}

impl Shop {
    pub fn open(pool: &PgPool) -> Self {
        Self::with(pool, |options| options)
    }

    /// With other options than the server's.
    pub fn with(pool: &PgPool, change: impl FnOnce(Options) -> Options) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy = Arc::new(Entropy::new(Arc::clone(&clock)));
        let ids = Arc::clone(&entropy);
        let options = Options::new(move || clock.now(), move || ids.new_id());
        let options = change(Options { codec: Arc::new(log::codec()), ..options });
        Self { log: EventLog::start(pool.clone(), options), entropy }
    }

    pub fn new_id(&self) -> Uuid {
        self.entropy.new_id()
    }

    fn metadata(&self) -> Metadata {
        Metadata::new("bench", self.entropy.new_id(), "bench")
    }

    /// A customer with an account and without a password.
    pub async fn register(&self, id: Uuid) -> Result<(), crate::BoxError> {
        let registration = Registration {
            id: id.into(),
            role: Role::Customer,
            email: format!("{id}@example.com").parse()?,
            password_hash: String::new(),
            first_name: None,
            last_name: None,
        };
        let unit = self.log.unit(self.metadata()).create::<Account>(id.to_string());
        unit.run(move |work| registration.record(work)).await?;
        Ok(())
    }

    /// The first event of a new stream.
    pub async fn new_cart(&self) -> Result<(), CartError> {
        let id = self.new_id().to_string();
        let unit = self.log.unit(self.metadata()).create::<Cart>(id.as_str());
        unit.run(move |work| work.execute::<Cart>(&id, add_item(0))).await.map(drop)
    }

    /// A command on a stream that exists: one event.
    pub async fn change_cart(&self, id: Uuid, n: u64) -> Result<(), CartError> {
        let id = id.to_string();
        let unit = self.log.unit(self.metadata()).write::<Cart>(id.as_str());
        unit.run(move |work| work.execute::<Cart>(&id, change_item(n))).await.map(drop)
    }
}

/// One of a few products.
pub fn product(n: u64) -> ProductId {
    ProductId::new(Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000 + u128::from(n)))
}

pub fn add_item(n: u64) -> Command {
    Command::AddItem {
        product_id: product(n),
        quantity: Quantity::ONE,
        price: Money::from_minor(990_000).unwrap_or_default(),
        available: 1_000,
    }
}

/// Alternates, so that each is a change. `n` counts the commands on the same cart.
pub fn change_item(n: u64) -> Command {
    let quantity = u32::try_from(2 + n % 900).unwrap_or(2);
    Command::ChangeQuantity {
        product_id: product(0),
        quantity: Quantity::try_from(quantity).unwrap_or(Quantity::ONE),
        available: 1_000,
    }
}
