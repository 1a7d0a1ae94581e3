//! What was true at a moment: the same answer for ever, however long the log has become since.

use std::sync::Arc;

use aggregates::account::Role;
use aggregates::{StockItem, stock_item};
use eventlog::Metadata;
use ledgerline::log::Execute;
use serde_json::{Value, json};

use crate::support::app::{TestApp, any_id};
use crate::support::client::{Client, text};
use crate::support::database::TestDatabase;
use crate::support::program::{Program, text as said};

/// Thousands of events of one product's stock, in a few appends.
async fn much_happens(app: &TestApp, product: &str) {
    let state = &app.server.state;
    for _ in 0..5 {
        let id = product.to_owned();
        let metadata = Metadata::new("tester", any_id(), "much happens");
        let unit = state.log.unit(metadata).write::<StockItem>(product);
        unit.run(move |work| {
            for delta in (0..500).flat_map(|_| [1, -1]) {
                let reason = "counted again".to_owned();
                work.execute::<StockItem>(&id, stock_item::Command::Adjust { delta, reason })?;
            }
            Ok::<_, stock_item::Error>(())
        })
        .await
        .unwrap();
    }
}

async fn rebuild_everything(app: &TestApp) {
    for definition in projections::all() {
        projections::rebuild(&app.server.state.pool, &definition, any_id()).await.unwrap();
    }
}

/// The answer's bytes.
async fn asked(auditor: &Client, path: &str, as_of: &str) -> String {
    auditor.find(path, &[("as_of", as_of)]).await.expect(200).text
}

#[tokio::test]
async fn an_answer_about_a_moment_never_changes() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let (auditor, buyer) = (app.user(Role::Auditor).await, app.customer().await);
    buyer.add_to_cart(&product, 3).await;
    let order = buyer.order().await.expect(201).id();
    let (of_stock, of_order) =
        (format!("/audit/stock/{product}"), format!("/audit/orders/{order}"));
    let placed = auditor.get(&of_stock).await.expect(200).body;
    assert_eq!(placed["balances"], json!({ "on_hand": 10, "reserved": 3, "available": 7 }));
    let (position, time) = (text(&placed, "as_of"), text(&placed, "recorded_at"));
    let ask = async || {
        let mut answers = Vec::new();
        for path in [&of_stock, &of_order] {
            for as_of in [&position, &time] {
                answers.push(asked(&auditor, path, as_of).await);
            }
        }
        answers
    };
    let before = ask().await;

    buyer.pay(&order, "tok_ok").await.expect(201);
    much_happens(&app, &product).await;
    rebuild_everything(&app).await;
    assert_eq!(ask().await, before, "byte for byte");

    let now = auditor.get(&of_stock).await.expect(200).body;
    assert_eq!(now["balances"], json!({ "on_hand": 7, "reserved": 0, "available": 7 }));
    assert_eq!(now["version"], placed["version"].as_i64().unwrap() + 5001);
    let then: Value = serde_json::from_str(&before[2]).unwrap();
    assert_eq!(then["balances"]["status"], "pending");
    let now = auditor.get(&of_order).await.expect(200).body;
    assert_eq!((&now["balances"]["status"], &now["version"]), (&json!("confirmed"), &json!(2)));
    // 1 % of 300.00, earned by the payment and not before.
    let of_points = format!("/audit/loyalty/{}", buyer.id);
    let points = auditor.get(&of_points).await.expect(200).body;
    assert_eq!(
        (&points["balances"]["pending"], &points["balances"]["held"]),
        (&json!(3), &json!(0))
    );
    auditor.find(&of_points, &[("as_of", &position)]).await.refused(404, "stream_not_found");
    app.finish().await;
}

#[tokio::test]
async fn what_a_gift_card_was_worth_can_be_asked_after_it_is_disabled() {
    let app = TestApp::start().await;
    let (auditor, admin) = (app.user(Role::Auditor).await, app.admin().await);
    let made = admin.post("/giftcards/create", json!({ "amount": "500.00" })).await.expect(201);
    let path = format!("/audit/giftcards/{}", made.id());
    let worth = json!({
        "phase": "active", "issued": "500.00", "available": "500.00", "held": "0.00",
        "redeemed": "0.00", "expired": "0.00",
    });
    let fresh = auditor.get(&path).await.expect(200).body;
    assert_eq!(fresh["balances"], worth);
    let code = text(&made.body, "code");
    admin.post(&format!("/giftcards/{code}/disable"), json!({})).await.expect(200);
    assert_eq!(auditor.get(&path).await.expect(200).body["balances"]["phase"], "disabled");
    let then = asked(&auditor, &path, &text(&fresh, "position")).await;
    let then: Value = serde_json::from_str(&then).unwrap();
    assert_eq!((&then["balances"], &then["state"]), (&worth, &fresh["state"]));
    app.finish().await;
}

