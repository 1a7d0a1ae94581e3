//! Checkout: reserve, pay, settle; and the way back: cancel, refund, expire.
//!
//! Each step is one append over all streams it concerns. The provider is asked between the appends,
//! never within one. A crash between the steps is finished by [`process`]. Whether an order is
//! confirmed or expires is decided by the order's stream alone.

mod error;
mod fulfil;
mod pay;
mod place;
pub mod process;
mod reverse;

pub use error::CheckoutError;
pub use pay::Payer;
pub use place::{Goods, PlaceOrder, Placed};
pub use reverse::Refund;

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::payments::PaymentProvider;
use aggregates::{Order, Payment, ProductId, StockItem};
use eventlog::{EventLog, UnitBuilder, Work};
use std::sync::Arc;

/// The steps of a checkout, over one log and one payment provider; cheap to clone.
#[derive(Clone)]
pub struct Checkout {
    pub log: EventLog,
    pub provider: Arc<dyn PaymentProvider>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<Entropy>,
}

/// An order after a step, with the version of its stream.
#[derive(Debug, Clone)]
pub struct OrderState {
    pub order: Order,
    pub version: i64,
}

/// A payment after a step, with the version of its stream.
#[derive(Debug, Clone)]
pub struct PaymentState {
    pub payment: Payment,
    pub version: i64,
}

impl OrderState {
    fn of(work: &Work<'_>, id: aggregates::OrderId) -> Self {
        let id = id.to_string();
        Self { order: work.state::<Order>(&id).clone(), version: work.version::<Order>(&id) }
    }
}

impl PaymentState {
    fn of(work: &Work<'_>, id: aggregates::PaymentId) -> Self {
        let id = id.to_string();
        Self { payment: work.state::<Payment>(&id).clone(), version: work.version::<Payment>(&id) }
    }
}

/// Refuses the step where the caller has seen another version of the order.
fn check_version(
    work: &Work<'_>,
    order_id: aggregates::OrderId,
    expected: Option<i64>,
) -> Result<(), CheckoutError> {
    let found = work.version::<Order>(&order_id.to_string());
    match expected {
        Some(expected) if expected != found => Err(CheckoutError::Stale { expected, found }),
        _ => Ok(()),
    }
}

/// The stock of every product of an order takes part in the step.
fn with_stock<'l>(unit: UnitBuilder<'l>, products: &[ProductId]) -> UnitBuilder<'l> {
    products.iter().fold(unit, |unit, id| unit.write::<StockItem>(id.to_string()))
}

fn products_of(order: &Order) -> Vec<ProductId> {
    let lines = order.details().map(|details| details.lines.as_slice()).unwrap_or_default();
    lines.iter().map(|line| line.product_id).collect()
}
