//! What is stored of a person can be taken along, and erased without a trace in the ledgers' proofs.

use super::{card, deliver, earn};
use crate::support::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn an_export_shows_everything_and_an_erasure_leaves_every_ledger_valid() {
    let app = TestApp::start().await;
    let (buyer, _) = app.registered("aigerim@example.kz", "customer").await;
    earn(&app, &buyer, 200).await;
    let (_, code) = card(&app, "900.00").await;
    let gift = json!({ "amount": 600, "card_token": "tok_ok" });
    let gift = buyer.post("/giftcards/create", gift).await.expect(201).body;
    let product = app.product("1000.00", 5).await;
    let with = json!({ "gift_card_code": code, "points": 150 });
    let order = super::order_with(&buyer, &product, &with).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    deliver(&app, &order).await;
    buyer.add_to_cart(&product, 1).await;

    let export = buyer.get("/auth/me/export").await.expect(200).body;
    assert_eq!(export["orders"].as_array().unwrap().len(), 2);
    assert_eq!(export["payments"].as_array().unwrap().len(), 3);
    assert_eq!(export["gift_cards"][0]["id"], gift["id"]);
    assert!(!export.to_string().contains(gift["code"].as_str().unwrap()));
    assert_eq!(export["loyalty"]["totals"]["redeemed"], 150);
    assert_eq!(export["cart"]["lines"][0]["product_id"], product.as_str());
    assert!(export.to_string().contains("Almaty, Abay 1"));

    let signed = ledgerline::audit::sign_head(&app.server.state).await.unwrap().unwrap();
    buyer.delete("/auth/me").await.expect(204);
    buyer.get("/auth/me").await.expect(401);
    let pool = app.pool().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM personal_data WHERE subject_id = $1")
        .bind(buyer.id)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
    let events: String =
        sqlx::query_scalar("SELECT string_agg(payload::text || metadata::text, ' ') FROM events")
            .fetch_one(&pool)
            .await
            .unwrap();
    for personal in ["aigerim@example.kz", "Almaty, Abay 1", "+7 700 000 00 00"] {
        assert!(!events.contains(personal), "{personal}");
    }
    pool.close().await;
    // What was signed before the erasure is still a part of what is signed after it.
    let after = ledgerline::audit::sign_head(&app.server.state).await.unwrap().unwrap();
    assert!(after.head.size > signed.head.size);
    super::finish(app).await;
}
