//! All figures of a range against the log: whatever happened in a shop, and however its read models
//! came about.

use super::customers;
use super::figures::{check_sales, decimal, sums, total};
use super::items;
use super::log::{Log, Sale, SoldLine, Sums};
use crate::support::app::TestApp;
use crate::support::client::Client;
use aggregates::account::Role;
use aggregates::order::{Details, Status};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// How many of the best a dashboard shows, and the list of products.
const BEST: usize = 10;
const PRODUCTS: usize = 100;

/// The log, and the sales of a range of it.
struct Books {
    log: Log,
    sales: Vec<Sale>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// Orders and sums by the names of whatever sold them.
type Members<K> = BTreeMap<K, (i64, Sums)>;

/// The figures from the first of two days on, and before the second.
pub async fn check(app: &TestApp, (from, to): (&str, &str)) {
    let (analyst, admin) = (app.user(Role::Analyst).await, app.admin().await);
    app.prove().await;
    let books = Books::of(Log::read(app).await, from, to);
    let range = format!("from={from}&to={to}");
    for period in ["day", "week", "month"] {
        let path = format!("/analytics/sales?period={period}&{range}");
        check_sales(&analyst.get(&path).await.expect(200).body, &books.log.sales());
    }
    let dashboard = analyst.get(&format!("/analytics/dashboard?{range}")).await.expect(200).body;
    books.check_dashboard(&dashboard);
    let customers = analyst.get(&format!("/analytics/users?{range}")).await.expect(200).body;
    books.check_users(&customers);
    books.check_cohorts(&customers);
    let products = format!("/analytics/products?limit={PRODUCTS}&{range}");
    books.check_products(&analyst.get(&products).await.expect(200).body);
    let genres = analyst.get(&format!("/analytics/genres?{range}")).await.expect(200).body;
    books.check_genres(&genres);
    for seller in dashboard["sellers"].as_array().unwrap() {
        books.check_seller(app, seller["name"].as_str().unwrap(), &range).await;
    }
    books.check_administration(&admin, &range).await;
}

impl Books {
    fn of(log: Log, from: &str, to: &str) -> Self {
        let start = |day: &str| {
            let day: NaiveDate = day.parse().unwrap();
            day.and_hms_opt(0, 0, 0).unwrap().and_utc()
        };
        let (from, to) = (start(from), start(to));
        let sales = between(&log.sales(), from, to);
        Self { log, sales, from, to }
    }

    /// What sells by what `name` says of each line.
    fn by<K: Ord + Clone>(&self, name: impl Fn(&Sale, &SoldLine) -> Option<K>) -> Members<K> {
        let mut members = Members::new();
        for sale in &self.sales {
            let mut of_sale: BTreeMap<K, Sums> = BTreeMap::new();
            for line in &sale.lines {
                if let Some(name) = name(sale, line) {
                    of_sale.entry(name).or_default().add(&line.figures);
                }
            }
            for (name, sums) in of_sale {
                let member = members.entry(name).or_insert((0, Sums::default()));
                member.0 += 1;
                member.1.add(&sums);
            }
        }
        members
    }

    fn check_dashboard(&self, found: &Value) {
        check_total(&found["sales"], &self.sales);
        let before = between(&self.log.sales(), self.from - (self.to - self.from), self.from);
        check_total(&found["previous"], &before);
        self.check_funnel(&found["funnel"]);
        self.check_users(&found["users"]);
        let best = |name: &str| found[name].as_array().unwrap().clone();
        check_best(&best("sellers"), &self.by(|_, line| Some(line.seller.to_string())), BEST);
        let by_payment = self.by(|sale, _| Some(sale.payment_method.clone()));
        check_best(&best("payment_methods"), &by_payment, BEST);
        let by_delivery = self.by(|sale, _| Some(sale.delivery_method.clone()));
        check_best(&best("delivery_methods"), &by_delivery, BEST);
        check_best(&best("promotions"), &self.by(|sale, _| sale.promo.clone()), BEST);
        let by_category =
            self.by(|_, line| Some(self.log.products[&line.product].category.clone()));
        check_best(&best("categories"), &without_orders(by_category), BEST);
    }

    fn check_funnel(&self, found: &Value) {
        let orders = self.log.orders.values().filter_map(|order| order.details());
        let placed: Vec<&Details> = orders.filter(|order| self.holds(order.created_at)).collect();
        let entered = |status: Status| {
            let has = |order: &Details| order.history.iter().any(|one| one.status == status);
            placed.iter().filter(|order| has(order)).count()
        };
        let expected = json!({
            "cart": self.log.fillings.iter().filter(|at| self.holds(**at)).count(),
            "placed": placed.len(),
            "confirmed": entered(Status::Confirmed),
            "shipped": entered(Status::Shipped),
            "delivered": entered(Status::Delivered),
            "cancelled": entered(Status::Cancelled),
        });
        assert_eq!(*found, expected);
    }

    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }

    fn check_users(&self, found: &Value) {
        let (_, users, active) = self.log.counts();
        let (ever, bought) = (orders_by_buyer(&self.log.sales()), orders_by_buyer(&self.sales));
        let first_time = ever.iter().filter(|(_, times)| self.holds(times[0])).count();
        let several = |buyers: &BTreeMap<Uuid, Vec<DateTime<Utc>>>| {
            buyers.values().filter(|times| times.len() > 1).count()
        };
        let new = self.log.accounts.values().filter(|account| self.holds(account.at)).count();
        let revenue = total(&self.log.sales()).1.revenue();
        let expected = json!({
            "total_users": users, "active_users": active, "new_users": new,
            "buyers": bought.len(), "first_time_buyers": first_time,
            "returning_buyers": bought.len() - first_time, "repeat_buyers": several(&bought),
            "customers": ever.len(), "repeat_customers": several(&ever),
            "lifetime_value": average(revenue, ever.len()),
        });
        for (figure, value) in expected.as_object().unwrap() {
            assert_eq!(found[figure], *value, "{figure}");
        }
    }

