//! Following an order while it moves.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::Client;

/// The next order of a stream of server-sent events; `None` at its end.
async fn next(stream: &mut reqwest::Response, read: &mut String) -> Option<Value> {
    loop {
        if let Some((event, rest)) = read.split_once("\n\n") {
            let data = event.lines().find_map(|line| line.strip_prefix("data:")).map(str::to_owned);
            *read = rest.to_owned();
            match data {
                Some(data) => return Some(serde_json::from_str(data.trim()).unwrap()),
                // A comment that keeps the connection open.
                None => continue,
            }
        }
        let piece = stream.chunk().await.unwrap()?;
        read.push_str(std::str::from_utf8(&piece).unwrap());
    }
}

async fn next_status(stream: &mut reqwest::Response, read: &mut String) -> String {
    let order = next(stream, read).await.expect("another event");
    order["status"].as_str().unwrap().to_owned()
}

async fn ordered(app: &TestApp) -> (Client, String) {
    let product = app.product("10.00", 5).await;
    let buyer = app.customer().await;
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    (buyer, order)
}

#[tokio::test]
async fn a_buyer_sees_each_step_as_it_happens_until_the_last() {
    let app = TestApp::start().await;
    let (buyer, order) = ordered(&app).await;
    let mut stream = buyer.open(&format!("/orders/{order}/events")).await;
    assert!(stream.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    let mut read = String::new();
    assert_eq!(next_status(&mut stream, &mut read).await, "pending");
    buyer.pay(&order, "tok_ok").await.expect(201);
    // The payment may have been seen to begin before.
    while next_status(&mut stream, &mut read).await != "confirmed" {}
    app.admin()
        .await
        .put(&format!("/orders/{order}/status"), json!({ "status": "processing" }))
        .await
        .expect(200);
    assert_eq!(next_status(&mut stream, &mut read).await, "processing");
    buyer.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
    let mut last = None;
    while let Some(order) = next(&mut stream, &mut read).await {
        last = Some(order);
    }
    let last = last.unwrap();
    assert_eq!(
        (&last["status"], &last["payment_status"]),
        (&json!("refunded"), &json!("refunded"))
    );
    app.finish().await;
}

#[tokio::test]
async fn a_server_that_stops_ends_the_streams() {
    let app = TestApp::start().await;
    let (buyer, order) = ordered(&app).await;
    let mut stream = buyer.open(&format!("/orders/{order}/events")).await;
    let mut read = String::new();
    assert_eq!(next_status(&mut stream, &mut read).await, "pending");
    let stopping = tokio::spawn(app.stop());
    while next(&mut stream, &mut read).await.is_some() {}
    stopping.await.unwrap();
}
