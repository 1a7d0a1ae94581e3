//! `/analytics/users`: customers, cohorts and what they are worth.

use super::log::{Log, Sale};
use super::{buy, deliver, product, refund};
use crate::support::app::TestApp;
use aggregates::account::Role;
use ledgerline::clock::ManualClock;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const DAY: Duration = Duration::from_hours(24);

/// By cohort and month: customers, orders and revenue.
pub(super) type Cohorts = BTreeMap<(String, String), (usize, i64, Decimal)>;

pub(super) fn expected(sales: &[Sale]) -> Cohorts {
    let month = |sale: &Sale| sale.at.format("%Y-%m").to_string();
    let mut first: BTreeMap<Uuid, String> = BTreeMap::new();
    for sale in sales {
        let first = first.entry(sale.user).or_insert_with(|| month(sale));
        *first = month(sale).min(first.clone());
    }
    let mut buyers: BTreeMap<(String, String), BTreeSet<Uuid>> = BTreeMap::new();
    let mut cohorts = Cohorts::new();
    for sale in sales {
        let key = (first[&sale.user].clone(), month(sale));
        let buyers = buyers.entry(key.clone()).or_default();
        buyers.insert(sale.user);
        let row = cohorts.entry(key).or_default();
        *row = (buyers.len(), row.1 + 1, row.2 + sale.sums().revenue());
    }
    cohorts
}

pub(super) fn found(report: &Value) -> Cohorts {
    let mut cohorts = Cohorts::new();
    for cohort in report["cohorts"].as_array().unwrap() {
        let name = |value: &Value| value.as_str().unwrap().to_owned();
        let months = cohort["months"].as_array().unwrap();
        assert_eq!(months[0]["customers"], cohort["customers"], "all buy in their first month");
        for month in months {
            let row = (
                usize::try_from(month["customers"].as_u64().unwrap()).unwrap(),
                month["orders"].as_i64().unwrap(),
                month["revenue"].as_str().unwrap().parse().unwrap(),
            );
            cohorts.insert((name(&cohort["cohort"]), name(&month["month"])), row);
        }
    }
    cohorts
}

async fn report(app: &TestApp) -> Value {
    app.prove().await;
    let analyst = app.user(Role::Analyst).await;
    let path = "/analytics/users?from=2026-02-01&to=2026-03-01";
    analyst.get(path).await.expect(200).body
}

#[tokio::test]
async fn customers_come_in_cohorts_and_a_cancelled_first_order_makes_the_second_the_first() {
    let clock = Arc::new(ManualClock::at("2026-01-10T10:00:00Z".parse().unwrap()));
    let app = TestApp::setup().clock(Arc::clone(&clock)).start().await;
    let lamp = product(&app.seller().await, "Lamp", "100.00", "home", "").await;
    let (early, late) = (app.customer().await, app.customer().await);
    let first = buy(&early, &[(&lamp, 1)]).await;
    clock.advance(DAY * 31);
    let early = app.renewed(&early);
    let second = buy(&early, &[(&lamp, 2)]).await;
    deliver(&app, &second).await;
    buy(&app.renewed(&late), &[(&lamp, 3)]).await;
    buy(&app.renewed(&late), &[(&lamp, 4)]).await;
    clock.advance(DAY * 28);
    buy(&app.renewed(&late), &[(&lamp, 5)]).await;
    app.customer().await;

    let shown = report(&app).await;
    let log = Log::read(&app).await;
    assert_eq!(found(&shown), expected(&log.sales()));
    assert_eq!(found(&shown).len(), 4);
    assert_eq!(Log::buyers(&log.sales()).len(), 2);
    let figures = |name: &str| shown[name].as_i64().unwrap();
    assert_eq!((figures("buyers"), figures("first_time_buyers")), (2, 1), "in February");
    assert_eq!((figures("returning_buyers"), figures("repeat_buyers")), (1, 1));
    assert_eq!((figures("customers"), figures("repeat_customers")), (2, 2));
    assert_eq!(shown["lifetime_value"], "750.00");
    assert_eq!(shown["new_users"], 1, "the administrator who delivered came in February");

    // Not shipped yet: the order of January is cancelled, and its customer came in February.
    app.renewed(&early).put(&format!("/orders/{first}/cancel"), json!({})).await.expect(200);
    refund(&app, &second, json!({ "amount": "50.00" })).await;
    let shown = report(&app).await;
    assert_eq!(found(&shown), expected(&Log::read(&app).await.sales()));
    assert_eq!(shown["cohorts"].as_array().unwrap().len(), 1);
    assert_eq!((&shown["first_time_buyers"], &shown["customers"]), (&json!(2), &json!(2)));
    assert_eq!(shown["lifetime_value"], "675.00");
    app.finish().await;
}
