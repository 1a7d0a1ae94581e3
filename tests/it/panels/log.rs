//! Figures by an arithmetic of its own, straight from the events: every order as its aggregate tells
//! it, added up one by one. Knows nothing of read models.

use crate::support::app::TestApp;
use aggregates::order::{self, Line, Status, pricing};
use aggregates::{Cart, Decider, Fact, Money, Order, account, cart, product};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A product as it is now.
#[derive(Debug, Clone, Default)]
pub struct Product {
    pub category: String,
    pub genre: Option<String>,
    pub is_inactive: bool,
    pub is_archived: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Registration {
    pub at: DateTime<Utc>,
    pub is_blocked: bool,
    pub is_erased: bool,
}

/// All that happened.
#[derive(Debug, Default)]
pub struct Log {
    pub orders: BTreeMap<Uuid, Order>,
    pub products: BTreeMap<Uuid, Product>,
    pub accounts: BTreeMap<Uuid, Registration>,
    /// When carts got their first lines.
    pub fillings: Vec<DateTime<Utc>>,
    carts: BTreeMap<Uuid, Cart>,
    /// What refunds took off each line of each order.
    line_refunds: BTreeMap<(Uuid, Uuid), Money>,
}

/// An order that counts.
#[derive(Debug, Clone)]
pub struct Sale {
    pub user: Uuid,
    pub at: DateTime<Utc>,
    pub lines: Vec<SoldLine>,
    pub payment_method: String,
    pub delivery_method: String,
    pub promo: Option<String>,
}

#[derive(Debug, Clone)]
pub struct SoldLine {
    pub product: Uuid,
    pub seller: Uuid,
    pub figures: Sums,
}

/// Sums of what was sold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    pub units: i64,
    pub returned: i64,
    pub gross: Decimal,
    pub discount: Decimal,
    pub refunds: Decimal,
}

impl Sums {
    pub fn add(&mut self, other: &Self) {
        self.units += other.units;
        self.returned += other.returned;
        self.gross += other.gross;
        self.discount += other.discount;
        self.refunds += other.refunds;
    }

    pub fn revenue(&self) -> Decimal {
        self.gross - self.discount - self.refunds
    }
}

impl Sale {
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        self.lines.iter().for_each(|line| sums.add(&line.figures));
        sums
    }
}

