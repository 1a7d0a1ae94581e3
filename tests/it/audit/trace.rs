//! From an event to why it happened, and to what came of it.

use aggregates::account::Role;
use serde_json::{Value, json};

use crate::support::app::{TestApp, any_id};
use crate::support::client::{Client, text};

async fn stream(auditor: &Client, kind: &str, id: &str) -> Vec<Value> {
    let path = format!("/audit/streams/{kind}/{id}?limit=100");
    let page = auditor.get(&path).await.expect(200).body;
    assert_eq!(page["next_cursor"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

async fn trace(auditor: &Client, event: &Value) -> Value {
    let path = format!("/audit/trace/{}", text(event, "event_id"));
    auditor.get(&path).await.expect(200).body
}

fn types(events: &Value) -> Vec<String> {
    let name =
        |event: &Value| format!("{}.{}", text(event, "aggregate_type"), text(event, "event_type"));
    let mut types: Vec<_> = events.as_array().unwrap().iter().map(name).collect();
    types.sort();
    types
}

#[tokio::test]
async fn a_refund_is_traced_back_to_the_request_that_cancelled_the_order() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let (auditor, buyer) = (app.user(Role::Auditor).await, app.customer().await);
    buyer.add_to_cart(&product, 3).await;
    let order = buyer.order().await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    buyer.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
    let payment = text(&app.payment_when(&order, "refunded").await, "id");

    let payments = stream(&auditor, "payment", &payment).await;
    let refunded = payments.last().unwrap();
    assert_eq!(refunded["event_type"], "Refunded");
    let found = trace(&auditor, refunded).await;
    assert_eq!(&found["event"], refunded);
    assert_eq!(
        (&found["command"]["actor"], &found["truncated"]),
        (&json!("checkout"), &json!(false))
    );
    assert_eq!(types(&found["causes"]), ["payment.RefundRequested"]);
    assert_eq!(found["origin"]["command"], "PUT /api/v1/orders/{id}/cancel");
    assert_eq!(found["origin"]["actor"], buyer.id.to_string());
    assert_eq!(found["effects"], json!([]));

    let cause = trace(&auditor, &found["causes"][0]).await;
    assert_eq!(cause["command"], found["origin"]);
    assert_eq!(
        types(&cause["siblings"]),
        ["loyalty_account.Reversed", "order.Cancelled", "order.Refunded", "stock_item.Returned",]
    );
    assert_eq!(cause["causes"], json!([]), "it was asked for by the request itself");
    assert_eq!(cause["effects"], json!([refunded]));
    app.finish().await;
}

#[tokio::test]
async fn a_stream_is_shown_as_it_is_stored_page_by_page() {
    let app = TestApp::start().await;
    let product = app.product("100.00", 10).await;
    let auditor = app.user(Role::Auditor).await;
    let seller = app.admin().await;
    for units in 11..14 {
        let path = format!("/products/{product}/stock");
        seller.put(&path, json!({ "quantity": units })).await.expect(200);
    }
    let all = stream(&auditor, "stock_item", &product).await;
    assert_eq!(all.len(), 4);
    assert_eq!(all[0]["prev_hash"], "0".repeat(64));
    for (before, after) in all.iter().zip(&all[1..]) {
        assert_eq!(before["hash"], after["prev_hash"]);
    }
    assert_eq!(all[0]["payload"]["Received"]["quantity"], 10);
    assert!(all[3]["metadata"]["request_id"].is_string());

    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/audit/streams/stock_item/{product}");
        let page =
            auditor.find(&path, &[("limit", "3"), ("cursor", &cursor)]).await.expect(200).body;
        paged.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(paged, all);

    let nothing = format!("/audit/streams/stock_item/{}", any_id());
    auditor.get(&nothing).await.refused(404, "stream_not_found");
    auditor.get("/audit/streams/stock_item/%00").await.refused(404, "stream_not_found");
    auditor.get(&format!("/audit/trace/{}", any_id())).await.refused(404, "event_not_found");
    app.customer().await.get(&nothing).await.refused(403, "role_not_allowed");
    app.finish().await;
}
