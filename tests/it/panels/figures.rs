//! Every figure is what the log says, in whichever time zone, also after a rebuild.

use super::agreement;
use super::history::{Market, SECOND, WHOLE, market};
use super::log::{Log, Sale, Sums};
use super::{buy, items, product};
use crate::support::app::TestApp;
use crate::support::client::Client;
use aggregates::account::Role;
use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).parse().unwrap()
}

pub(super) fn sums(figures: &Value) -> Sums {
    let sums = Sums {
        units: figures["units"].as_i64().unwrap(),
        returned: figures["returned_units"].as_i64().unwrap(),
        gross: decimal(&figures["gross"]),
        discount: decimal(&figures["discount"]),
        refunds: decimal(&figures["refunds"]),
    };
    assert_eq!(decimal(&figures["revenue"]), sums.revenue(), "{figures}");
    sums
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

pub(super) fn total<'s>(sales: impl IntoIterator<Item = &'s Sale>) -> (i64, Sums) {
    let mut all = (0, Sums::default());
    for sale in sales {
        all.0 += 1;
        all.1.add(&sale.sums());
    }
    all
}

/// An answer of `/analytics/sales` against the log; returns the number of periods with sales.
pub(super) fn check_sales(report: &Value, sales: &[Sale]) -> usize {
    let within = |figures: &Value| {
        let (from, to) = (time(&figures["from"]), time(&figures["to"]));
        sales.iter().filter(move |sale| from <= sale.at && sale.at < to)
    };
    let mut expected_from = time(&report["from"]);
    let mut busy = 0;
    for period in items(report) {
        assert_eq!(time(&period["from"]), expected_from, "no gap");
        expected_from = time(&period["to"]);
        let (orders, expected) = total(within(period));
        assert_eq!((period["orders"].as_i64(), sums(period)), (Some(orders), expected), "{period}");
        busy += usize::from(orders > 0);
    }
    assert_eq!(expected_from, time(&report["to"]), "up to the end");
    let (orders, expected) = total(within(report));
    let totals = &report["totals"];
    assert_eq!((totals["orders"].as_i64(), sums(totals)), (Some(orders), expected));
    busy
}

async fn sales_in(analyst: &Client, tz: &str, period: &str) -> Value {
    let query = [("from", "2026-03-20"), ("to", "2026-05-20"), ("tz", tz), ("period", period)];
    analyst.find("/analytics/sales", &query).await.expect(200).body
}

/// The days of a report, as they begin in a zone whose offsets are given by hand.
fn check_days(report: &Value, offset_at: impl Fn(NaiveDate) -> i32) {
    for period in items(report) {
        let day: NaiveDate = period["period"].as_str().unwrap().parse().unwrap();
        let offset = FixedOffset::east_opt(offset_at(day) * 60).unwrap();
        let midnight = day.and_hms_opt(0, 0, 0).unwrap().and_local_timezone(offset).unwrap();
        assert_eq!(time(&period["from"]), midnight, "{period}");
    }
}

async fn check_time_zones(analyst: &Client, sales: &[Sale]) {
    for tz in ["UTC", "Asia/Almaty", "Asia/Kathmandu", "America/St_Johns", "Europe/Berlin"] {
        for period in ["day", "week", "month"] {
            let report = sales_in(analyst, tz, period).await;
            assert!(check_sales(&report, sales) > 0, "{tz} {period}");
            assert_eq!(total(sales).0, report["totals"]["orders"], "{tz}: all of them");
        }
    }
    check_days(&sales_in(analyst, "Asia/Kathmandu", "day").await, |_| 5 * 60 + 45);
    let change = NaiveDate::from_ymd_opt(2026, 3, 29).unwrap();
    let berlin = sales_in(analyst, "Europe/Berlin", "day").await;
    check_days(&berlin, |day| if day > change { 120 } else { 60 });
    let short = items(&berlin).iter().find(|day| day["period"] == "2026-03-29").unwrap();
    assert_eq!(time(&short["to"]) - time(&short["from"]), TimeDelta::hours(23));
    for week in items(&sales_in(analyst, "UTC", "week").await).iter().skip(1) {
        let day: NaiveDate = week["period"].as_str().unwrap().parse().unwrap();
        assert_eq!(chrono::Datelike::weekday(&day), chrono::Weekday::Mon);
    }
}

