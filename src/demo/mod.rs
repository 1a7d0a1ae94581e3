//! The demonstration shop: twenty products, a promotion, and somebody to be in every role. Can be loaded again
//! without doing anything twice.

pub mod scale;

use crate::auth::{Registration, password_hash};
use crate::catalogue::{self, NewProduct};
use crate::expected::Expected;
use crate::http::problem::Problem;
use crate::promotions;
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::promotion::{Kind, Terms};
use aggregates::{Account, Money, ProductId, PromoCode, Promotion, UserId};
use eventlog::{Metadata, UnitError};
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

/// A log-in of the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Login {
    pub role: Role,
    pub email: &'static str,
    pub password: &'static str,
}

/// One log-in for each role. The passwords are no secrets: this is a demonstration.
pub const LOGINS: [Login; 5] = [
    Login { role: Role::Customer, email: "customer@demo.example", password: "demo-customer" },
    Login { role: Role::Seller, email: "seller@demo.example", password: "demo-seller" },
    Login { role: Role::Admin, email: "admin@demo.example", password: "demo-admin" },
    Login { role: Role::Auditor, email: "auditor@demo.example", password: "demo-auditor" },
    Login { role: Role::Analyst, email: "analyst@demo.example", password: "demo-analyst" },
];

/// A promotion of the demonstration: ten percent off.
pub const PROMO: &str = "WELCOME10";

/// Ids of the demonstration are derived from names, so that a second load meets them again.
const NAMES: Uuid = Uuid::from_u128(0x8b5d_3c52_51f0_5a8e_b3a7_0f5f_2f4e_7c11);

const PRODUCTS: &str = include_str!("products.json");

#[derive(Debug, Deserialize)]
struct Product {
    name: String,
    description: String,
    price: Money,
    category: String,
    quantity: u32,
}

/// Why the demonstration could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the products of the demonstration do not parse")]
    Products(#[from] serde_json::Error),
    #[error("the demonstration could not be loaded: {0}")]
    Refused(String),
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a shop of that size is made on an empty log only, and this one has events")]
    NotEmpty,
}

impl From<Problem> for DemoError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem.detail().to_owned())
    }
}

impl<E: std::fmt::Display> From<UnitError<E>> for DemoError {
    fn from(error: UnitError<E>) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Makes what is missing of the demonstration.
pub async fn load(state: &AppState) -> Result<(), DemoError> {
    for login in LOGINS {
        load_account(state, login).await?;
    }
    let products: Vec<Product> = serde_json::from_str(PRODUCTS)?;
    for product in products {
        load_product(state, product).await?;
    }
    load_promotion(state).await
}

async fn load_promotion(state: &AppState) -> Result<(), DemoError> {
    let code: PromoCode = PROMO.parse().map_err(|_| DemoError::Refused(PROMO.to_owned()))?;
    let (_, version) = state.log.peek::<Promotion>(code.as_str()).await?;
    if version > 0 {
        return Ok(());
    }
    let request = promotions::Request {
        metadata: metadata(state),
        code,
        by: UserId::new(id_of(LOGINS[2].email)),
        at: state.clock.now(),
        expected: Expected::any(),
        key: None,
    };
    let terms = Terms {
        kind: Kind::Percent(Decimal::TEN),
        min_subtotal: None,
        max_discount: None,
        categories: None,
        starts_at: None,
        ends_at: None,
        usage_limit: None,
        usage_limit_per_user: None,
        stackable: true,
    };
    promotions::change(&state.log, request, promotions::Change::Create(terms), |_| ()).await?;
    Ok(())
}

fn id_of(name: &str) -> Uuid {
    Uuid::new_v5(&NAMES, name.as_bytes())
}

fn metadata(state: &AppState) -> Metadata {
    Metadata::new("demo", state.entropy.new_id(), "demo: load")
}

async fn load_account(state: &AppState, login: Login) -> Result<(), DemoError> {
    let id = UserId::new(id_of(login.email));
    let (_, version) = state.log.peek::<Account>(&id.to_string()).await?;
    if version > 0 {
        return Ok(());
    }
    let email = login.email.parse();
    let email = email.map_err(|error| DemoError::Refused(format!("{}: {error}", login.email)))?;
    let registration = Registration {
        id,
        role: login.role,
        email,
        password_hash: password_hash(state, login.password.to_owned()).await?,
        first_name: None,
        last_name: None,
    };
    let stored = state
        .log
        .unit(metadata(state))
        .create::<Account>(id.to_string())
        .run(move |work| registration.record(work))
        .await;
    stored?;
    Ok(())
}

async fn load_product(state: &AppState, product: Product) -> Result<(), DemoError> {
    let id = ProductId::new(id_of(&product.name));
    let (_, version) = state.log.peek::<aggregates::Product>(&id.to_string()).await?;
    if version > 0 {
        return Ok(());
    }
    let seller_id = UserId::new(id_of(LOGINS[1].email));
    let new = NewProduct {
        name: product.name,
        description: product.description,
        price: product.price,
        category: product.category,
        quantity: product.quantity,
        ..NewProduct::default()
    };
    let answer = |_: &catalogue::ProductState| ();
    catalogue::create(&state.log, metadata(state), id, seller_id, new, None, answer).await?;
    Ok(())
}
