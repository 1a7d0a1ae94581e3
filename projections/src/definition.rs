//! A projection as a value, and the list of all of them.

use crate::table::{Shape, TableWorker, Worker};
use crate::{Group, Projection};
use crate::{
    accounts, albums, artists, cart_fillings, carts, catalogue, checkout, gift_card_entries,
    gift_cards, ledger, loyalty, loyalty_entries, orders, payments, price_history, promotions,
    reviews, sales, stock_movements, webhooks, wishlists,
};
use std::fmt;
use std::sync::Arc;

/// A [`Projection`] without its types, as the engine handles it.
#[derive(Clone, Copy)]
pub struct Definition {
    pub name: &'static str,
    pub version: i32,
    pub group: Group,
    pub table: &'static str,
    /// Tables that triggers derive from its rows.
    pub(crate) derived: &'static [&'static str],
    pub(crate) schema: &'static str,
    pub(crate) streams: &'static [&'static str],
    worker: fn(Arc<Shape>) -> Box<dyn Worker>,
}

impl Definition {
    pub fn of<P: Projection>() -> Self {
        Self {
            name: P::NAME,
            version: P::VERSION,
            group: P::GROUP,
            table: P::TABLE,
            derived: P::DERIVED,
            schema: P::SCHEMA,
            streams: P::STREAMS,
            worker: |shape| Box::new(TableWorker::<P>::new(shape)),
        }
    }

    /// All tables that queries see.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.table).chain(self.derived.iter().copied())
    }

    pub(crate) fn worker(&self, shape: Shape) -> Box<dyn Worker> {
        (self.worker)(Arc::new(shape))
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.name, self.version)
    }
}

/// All projections of Ledgerline.
pub fn all() -> Vec<Definition> {
    vec![
        Definition::of::<accounts::Accounts>(),
        Definition::of::<albums::Albums>(),
        Definition::of::<artists::Artists>(),
        Definition::of::<cart_fillings::CartFillings>(),
        Definition::of::<carts::Carts>(),
        Definition::of::<catalogue::Catalogue>(),
        Definition::of::<checkout::Checkout>(),
        Definition::of::<gift_card_entries::GiftCardEntries>(),
        Definition::of::<gift_cards::GiftCards>(),
        Definition::of::<ledger::Ledger>(),
        Definition::of::<loyalty::Loyalty>(),
        Definition::of::<loyalty_entries::LoyaltyEntries>(),
        Definition::of::<orders::Orders>(),
        Definition::of::<payments::Payments>(),
        Definition::of::<price_history::PriceHistory>(),
        Definition::of::<promotions::Promotions>(),
        Definition::of::<reviews::Reviews>(),
        Definition::of::<sales::Sales>(),
        Definition::of::<stock_movements::StockMovements>(),
        Definition::of::<webhooks::Webhooks>(),
        Definition::of::<wishlists::Wishlists>(),
    ]
}