/// Sums of lines by whatever names them.
fn by<K: Ord>(
    sales: &[Sale],
    name: impl Fn(&super::log::SoldLine) -> Option<K>,
) -> BTreeMap<K, Sums> {
    let mut all: BTreeMap<K, Sums> = BTreeMap::new();
    for line in sales.iter().flat_map(|sale| &sale.lines) {
        if let Some(name) = name(line) {
            all.entry(name).or_default().add(&line.figures);
        }
    }
    all
}

async fn check_products(analyst: &Client, log: &Log) {
    let sales = log.sales();
    let expected = by(&sales, |line| Some(line.product));
    let bounded = "/analytics/products?limit=100&from=2026-03-01&to=2026-06-01&tz=Asia/Almaty";
    for path in ["/analytics/products?limit=100", bounded] {
        let report = analyst.get(path).await.expect(200).body;
        let found: BTreeMap<Uuid, Sums> = items(&report)
            .iter()
            .map(|item| (item["product_id"].as_str().unwrap().parse().unwrap(), sums(item)))
            .collect();
        assert_eq!(found, expected, "{path}");
        let revenue: Vec<Decimal> = items(&report).iter().map(|i| decimal(&i["revenue"])).collect();
        assert!(revenue.is_sorted_by(|a, b| a >= b), "{revenue:?}");
        assert!(items(&report)[0]["name"].as_str().unwrap().starts_with("Thing"));
    }
    let report = analyst.get("/analytics/genres?from=2026-03-01&to=2026-06-01").await.expect(200);
    let of = |kind: &str| -> BTreeMap<String, Sums> {
        let items = items(&report.body).iter().filter(|item| item["kind"] == kind);
        items.map(|item| (item["name"].as_str().unwrap().to_owned(), sums(item))).collect()
    };
    let now = |line: &super::log::SoldLine| log.products[&line.product].clone();
    assert_eq!(of("category"), by(&sales, |line| Some(now(line).category)));
    assert_eq!(of("genre"), by(&sales, |line| now(line).genre));
}

async fn check_seller(seller: &Client, sales: &[Sale]) {
    let path = "/seller/analytics?from=2026-03-01&to=2026-06-01&tz=Asia/Almaty&period=week";
    let report = seller.get(path).await.expect(200).body;
    let mine: Vec<Sale> = sales
        .iter()
        .map(|sale| {
            let lines = sale.lines.iter().filter(|line| line.seller == seller.id);
            Sale { lines: lines.cloned().collect(), ..sale.clone() }
        })
        .filter(|sale| !sale.lines.is_empty())
        .collect();
    assert!(check_sales(&report, &mine) > 0, "the seller sold something");
    let expected = by(&mine, |line| Some(line.product));
    let best = report["top_products"].as_array().unwrap().iter();
    let found: BTreeMap<Uuid, Sums> = best
        .map(|item| (item["product_id"].as_str().unwrap().parse().unwrap(), sums(item)))
        .collect();
    assert_eq!(found, expected);
}

