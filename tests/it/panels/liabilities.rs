//! What is owed over time is what the streams of cards and points say, at the end of each period.

use super::{deliver, items, refund};
use crate::support::app::TestApp;
use crate::support::client::{Client, order_body, text};
use aggregates::account::Role;
use aggregates::{Decider, Fact, GiftCard, LoyaltyAccount};
use chrono::{DateTime, Utc};
use ledgerline::clock::ManualClock;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A Saturday, not at the beginning of any day.
const BEGIN: &str = "2026-03-28T20:07:00Z";
const DAY: Duration = Duration::from_hours(24);

/// Days on which cards are given away, spent and given back, and points earned and spent.
async fn history() -> (TestApp, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(BEGIN.parse().unwrap()));
    let app = TestApp::setup().clock(Arc::clone(&clock)).start().await;
    let buyer = app.customer().await;
    let lamp = app.product("1000.00", 100).await;
    for amount in ["500.00", "5000.00"] {
        let made = app.admin().await.post("/giftcards/create", json!({ "amount": amount })).await;
        let code = text(&made.expect(201).body, "code");
        clock.advance(DAY);
        let order = order(&app.renewed(&buyer), &lamp, json!({ "gift_card_code": code })).await;
        deliver(&app, &order).await;
        clock.advance(DAY * 2);
        refund(&app, &order, json!({ "amount": "777.77" })).await;
    }
    clock.advance(DAY);
    // What an order only holds is owed as before.
    order_unpaid(&app.renewed(&buyer), &lamp, json!({ "points": 1 })).await;
    (app, clock)
}

async fn order_unpaid(buyer: &Client, product: &str, with: Value) -> String {
    let mut body = order_body("card");
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    for (name, value) in with.as_object().unwrap() {
        body[name] = value.clone();
    }
    buyer.post("/orders", body).await.expect(201).id()
}

async fn order(buyer: &Client, product: &str, with: Value) -> String {
    let order = order_unpaid(buyer, product, with).await;
    // A card may have paid all of it.
    if buyer.order_now(&order).await["status"] == "pending" {
        buyer.pay(&order, "tok_ok").await.expect(201);
    }
    order
}

/// The streams of cards and points, with when each event was recorded.
async fn log(app: &TestApp) -> Vec<(String, DateTime<Utc>, Fact)> {
    let pool = app.pool().await;
    let rows: Vec<(String, String, String, String, String, DateTime<Utc>)> = sqlx::query_as(
        "SELECT aggregate_type, aggregate_id, event_type, event_version, payload::text, recorded_at
           FROM events WHERE aggregate_type IN ('gift_card', 'loyalty_account')
          ORDER BY aggregate_id, sequence",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    let event =
        |(kind, id, event, version, payload, at): (String, String, String, String, String, _)| {
            (id, at, Fact::decode(&kind, &event, &version, &payload).unwrap())
        };
    rows.into_iter().map(event).collect()
}

/// What the aggregates owed just before a moment: cards, points.
fn owed(log: &[(String, DateTime<Utc>, Fact)], before: DateTime<Utc>) -> (Decimal, Decimal) {
    let (mut cards, mut accounts) =
        (BTreeMap::<&str, GiftCard>::new(), BTreeMap::<&str, LoyaltyAccount>::new());
    for (id, _, fact) in log.iter().filter(|(_, at, _)| *at < before) {
        match fact {
            Fact::GiftCard(event) => {
                let card = cards.remove(id.as_str()).unwrap_or_default();
                cards.insert(id, card.evolve(event));
            }
            Fact::LoyaltyAccount(event) => {
                let account = accounts.remove(id.as_str()).unwrap_or_default();
                accounts.insert(id, account.evolve(event));
            }
            _ => {}
        }
    }
    let of_card = |card: &GiftCard| {
        let details = card.details();
        details.map_or(Decimal::ZERO, |card| card.available.decimal() + card.held().decimal())
    };
    let of_account = |account: &LoyaltyAccount| {
        Decimal::from(account.available().get()) + Decimal::from(account.held().get())
            - Decimal::from(account.owed.get())
    };
    (cards.values().map(of_card).sum(), accounts.values().map(of_account).sum())
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).parse().unwrap()
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

fn figures(of: &Value) -> (Decimal, Decimal) {
    let (cards, loyalty) = (decimal(&of["gift_cards"]), decimal(&of["loyalty"]));
    assert_eq!(decimal(&of["total"]), cards + loyalty, "{of}");
    (cards, loyalty)
}

#[tokio::test]
async fn liabilities_over_time_are_what_cards_and_points_were_worth() {
    let (app, _clock) = history().await;
    let analyst = app.user(Role::Analyst).await;
    let log = log(&app).await;
    let mut seen = std::collections::BTreeSet::new();
    for (tz, period) in [("UTC", "day"), ("Asia/Almaty", "day"), ("UTC", "week"), ("UTC", "month")]
    {
        let query = [("from", "2026-03-27"), ("to", "2026-04-20"), ("tz", tz), ("period", period)];
        let report = analyst.find("/analytics/liabilities", &query).await.expect(200).body;
        assert_eq!(figures(&report["opening"]), (Decimal::ZERO, Decimal::ZERO));
        for item in items(&report) {
            assert_eq!(figures(item), owed(&log, time(&item["to"])), "{tz} {period}: {item}");
            seen.insert(figures(item));
        }
        assert_eq!(figures(&report["closing"]), owed(&log, time(&report["to"])));
    }
    assert!(seen.len() > 4, "too little happened: {seen:?}");
    // A range that begins later begins with what was owed by then.
    let query = [("from", "2026-04-01"), ("to", "2026-04-02")];
    let later = analyst.find("/analytics/liabilities", &query).await.expect(200).body;
    let opening = figures(&later["opening"]);
    assert_eq!(opening, owed(&log, time(&later["from"])));
    assert!(opening.0 > Decimal::ZERO && opening.1 > Decimal::ZERO, "{opening:?}");
    app.finish().await;
}

#[tokio::test]
async fn the_last_figures_are_those_of_the_journal() {
    let (app, _clock) = history().await;
    let (analyst, auditor) = (app.user(Role::Analyst).await, app.user(Role::Auditor).await);
    let report = analyst.get("/analytics/liabilities").await.expect(200).body;
    let ledger = auditor.get("/audit/ledger").await.expect(200).body;
    let owed = |account: &str| {
        let accounts = ledger["trial_balance"].as_array().unwrap();
        let sums = accounts.iter().find(|sums| sums["account"] == account).unwrap();
        -decimal(&sums["balance"])
    };
    let expected = (owed("gift_card_liability"), owed("loyalty_liability"));
    assert_eq!(figures(&report["closing"]), expected);
    assert_eq!(figures(items(&report).last().unwrap()), expected);
    let csv = analyst.get("/analytics/liabilities").header("Accept", "text/csv").await.expect(200);
    let mut lines = csv.text.lines();
    assert_eq!(lines.next(), Some("period,from,to,gift_cards,loyalty,total"));
    assert_eq!(lines.count(), items(&report).len());
    app.finish().await;
}
