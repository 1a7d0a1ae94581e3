//! Figures by an arithmetic of its own, straight from the events: every order as its aggregate tells
//! it, added up one by one. Knows nothing of read models.

use crate::support::app::TestApp;
use aggregates::order::{Line, Status};
use aggregates::{Decider, Fact, Order, account, product};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A product as it is now.
#[derive(Debug, Clone, Default)]
pub struct Product {
    pub category: String,
    pub genre: Option<String>,
}

/// All that happened.
#[derive(Debug, Default)]
pub struct Log {
    pub orders: BTreeMap<Uuid, Order>,
    pub products: BTreeMap<Uuid, Product>,
    /// Those that are not erased, and whether they are blocked.
    pub accounts: BTreeMap<Uuid, bool>,
    /// What refunds took off each line of each order.
    line_refunds: BTreeMap<(Uuid, Uuid), Decimal>,
}

/// An order that counts.
#[derive(Debug, Clone)]
pub struct Sale {
    pub user: Uuid,
    pub at: DateTime<Utc>,
    pub lines: Vec<SoldLine>,
    pub payment_method: String,
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
        let rows: Vec<(String, String, String, String, String)> = sqlx::query_as(
            "SELECT aggregate_type, aggregate_id, event_type, event_version, payload::text
               FROM events e ORDER BY e.transaction_id, e.global_position",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        pool.close().await;
        let mut log = Self::default();
        for (kind, id, event, version, payload) in rows {
            if let Ok(id) = id.parse() {
                log.take(id, Fact::decode(&kind, &event, &version, &payload).unwrap());
            }
        }
        log
    }

    fn take(&mut self, id: Uuid, fact: Fact) {
        match fact {
            Fact::Order(event) => {
                if let aggregates::order::Event::Refunded { lines, .. } = &event {
                    for line in lines {
                        let key = (id, line.product_id.uuid());
                        *self.line_refunds.entry(key).or_default() += line.amount.decimal();
                    }
                }
                let order = self.orders.remove(&id).unwrap_or_default();
                self.orders.insert(id, order.evolve(&event));
            }
            Fact::Product(product::Event::Created { category, attributes, .. }) => {
                let genre = attributes.get("genre").cloned();
                self.products.insert(id, Product { category, genre });
            }
            Fact::Product(product::Event::DetailsChanged { category, attributes, .. }) => {
                let product = self.products.get_mut(&id).unwrap();
                if let Some(category) = category {
                    product.category = category;
                }
                if let Some(attributes) = attributes {
                    product.genre = attributes.get("genre").cloned();
                }
            }
            Fact::Account(account::Event::Registered { .. } | account::Event::Unblocked {}) => {
                self.accounts.insert(id, false);
            }
            Fact::Account(account::Event::Blocked { .. }) => {
                self.accounts.insert(id, true);
            }
            Fact::Account(account::Event::Erased {}) => drop(self.accounts.remove(&id)),
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
        let goods = (details.subtotal.decimal() - details.discount.decimal()).max(Decimal::ZERO);
        let refunds = details.refunded.decimal().min(goods);
        let sold = |line: &Line| SoldLine {
            product: line.product_id.uuid(),
            seller: line.seller_id.uuid(),
            figures: Sums {
                units: line.quantity.get().into(),
                returned: (line.quantity.get() - details.refundable_units(line)).into(),
                gross: line.line_total.decimal(),
                discount: line.discount.decimal(),
                refunds: if let [_] = details.lines.as_slice() {
                    refunds
                } else {
                    let key = (id, line.product_id.uuid());
                    self.line_refunds.get(&key).copied().unwrap_or_default()
                },
            },
        };
        let sale = Sale {
            user: details.user_id.uuid(),
            at,
            lines: details.lines.iter().map(sold).collect(),
            payment_method: serde_json::to_value(details.payment_method)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned(),
            promo: details.promo_code.as_ref().map(ToString::to_string),
        };
        // Holds as long as the histories of the tests refund several lines only by naming them.
        assert_eq!(sale.sums().refunds, refunds, "order {id}");
        Some(sale)
    }

    /// How many orders count, and their sums; also where a refund named no lines of several.
    pub fn totals(&self) -> (i64, Sums) {
        let mut all = (0, Sums::default());
        for order in self.orders.values() {
            let Some(details) = order.details() else { continue };
            let entered = |status| details.history.iter().any(|entry| entry.status == status);
            if entered(Status::Cancelled) || !entered(Status::Confirmed) {
                continue;
            }
            all.0 += 1;
            for line in &details.lines {
                let units = line.quantity.get();
                all.1.units += i64::from(units);
                all.1.returned += i64::from(units - details.refundable_units(line));
            }
            let (gross, discount) = (details.subtotal.decimal(), details.discount.decimal());
            let goods = (gross - discount).max(Decimal::ZERO);
            all.1.gross += gross;
            all.1.discount += discount;
            all.1.refunds += details.refunded.decimal().min(goods);
        }
        all
    }

    /// How many orders and accounts there are: placed orders, accounts, active accounts.
    pub fn counts(&self) -> (usize, usize, usize) {
        let active = self.accounts.values().filter(|blocked| !**blocked).count();
        (self.orders.len(), self.accounts.len(), active)
    }

    /// The different buyers of some sales.
    pub fn buyers<'s>(sales: impl IntoIterator<Item = &'s Sale>) -> BTreeSet<Uuid> {
        sales.into_iter().map(|sale| sale.user).collect()
    }
}