impl Log {
    pub async fn read(app: &TestApp) -> Self {
        let pool = app.pool().await;
        let rows: Vec<(String, String, String, String, String, DateTime<Utc>)> = sqlx::query_as(
            "SELECT aggregate_type, aggregate_id, event_type, event_version, payload::text,
                    recorded_at
               FROM events e ORDER BY e.transaction_id, e.global_position",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        pool.close().await;
        let mut log = Self::default();
        for (kind, id, event, version, payload, at) in rows {
            if let Ok(id) = id.parse() {
                log.take(id, Fact::decode(&kind, &event, &version, &payload).unwrap(), at);
            }
        }
        log
    }

    fn take(&mut self, id: Uuid, fact: Fact, at: DateTime<Utc>) {
        match fact {
            Fact::Order(event) => self.take_order(id, &event),
            Fact::Product(event) => self.take_product(id, event),
            Fact::Cart(event) => {
                let cart = self.carts.remove(&id).unwrap_or_default();
                if cart.is_empty() && matches!(event, cart::Event::ItemAdded { .. }) {
                    self.fillings.push(at);
                }
                self.carts.insert(id, cart.evolve(&event));
            }
            Fact::Account(event) => {
                let new = Registration { at, is_blocked: false, is_erased: false };
                let account = self.accounts.entry(id).or_insert(new);
                match event {
                    account::Event::Blocked { .. } => account.is_blocked = true,
                    account::Event::Unblocked {} => account.is_blocked = false,
                    account::Event::Erased {} => account.is_erased = true,
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn take_order(&mut self, id: Uuid, event: &order::Event) {
        if let order::Event::Refunded { lines, amount, .. } = event {
            self.share_refund(id, lines, *amount);
        }
        let order = self.orders.remove(&id).unwrap_or_default();
        self.orders.insert(id, order.evolve(event));
    }

    /// What is named goes off its lines, the rest off all in proportion to what is left of each. What
    /// is left of it then is of the delivery.
    fn share_refund(&mut self, id: Uuid, named: &[order::RefundedLine], amount: Money) {
        let lines = self.orders[&id].details().unwrap().lines.clone();
        let mut rest = amount;
        for part in named {
            let line = lines.iter().find(|line| line.product_id == part.product_id).unwrap();
            let taken = part.amount.min(rest).min(self.left(id, line));
            *self.refunds_of(id, line) = self.refunds_of(id, line).checked_add(taken).unwrap();
            rest = rest.checked_sub(taken).unwrap();
        }
        let left: Vec<Money> = lines.iter().map(|line| self.left(id, line)).collect();
        let goods = rest.min(Money::checked_sum(left.iter().copied()).unwrap());
        for (line, share) in lines.iter().zip(pricing::share_out(goods, &left)) {
            *self.refunds_of(id, line) = self.refunds_of(id, line).checked_add(share).unwrap();
        }
    }

    fn refunds_of(&mut self, order: Uuid, line: &Line) -> &mut Money {
        self.line_refunds.entry((order, line.product_id.uuid())).or_default()
    }

    /// What was paid for a line and not given back.
    fn left(&mut self, order: Uuid, line: &Line) -> Money {
        let paid = line.line_total.checked_sub(line.discount).unwrap();
        paid.checked_sub(*self.refunds_of(order, line)).unwrap()
    }

    fn take_product(&mut self, id: Uuid, event: product::Event) {
        let genre = |attributes: BTreeMap<String, String>| {
            let genre = attributes.get("genre").map(|genre| genre.trim().to_owned());
            genre.filter(|genre| !genre.is_empty())
        };
        let product = self.products.entry(id).or_default();
        match event {
            product::Event::Created { category, attributes, .. } => {
                product.category = category;
                product.genre = genre(attributes);
            }
            product::Event::DetailsChanged { category, attributes, .. } => {
                if let Some(category) = category {
                    product.category = category;
                }
                if let Some(attributes) = attributes {
                    product.genre = genre(attributes);
                }
            }
            product::Event::Activated {} => product.is_inactive = false,
            product::Event::Deactivated {} => product.is_inactive = true,
            product::Event::Archived {} => product.is_archived = true,
            _ => {}
        }
    }

    /// The orders that were confirmed and not cancelled.
    pub fn sales(&self) -> Vec<Sale> {
        self.orders.iter().filter_map(|(id, order)| self.sale(*id, order)).collect()
    }

    fn sale(&self, id: Uuid, order: &Order) -> Option<Sale> {
        let details = order.details()?;
        let entered = |status| details.history.iter().find(|entry| entry.status == status);
        if entered(Status::Cancelled).is_some() {
            return None;
        }
        let at = entered(Status::Confirmed)?.at;
        let sold = |line: &Line| SoldLine {
            product: line.product_id.uuid(),
            seller: line.seller_id.uuid(),
            figures: Sums {
                units: line.quantity.get().into(),
                returned: (line.quantity.get() - details.refundable_units(line)).into(),
                gross: line.line_total.decimal(),
                discount: line.discount.decimal(),
                refunds: self
                    .line_refunds
                    .get(&(id, line.product_id.uuid()))
                    .map_or(Decimal::ZERO, |refunds| refunds.decimal()),
            },
        };
        let sale = Sale {
            user: details.user_id.uuid(),
            at,
            lines: details.lines.iter().map(sold).collect(),
            payment_method: name(&details.payment_method),
            delivery_method: name(&details.delivery_method),
            promo: details.promo_code.as_ref().map(ToString::to_string),
        };
        let goods = (details.subtotal.decimal() - details.discount.decimal()).max(Decimal::ZERO);
        let refunds = details.refunded.decimal().min(goods);
        assert_eq!(sale.sums().refunds, refunds, "order {id}");
        Some(sale)
    }

    /// How many orders and accounts there are: placed orders, accounts, active accounts.
    pub fn counts(&self) -> (usize, usize, usize) {
        let present = self.accounts.values().filter(|account| !account.is_erased);
        let active = present.clone().filter(|account| !account.is_blocked).count();
        (self.orders.len(), present.count(), active)
    }

    /// The different buyers of some sales.
    pub fn buyers<'s>(sales: impl IntoIterator<Item = &'s Sale>) -> BTreeSet<Uuid> {
        sales.into_iter().map(|sale| sale.user).collect()
    }
}

/// As JSON names it.
fn name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}
