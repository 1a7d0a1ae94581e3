//! Gift cards over HTTP: made and bought, never told twice, never guessed.

use super::{balance, card, finish};
use crate::support::app::TestApp;
use crate::support::client::text;
use serde_json::json;

#[tokio::test]
async fn the_code_of_a_card_is_nowhere_in_the_database() {
    let app = TestApp::start().await;
    let (id, code) = card(&app, "5000.00").await;
    assert_eq!(code.len(), 19, "four groups of four: {code}");
    let plain = code.replace('-', "");
    let pool = app.pool().await;
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT payload::text FROM events WHERE aggregate_id = $1
          UNION ALL SELECT metadata::text FROM events
          UNION ALL SELECT response::text FROM idempotency
          UNION ALL SELECT value FROM personal_data
          UNION ALL SELECT to_json(c)::text FROM read.gift_cards c",
    )
    .bind(&id)
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    assert!(rows.len() >= 4, "{rows:?}");
    for row in rows {
        assert!(!row.contains(&plain) && !row.contains(&code), "{row}");
    }
    finish(app).await;
}

#[tokio::test]
async fn a_repeated_request_makes_one_card_and_is_told_the_same_code() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({ "amount": 700, "recipient_email": "somebody@example.com" });
    let first = admin.post("/giftcards/create", &body).key("once").await.expect(201);
    let again = admin.post("/giftcards/create", &body).key("once").await.expect(201);
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    let buyer = app.customer().await;
    let body = json!({ "amount": 700, "card_token": "tok_ok" });
    let first = buyer.post("/giftcards/create", &body).key("once").await.expect(201);
    let again = buyer.post("/giftcards/create", &body).key("once").await.expect(201);
    assert_eq!(again.text, first.text);
    finish(app).await;
}

#[tokio::test]
async fn a_customer_pays_for_a_card_before_it_is_worth_anything() {
    let app = TestApp::start().await;
    let buyer = app.customer().await;
    let buy = |token: &str| json!({ "amount": "1500.00", "card_token": token });
    let bought = buyer.post("/giftcards/create", buy("tok_ok")).await.expect(201).body;
    assert_eq!((&bought["status"], &bought["balance"]), (&json!("active"), &json!("1500.00")));
    let declined = buyer.post("/giftcards/create", buy("tok_declined")).await.expect(201).body;
    assert_eq!((&declined["status"], &declined["balance"]), (&json!("withdrawn"), &json!("0.00")));
    assert!(text(&declined, "code").starts_with("****"), "a worthless code is not told");

    // The provider does not say: the checkout process finds out.
    let silent = buyer.post("/giftcards/create", buy("tok_timeout")).await.expect(201).body;
    assert_eq!(silent["status"], "pending");
    let code = text(&silent, "code");
    let redeem = buyer.post("/giftcards/redeem", json!({ "code": code })).await;
    redeem.refused(409, "gift_card_not_paid");
    crate::support::wait::eventually("the money for the card", async || {
        Some(balance(&app, &code).await).filter(|card| card["status"] == "active")
    })
    .await;

    for wrong in [json!({ "amount": 0 }), json!({ "amount": -5 }), json!({ "amount": "499.99" })] {
        assert_eq!(buyer.post("/giftcards/create", wrong).await.status, 422);
    }
    let cash = json!({ "amount": 1500, "payment_method": "cash_on_delivery" });
    buyer.post("/giftcards/create", cash).await.refused(422, "payment_method_mismatch");
    finish(app).await;
}

#[tokio::test]
async fn a_reissued_card_keeps_its_balance_and_loses_its_old_code() {
    let app = TestApp::start().await;
    let (admin, buyer) = (app.admin().await, app.customer().await);
    let (id, old) = card(&app, "900.00").await;
    let product = app.product("100.00", 5).await;
    buyer.add_to_cart(&product, 1).await;
    buyer.post("/giftcards/redeem", json!({ "code": old })).await.expect(200);

    admin.post(&format!("/giftcards/{old}/disable"), json!({ "reason": "lost" })).await.expect(200);
    buyer.order().await.refused(409, "gift_card_disabled");
    buyer
        .post(&format!("/giftcards/{old}/reissue"), json!({}))
        .await
        .refused(403, "role_not_allowed");
    let reissued =
        admin.post(&format!("/giftcards/{id}/reissue"), json!({})).await.expect(200).body;
    let new = text(&reissued, "code");
    assert_ne!(new, old);
    assert_eq!(balance(&app, &new).await["balance"], "900.00");
    app.guest().get(&format!("/giftcards/{old}/balance")).await.refused(404, "gift_card_not_found");
    // The cart still has the old code, which whoever stole it may have put there.
    buyer.order().await.refused(404, "gift_card_not_found");
    buyer.post("/giftcards/redeem", json!({ "code": new })).await.expect(200);
    assert_eq!(buyer.order().await.expect(201).body["gift_card_amount"], "900.00");
    finish(app).await;
}

#[tokio::test]
async fn who_guesses_codes_is_stopped_and_a_right_code_does_not_help_then() {
    let limits = "[rate_limits]\ncodes = { per_minute = 2, burst = 5 }\n";
    let app = TestApp::setup().with(&["--rate-limits", "on"]).file(limits).start().await;
    let (_, code) = card(&app, "900.00").await;
    let guest = app.guest();
    for guess in 0..5 {
        let path = format!("/giftcards/0000-0000-0000-00{guess}0/balance");
        guest.get(&path).await.refused(404, "gift_card_not_found");
    }
    guest.get("/giftcards/0000-0000-0000-0990/balance").await.refused(404, "gift_card_not_found");
    let stopped = guest.get(&format!("/giftcards/{code}/balance")).await;
    assert!(!stopped.header("retry-after").is_empty());
    stopped.refused(429, "rate_limited");
    app.stop().await;
}
