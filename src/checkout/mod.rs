//! Checkout: reserve, pay, settle; and the way back: cancel, refund, expire.
//!
//! Each step is one append over all streams it concerns. The provider is asked between the appends,
//! never within one. A crash between the steps is finished by [`process`]. Whether an order is
//! confirmed or expires is decided by the order's stream alone.

mod claim;
mod error;
mod fulfil;
mod pay;
mod place;
pub mod process;
mod redeem;
mod reverse;
mod value;

pub use error::CheckoutError;
pub use fulfil::Move;
pub use pay::Payer;
pub use place::{Goods, PlaceOrder, address_key, phone_key};
pub use reverse::Refund;
pub use value::{Means, PointsWanted};

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::expected::Expected;
use crate::payments::{Patient, PaymentProvider};
use crate::state::AppState;
use aggregates::loyalty_account::Programme;
use aggregates::order::Actor;
use aggregates::{Order, OrderId, Payment, PaymentId, ProductId, StockItem, payment};
use eventlog::{EventLog, IdempotencyKey, Metadata, UnitBuilder, Work};
use std::sync::Arc;

/// The steps of a checkout, over one log and one payment provider; cheap to clone.
#[derive(Clone)]
pub struct Checkout {
    pub log: EventLog,
    pub provider: Arc<dyn PaymentProvider>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<Entropy>,
    /// The loyalty programme in force.
    pub programme: Arc<Programme>,
}

impl Checkout {
    /// The checkout of a running server.
    pub fn of(state: &AppState) -> Self {
        Self {
            log: state.log.clone(),
            provider: Arc::new(Patient::new(Arc::clone(&state.provider))),
            clock: Arc::clone(&state.clock),
            entropy: Arc::clone(&state.entropy),
            programme: Arc::clone(&state.config.loyalty),
        }
    }
}

/// A step that somebody wants to take with an order.
#[derive(Debug, Clone)]
pub struct Step {
    pub metadata: Metadata,
    pub order_id: OrderId,
    pub by: Actor,
    /// The versions of the order that the caller has seen.
    pub expected: Expected,
    pub key: Option<IdempotencyKey>,
}

/// An order after a step, with the version of its stream and how far its payment is.
#[derive(Debug, Clone)]
pub struct OrderState {
    pub id: OrderId,
    pub order: Order,
    pub version: i64,
    pub payment_status: Option<payment::Status>,
}

/// A payment after a step, with the version of its stream.
#[derive(Debug, Clone)]
pub struct PaymentState {
    pub id: PaymentId,
    pub payment: Payment,
    pub version: i64,
}

impl OrderState {
    fn of(work: &Work<'_>, id: OrderId) -> Self {
        let stream = id.to_string();
        let order = work.state::<Order>(&stream).clone();
        let payment_status = order.details().and_then(|details| {
            let payment_id = details.payment_id.to_string();
            let known = work.involves::<Payment>(&payment_id);
            known.then(|| work.state::<Payment>(&payment_id).status()).flatten()
        });
        Self { id, order, version: work.version::<Order>(&stream), payment_status }
    }
}

impl PaymentState {
    fn of(work: &Work<'_>, id: PaymentId) -> Self {
        let stream = id.to_string();
        let payment = work.state::<Payment>(&stream).clone();
        Self { id, payment, version: work.version::<Payment>(&stream) }
    }
}

/// Refuses the step where the caller has seen another version of the order.
fn check_version(
    work: &Work<'_>,
    order_id: OrderId,
    expected: &Expected,
) -> Result<(), CheckoutError> {
    let found = work.version::<Order>(&order_id.to_string());
    if expected.allows(found) { Ok(()) } else { Err(CheckoutError::Stale { found }) }
}

/// The stock of every product of an order takes part in the step.
fn with_stock<'l>(unit: UnitBuilder<'l>, products: &[ProductId]) -> UnitBuilder<'l> {
    products.iter().fold(unit, |unit, id| unit.write::<StockItem>(id.to_string()))
}

fn products_of(order: &Order) -> Vec<ProductId> {
    let lines = order.details().map(|details| details.lines.as_slice()).unwrap_or_default();
    lines.iter().map(|line| line.product_id).collect()
}