/// No figure is only right because there is nothing to count.
async fn assert_worth_it(analyst: &Client) {
    let [(from, to), _] = [SECOND, WHOLE];
    let path = format!("/analytics/dashboard?from={from}&to={to}");
    let report = analyst.get(&path).await.expect(200).body;
    for stage in ["cart", "placed", "confirmed", "shipped", "delivered", "cancelled"] {
        assert!(report["funnel"][stage].as_i64() > Some(0), "{stage}: {report}");
    }
    let funnel = &report["funnel"];
    assert_ne!(funnel["shipped"], funnel["delivered"], "{funnel}");
    for figure in ["new_users", "first_time_buyers", "returning_buyers", "repeat_buyers"] {
        assert!(report["users"][figure].as_i64() > Some(0), "{figure}: {report}");
    }
    assert!(report["previous"]["orders"].as_i64() > Some(0), "{report}");
    for (dimension, members) in [("sellers", 3), ("delivery_methods", 3), ("payment_methods", 2)] {
        assert_eq!(report[dimension].as_array().unwrap().len(), members, "{report}");
    }
    assert!(decimal(&report["promotions"][0]["discount"]) > Decimal::ZERO, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_figure_is_what_the_log_says_in_every_time_zone() {
    let market = market(7, 45).await;
    let Market { app, sellers, products, .. } = &market;
    app.prove().await;
    let log = Log::read(app).await;
    let sales = log.sales();
    assert!(sales.len() > 20 && total(&sales).1.refunds > Decimal::ZERO, "a history worth it");
    let analyst = app.user(Role::Analyst).await;
    check_time_zones(&analyst, &sales).await;
    check_products(&analyst, &log).await;
    for seller in sellers {
        check_seller(&app.renewed_as(seller, Role::Seller), &sales).await;
    }
    for range in [WHOLE, SECOND] {
        agreement::check(app, range).await;
    }
    assert_worth_it(&analyst).await;

    // What a product sold moves with it when its category and its genre change.
    let seller = app.renewed_as(&sellers[1], Role::Seller);
    let path = format!("/products/{}", products[2]);
    let change = json!({ "category": "vinyl", "attributes": { "genre": "bebop" } });
    seller.patch(&path, change).await.expect(200);
    let moved = Log::read(app).await;
    assert_eq!(moved.products[&products[2].parse().unwrap()].category, "vinyl");
    check_products(&analyst, &moved).await;
    seller.patch(&path, json!({ "attributes": {} })).await.expect(200);
    check_products(&analyst, &Log::read(app).await).await;

    // Read models built anew say the same.
    let state = &app.server.state;
    let sales_model = projections::all().into_iter().find(|one| one.name == "sales").unwrap();
    projections::rebuild(&state.pool, &sales_model, state.entropy.new_id()).await.unwrap();
    let log = Log::read(app).await;
    check_products(&analyst, &log).await;
    check_time_zones(&analyst, &log.sales()).await;
    agreement::check(app, SECOND).await;
    market.app.finish().await;
}

#[tokio::test]
async fn the_best_products_of_a_range_are_kept_until_one_is_sold_or_renamed() {
    let app = TestApp::start().await;
    let (seller, buyer) = (app.seller().await, app.customer().await);
    let analyst = app.user(Role::Analyst).await;
    let lamp = product(&seller, "Lamp", "10.00", "light", "").await;
    let sofa = product(&seller, "Sofa", "90.00", "seats", "").await;
    let day = |days: i64| (app.server.state.clock.now() + TimeDelta::days(days)).date_naive();
    let path = format!("/analytics/products?from={}&to={}", day(-2), day(2));
    let sold = async || -> Vec<(String, i64)> {
        let report = analyst.get(&path).await.expect(200).body;
        let product = |item: &Value| {
            (item["name"].as_str().unwrap().to_owned(), item["units"].as_i64().unwrap())
        };
        items(&report).iter().map(product).collect()
    };
    let confirmed = async |lines: &[(&str, u32)]| {
        let order = buy(&buyer, lines).await;
        app.order_when(&order, "the order is confirmed", |now| now["status"] == "confirmed").await;
    };
    let expected = |names: &[(&str, i64)]| -> Vec<(String, i64)> {
        names.iter().map(|(name, units)| ((*name).to_owned(), *units)).collect()
    };
    // Asked twice each time: the second answer is one that was kept.
    for _ in 0..2 {
        assert_eq!(sold().await, expected(&[]));
    }
    confirmed(&[(&lamp, 2)]).await;
    for _ in 0..2 {
        assert_eq!(sold().await, expected(&[("Lamp", 2)]));
    }
    confirmed(&[(&lamp, 1), (&sofa, 1)]).await;
    for _ in 0..2 {
        assert_eq!(sold().await, expected(&[("Sofa", 1), ("Lamp", 3)]));
    }
    seller.patch(&format!("/products/{lamp}"), json!({ "name": "Torch" })).await.expect(200);
    for _ in 0..2 {
        assert_eq!(sold().await, expected(&[("Sofa", 1), ("Torch", 3)]));
    }
    app.finish().await;
}
