//! `/audit/ledger`: what is booked, as of when, for whom.

use super::{Story, balance, card, decimal, deliver, order_with, story, sum};
use crate::support::app::TestApp;
use crate::support::client::{Client, text};
use aggregates::account::Role;
use rust_decimal::Decimal;
use serde_json::{Value, json};

const ALL: &str = "/audit/ledger?limit=100";

async fn ledger(auditor: &Client, path: &str) -> Value {
    auditor.get(path).await.expect(200).body
}

/// The balances that are not zero.
fn balances(ledger: &Value) -> Vec<(String, String)> {
    let accounts = ledger["trial_balance"].as_array().unwrap();
    let sums = accounts.iter().map(|sums| (text(sums, "account"), text(sums, "balance")));
    sums.filter(|(_, balance)| balance != "0.00").collect()
}

fn assert_balanced(ledger: &Value) {
    assert_eq!(ledger["totals"]["debit"], ledger["totals"]["credit"]);
    let accounts = ledger["trial_balance"].as_array().unwrap();
    let all: Decimal = accounts.iter().map(|sums| decimal(&sums["balance"])).sum();
    assert_eq!(all, Decimal::ZERO);
    assert_eq!(accounts.len(), 9);
}

fn expected(balances: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(account, balance): &(&str, &str)| ((*account).to_owned(), (*balance).to_owned());
    balances.iter().map(owned).collect()
}

#[tokio::test]
async fn money_cards_and_points_are_booked_as_they_come_and_go() {
    let app = TestApp::start().await;
    let Story { order, .. } = story(&app).await;
    let auditor = app.user(Role::Auditor).await;
    let books = ledger(&auditor, ALL).await;
    assert_balanced(&books);
    // Two orders of 1000.00 and 1500.00 of delivery each; of the second the card paid 500.00 and
    // ten points 10.00, and 200.00 of its money went back. 10 and 9 points were earned, of which
    // one went with the refund.
    assert_eq!(
        balances(&books),
        expected(&[
            ("cash_clearing", "4290.00"),
            ("loyalty_liability", "-8.00"),
            ("loyalty_expense", "18.00"),
            ("sales", "-2000.00"),
            ("discounts", "500.00"),
            ("delivery_income", "-3000.00"),
            ("refunds", "200.00"),
        ])
    );
    let rest = json!({ "reason": "all of it" });
    app.admin().await.post(&format!("/orders/{order}/refund"), rest).await.expect(200);
    let books = ledger(&auditor, ALL).await;
    assert_balanced(&books);
    assert_eq!(
        balances(&books),
        expected(&[
            ("cash_clearing", "2500.00"),
            ("gift_card_liability", "-500.00"),
            ("loyalty_liability", "-10.00"),
            ("loyalty_expense", "10.00"),
            ("sales", "-2000.00"),
            ("discounts", "500.00"),
            ("delivery_income", "-3000.00"),
            ("refunds", "2500.00"),
        ])
    );
    app.finish().await;
}

#[tokio::test]
async fn the_books_as_of_a_moment_never_change_later() {
    let app = TestApp::start().await;
    let Story { buyer, order, .. } = story(&app).await;
    let auditor = app.user(Role::Auditor).await;
    let now = ledger(&auditor, ALL).await;
    let place = text(&now, "as_of");
    let last = now["items"].as_array().unwrap().last().unwrap();
    assert_eq!(now["next_cursor"], Value::Null);
    let time = text(last, "recorded_at");
    let by_place = [("as_of", place.as_str()), ("limit", "100")];
    let by_time = [("as_of", time.as_str()), ("limit", "100")];
    let before = auditor.find("/audit/ledger", &by_place).await.expect(200);
    let before_by_time = auditor.find("/audit/ledger", &by_time).await.expect(200);
    assert_eq!(before.body, now);
    assert_eq!(before_by_time.body["items"], now["items"]);

    let rest = json!({ "reason": "all of it" });
    app.admin().await.post(&format!("/orders/{order}/refund"), rest).await.expect(200);
    let product = app.product("10.00", 1).await;
    let next = order_with(&buyer, &product, json!({})).await;
    buyer.pay(&next, "tok_ok").await.expect(201);
    assert_ne!(ledger(&auditor, ALL).await["totals"], now["totals"]);
    let after = auditor.find("/audit/ledger", &by_place).await.expect(200);
    assert_eq!(after.text, before.text);
    let after = auditor.find("/audit/ledger", &by_time).await.expect(200);
    assert_eq!(after.text, before_by_time.text);

    let before_all = ledger(&auditor, "/audit/ledger?as_of=2001-01-01T00:00:00Z").await;
    assert_eq!((&before_all["items"], balances(&before_all)), (&json!([]), vec![]));
    auditor.get("/audit/ledger?as_of=2999-01-01T00:00:00Z").await.refused(422, "validation_failed");
    app.finish().await;
}