#[tokio::test]
async fn only_moments_that_have_come_are_answered_and_only_to_auditors() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let auditor = app.user(Role::Auditor).await;
    let path = format!("/audit/stock/{product}");
    for as_of in ["2999-01-01T00:00:00Z", "ffffffffff-1"] {
        let refused = auditor.find(&path, &[("as_of", as_of)]).await;
        assert_eq!(refused.refused(422, "validation_failed")["errors"][0]["code"], "in_the_future");
    }
    for as_of in ["yesterday", "2026-11-21"] {
        let refused = auditor.find(&path, &[("as_of", as_of)]).await;
        assert_eq!(refused.refused(422, "validation_failed")["errors"][0]["parameter"], "as_of");
    }
    // Before it was there.
    auditor
        .get(&format!("{path}?as_of=2020-01-01T00:00:00Z"))
        .await
        .refused(404, "stream_not_found");
    auditor.get(&format!("{path}?as_of=0-0")).await.refused(404, "stream_not_found");
    app.admin().await.get(&path).await.expect(200);
    for role in [Role::Customer, Role::Seller, Role::Analyst] {
        app.user(role).await.get(&path).await.refused(403, "role_not_allowed");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_program_tells_the_story_of_a_stream_event_by_event() {
    let database = Arc::new(TestDatabase::create().await);
    let app = TestApp::setup().start_on(Arc::clone(&database)).await;
    let product = app.product("100.00", 10).await;
    let (auditor, buyer) = (app.user(Role::Auditor).await, app.customer().await);
    buyer.add_to_cart(&product, 3).await;
    let order = buyer.order().await.expect(201).id();
    let pending = auditor.get(&format!("/audit/orders/{order}")).await.expect(200).body;
    buyer.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
    let answer = auditor.get(&format!("/audit/orders/{order}")).await.expect(200).body;
    let stock = auditor.get(&format!("/audit/stock/{product}")).await.expect(200).body;
    app.finish().await;

    let (program, url) = (Program::new(""), database.url());
    let replay = async |arguments: &[&str]| {
        program.succeed(&[&["replay", "--database-url", &url], arguments].concat()).await
    };
    let story = replay(&["order", &order]).await;
    let who = format!("who      {}", buyer.id);
    for told in [
        "1  20",
        "Placed",
        &who,
        "why      POST /api/v1/orders",
        "details.total_amount: 1800.00",
        "after    status pending, total_amount 1800.00, points 0, gift_card 0.00, amount_due 1800.00",
        "why      PUT /api/v1/orders/{id}/cancel: by_customer",
        "status: pending -> cancelled",
        "version 2, position",
    ] {
        assert!(story.contains(told), "{told:?} is missing: {story}");
    }
    let stock_story = replay(&["stock_item", &product]).await;
    assert!(stock_story.contains("reserved: 0 -> 3"), "{stock_story}");
    assert!(stock_story.contains("after    on_hand 10, reserved 3, available 7"), "{stock_story}");

    // The program and the API say the same.
    let last =
        |text: &str| -> Value { serde_json::from_str(text.lines().last().unwrap()).unwrap() };
    let end = last(&replay(&["order", &order, "--json"]).await);
    for member in ["type", "id", "version", "position", "balances", "state"] {
        assert_eq!(end[member], answer[member], "{member}");
    }
    let then = text(&pending, "position");
    let end = last(&replay(&["order", &order, "--json", "--as-of", &then]).await);
    assert_eq!((&end["state"], &end["version"]), (&pending["state"], &json!(1)));
    let end = last(&replay(&["stock_item", &product, "--json"]).await);
    assert_eq!(end["balances"], stock["balances"]);

    for (kind, id, problem) in
        [("order", product.as_str(), "there is no stream"), ("orders", &order, "stock_item")]
    {
        let refused = program.run(&["replay", "--database-url", &url, kind, id]).await;
        assert_eq!(refused.status.code(), Some(1));
        assert!(said(&refused.stderr).contains(problem), "{}", said(&refused.stderr));
    }
}