    fn check_cohorts(&self, report: &Value) {
        let expected = customers::expected(&self.log.sales());
        assert_eq!(customers::found(report), expected);
        for cohort in report["cohorts"].as_array().unwrap() {
            let name = cohort["cohort"].as_str().unwrap();
            let months = expected.iter().filter(|((cohort, _), _)| cohort == name);
            let revenue: Decimal = months.map(|(_, (_, _, revenue))| *revenue).sum();
            let customers = usize::try_from(cohort["customers"].as_u64().unwrap()).unwrap();
            assert_eq!(cohort["lifetime_value"], average(revenue, customers), "{cohort}");
        }
    }

    fn check_products(&self, report: &Value) {
        let by_product = self.by(|_, line| Some(line.product.to_string()));
        let renamed = items(report).iter().map(|item| {
            let mut item = item.clone();
            item["name"] = item["product_id"].clone();
            item
        });
        check_best(&renamed.collect::<Vec<_>>(), &by_product, PRODUCTS);
    }

    fn check_genres(&self, report: &Value) {
        let of = |kind: &str| -> Vec<Value> {
            items(report).iter().filter(|item| item["kind"] == kind).cloned().collect()
        };
        let product = |line: &SoldLine| &self.log.products[&line.product];
        let categories = self.by(|_, line| Some(product(line).category.clone()));
        check_best(&of("category"), &without_orders(categories), usize::MAX);
        let genres = self.by(|_, line| product(line).genre.clone());
        check_best(&of("genre"), &without_orders(genres), usize::MAX);
    }

    async fn check_seller(&self, app: &TestApp, seller: &str, range: &str) {
        let id: Uuid = seller.parse().unwrap();
        let seller = app.renewed_as(&app.guest().with_token("", id), Role::Seller);
        let report = seller.get(&format!("/seller/analytics?{range}")).await.expect(200).body;
        let mine: Vec<Sale> = self
            .sales
            .iter()
            .map(|sale| {
                let lines = sale.lines.iter().filter(|line| line.seller == id);
                Sale { lines: lines.cloned().collect(), ..sale.clone() }
            })
            .filter(|sale| !sale.lines.is_empty())
            .collect();
        check_sales(&report, &mine);
        check_total(&report["totals"], &mine);
    }

    async fn check_administration(&self, admin: &Client, range: &str) {
        let (orders, users, active) = self.log.counts();
        let present = self.log.products.values().filter(|product| !product.is_archived);
        let expected = json!({
            "total_users": users, "active_users": active,
            "total_products": present.clone().count(),
            "active_products": present.filter(|product| !product.is_inactive).count(),
            "total_orders": orders,
            "total_revenue": format!("{:.2}", total(&self.log.sales()).1.revenue()),
        });
        assert_eq!(admin.get("/admin/stats").await.expect(200).body, expected);
        let report = admin.get(&format!("/admin/dashboard?{range}")).await.expect(200).body;
        assert_eq!(report["stats"], expected);
        check_total(&report["sales"], &self.sales);
        self.check_funnel(&report["funnel"]);
    }
}

fn between(sales: &[Sale], from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Sale> {
    sales.iter().filter(|sale| from <= sale.at && sale.at < to).cloned().collect()
}

/// When each customer bought, the first time first.
fn orders_by_buyer(sales: &[Sale]) -> BTreeMap<Uuid, Vec<DateTime<Utc>>> {
    let mut buyers: BTreeMap<Uuid, Vec<DateTime<Utc>>> = BTreeMap::new();
    for sale in sales {
        buyers.entry(sale.user).or_default().push(sale.at);
    }
    for times in buyers.values_mut() {
        times.sort();
    }
    buyers
}

fn average(sum: Decimal, number: usize) -> String {
    let average = sum.checked_div(Decimal::from(number)).unwrap_or_default();
    format!("{:.2}", average.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

fn check_total(found: &Value, sales: &[Sale]) {
    let (orders, expected) = total(sales);
    assert_eq!((found["orders"].as_i64(), sums(found)), (Some(orders), expected.clone()));
    let orders = usize::try_from(orders).unwrap();
    assert_eq!(found["average_order"], average(expected.revenue(), orders), "{found}");
}

/// An order has several categories and genres, and is counted by none.
fn without_orders(members: Members<String>) -> Members<String> {
    members.into_iter().map(|(name, (_, sums))| (name, (0, sums))).collect()
}

/// Each is what the log says of it, and there are the best of them, the best first. Which of two with
/// the same revenue comes first, or comes at all, is open.
fn check_best(found: &[Value], expected: &Members<String>, most: usize) {
    for member in found {
        let figures = (member["orders"].as_i64().unwrap(), sums(member));
        assert_eq!(expected.get(member["name"].as_str().unwrap()), Some(&figures), "{member}");
    }
    let mut best: Vec<Decimal> = expected.values().map(|(_, sums)| sums.revenue()).collect();
    best.sort_by(|one, other| other.cmp(one));
    best.truncate(most);
    let revenue: Vec<Decimal> = found.iter().map(|member| decimal(&member["revenue"])).collect();
    assert_eq!(revenue, best);
}