#[tokio::test]
async fn the_lines_are_read_page_by_page_and_by_account_and_by_time() {
    let app = TestApp::start().await;
    let Story { buyer, order, .. } = story(&app).await;
    let auditor = app.user(Role::Auditor).await;
    let all = ledger(&auditor, ALL).await;
    let all = all["items"].as_array().unwrap();

    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ledger(&auditor, &format!("/audit/ledger?limit=3&cursor={cursor}")).await;
        pages.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(pages, *all);

    let sales = ledger(&auditor, "/audit/ledger?account=sales").await;
    let sales = sales["items"].as_array().unwrap();
    assert_eq!(sales.len(), 2);
    assert_eq!((&sales[1]["credit"], &sales[1]["order_id"]), (&json!("1000.00"), &json!(order)));
    assert_eq!(
        (&sales[1]["currency"], &sales[1]["aggregate_type"]),
        (&json!("KZT"), &json!("order"))
    );
    let line = text(&sales[1], "event_id");
    let entry: Vec<_> = all.iter().filter(|other| other["event_id"] == line.as_str()).collect();
    assert_eq!(entry.len(), 3, "cash, sales and delivery");
    // Whose points they are.
    let expense = ledger(&auditor, "/audit/ledger?account=loyalty_expense").await;
    assert_eq!(expense["items"][0]["user_id"], json!(buyer.id));

    let from = text(&sales[1], "recorded_at");
    let later =
        auditor.find("/audit/ledger", &[("from", &from), ("limit", "100")]).await.expect(200);
    let earlier =
        auditor.find("/audit/ledger", &[("to", &from), ("limit", "100")]).await.expect(200);
    let count = |answer: &Value| answer["items"].as_array().unwrap().len();
    assert_eq!(count(&later.body) + count(&earlier.body), all.len());
    assert!(count(&later.body) > 0 && count(&earlier.body) > 0);
    assert_eq!(later.body["trial_balance"], earlier.body["trial_balance"]);

    auditor.get("/audit/ledger?account=profit").await.refused(422, "validation_failed");
    buyer.get("/audit/ledger").await.refused(403, "role_not_allowed");
    app.finish().await;
}

/// A few of everything: paid and unpaid, with and without card and points, cancelled and refunded.
async fn trade(app: &TestApp, buyer: &Client) {
    let product = app.product("333.33", 1000).await;
    let admin = app.admin().await;
    for step in 0..12_u32 {
        let mut with = json!({ "points": 0 });
        if step % 2 == 0 {
            // Less than an order, or more.
            let amount = if step % 4 == 0 { "700.00" } else { "5000.00" };
            with["gift_card_code"] = json!(card(app, amount).await);
        }
        if step > 3 && step % 3 == 0 {
            with["points"] = json!(1);
        }
        if step % 5 == 4 {
            with["payment_method"] = json!("cash_on_delivery");
        }
        let order = order_with(buyer, &product, with).await;
        if step % 5 != 4 && step % 6 != 5 {
            // Nothing is left to pay where the card was enough.
            let paid = buyer.pay(&order, "tok_ok").await;
            assert!([201, 409].contains(&paid.status), "{}", paid.text);
        }
        let cancel = format!("/orders/{order}/cancel");
        let refund = format!("/orders/{order}/refund");
        let status = text(&buyer.order_now(&order).await, "status");
        match step % 4 {
            0 if status == "confirmed" => deliver(app, &order).await,
            1 if status == "confirmed" => {
                deliver(app, &order).await;
                let part = json!({ "amount": "1601.01", "reason": "late" });
                admin.post(&refund, part).await.expect(200);
            }
            2 => drop(buyer.put(&cancel, json!({})).await.expect(200)),
            3 if status == "confirmed" => {
                deliver(app, &order).await;
                admin.post(&refund, json!({ "reason": "broken" })).await.expect(200);
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_liabilities_are_what_cards_and_customers_have() {
    let app = TestApp::start().await;
    for _ in 0..2 {
        trade(&app, &app.customer().await).await;
    }
    let books = ledger(&app.user(Role::Auditor).await, ALL).await;
    assert_balanced(&books);
    let cards = sum(&app, "SELECT sum(available + held)::text FROM read.gift_cards").await;
    let points =
        sum(&app, "SELECT sum(available + held - owed)::text FROM read.loyalty_accounts").await;
    assert!(cards > Decimal::ZERO && points > Decimal::ZERO);
    assert_eq!(balance(&books, "gift_card_liability"), -cards);
    assert_eq!(balance(&books, "loyalty_liability"), -points);

    let pool = app.pool().await;
    let report = ledgerline::ledgers::verify(&pool, |_| {}).await.unwrap();
    for account in projections::ledger::Account::ALL {
        assert_eq!(report.balance(account), balance(&books, account.as_str()), "{account}");
    }
    pool.close().await;
    app.finish().await;
}

#[tokio::test]
async fn customers_see_what_moved_their_cards_and_points() {
    let app = TestApp::start().await;
    let Story { buyer, code, order } = story(&app).await;
    let points = buyer.get("/loyalty/history").await.expect(200).body;
    let seen: Vec<_> = points["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (text(entry, "kind"), entry["points"].as_i64(), entry["balance"].as_i64()))
        .collect();
    let entry = |kind: &str, points, balance| (kind.to_owned(), Some(points), Some(balance));
    assert_eq!(
        seen,
        [
            entry("reversed", -1, 8),
            entry("activated", 9, 9),
            entry("earned", 9, 0),
            entry("spent", -10, 0),
            entry("held", -10, 0),
            entry("activated", 10, 10),
            entry("earned", 10, 0),
        ]
    );
    assert_eq!(points["items"][0]["order_id"], json!(order));

    let cards = buyer.get("/giftcards/history").await.expect(200).body;
    let seen: Vec<_> = cards["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (text(entry, "kind"), text(entry, "amount"), text(entry, "order_id")))
        .collect();
    let entry = |kind: &str| (kind.to_owned(), "-500.00".to_owned(), order.clone());
    assert_eq!(seen, [entry("captured"), entry("held")]);
    let masked = format!("****-****-****-{}", &code[code.len() - 4..]);
    assert_eq!(text(&cards["items"][0], "code"), masked);
    // Nobody else's affair.
    let stranger = app.customer().await;
    assert_eq!(stranger.get("/giftcards/history").await.expect(200).body["items"], json!([]));
    assert_eq!(stranger.get("/loyalty/history").await.expect(200).body["items"], json!([]));
    app.finish().await;
}
