//! What moved the stock of a product, for its seller, and the prices that it had, for everybody.

use super::{buy, deliver, items, product, refund};
use crate::support::app::{TestApp, any_id};
use crate::support::client::{Client, text};
use serde_json::{Value, json};

async fn history(seller: &Client, product: &str) -> Vec<Value> {
    let path = format!("/seller/products/{product}/stock-history?limit=100");
    items(&seller.get(&path).await.expect(200).body).clone()
}

/// Kind, change, and the stock after it.
fn line(movement: &Value) -> (String, i64, [i64; 3]) {
    let number = |name: &str| movement[name].as_i64().unwrap();
    let after = [number("on_hand"), number("reserved"), number("available")];
    (text(movement, "kind"), number("quantity"), after)
}

fn lines(movements: &[Value]) -> Vec<(String, i64, [i64; 3])> {
    movements.iter().map(line).collect()
}

#[tokio::test]
async fn every_movement_is_there_with_its_reason_and_the_stock_after_it() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let lamp = product(&seller, "Lamp", "10.00", "home", "").await;
    let stock = format!("/products/{lamp}/stock");
    seller.put(&stock, json!({ "delta": -990, "reason": "a fire" })).await.expect(200);
    let buyer = app.customer().await;
    let order = buy(&buyer, &[(&lamp, 3)]).await;
    deliver(&app, &order).await;
    refund(&app, &order, json!({ "lines": [{ "product_id": lamp, "quantity": 1 }] })).await;
    let given_up = buyer.order_items(&[(&lamp, 2)]).await.expect(201).id();
    buyer.put(&format!("/orders/{given_up}/cancel"), json!({})).await.expect(200);
    seller.put(&stock, json!({ "quantity": 20 })).await.expect(200);

    let movements = history(&seller, &lamp).await;
    let expected = [
        ("adjusted", 12, [20, 0, 20]),
        ("released", 0, [8, 0, 8]),
        ("reserved", 0, [8, 2, 6]),
        ("returned", 1, [8, 0, 8]),
        ("sold", -3, [7, 0, 7]),
        ("reserved", 0, [10, 3, 7]),
        ("adjusted", -990, [10, 0, 10]),
        ("received", 1000, [1000, 0, 1000]),
    ];
    let expected = expected.map(|(kind, change, after)| (kind.to_owned(), change, after));
    assert_eq!(lines(&movements), expected);
    assert_eq!(app.stock(&lamp).await, 20);
    let of = |place: usize| {
        let Value::Object(movement) = &movements[place] else { panic!("{}", movements[place]) };
        [&movement["reason"], &movement["by"], &movement["order_id"]]
    };
    assert_eq!(of(6), [&json!("a fire"), &json!(seller.id), &Value::Null]);
    assert_eq!(of(1), [&json!("cancelled"), &Value::Null, &json!(given_up)]);
    assert_eq!(of(3), [&Value::Null, &Value::Null, &json!(order)]);
    // Who ordered is nobody's business here.
    let all = Value::from(movements.clone()).to_string();
    assert!(!all.contains(&buyer.id.to_string()), "{all}");

    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/seller/products/{lamp}/stock-history?limit=3&cursor={cursor}");
        let page = seller.get(&path).await.expect(200).body;
        paged.extend(items(&page).clone());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(paged, movements);
    let path = format!("/seller/products/{lamp}/stock-history?offset=6");
    assert_eq!(items(&seller.get(&path).await.expect(200).body)[..], movements[6..]);
    app.finish().await;
}

#[tokio::test]
async fn the_stock_history_of_somebody_else_does_not_exist() {
    let app = TestApp::start().await;
    let (one, other) = (app.seller().await, app.seller().await);
    let lamp = product(&one, "Lamp", "10.00", "home", "").await;
    let path = format!("/seller/products/{lamp}/stock-history");
    other.get(&path).await.refused(404, "product_not_found");
    let query = format!("{path}?seller_id={}", one.id);
    other.get(&query).await.refused(404, "product_not_found");
    let unknown = format!("/seller/products/{}/stock-history", any_id());
    one.get(&unknown).await.refused(404, "product_not_found");
    app.customer().await.get(&path).await.refused(403, "role_not_allowed");
    app.guest().get(&path).await.refused(401, "not_authenticated");
    assert_eq!(history(&app.admin().await, &lamp).await.len(), 1);
    one.delete(&format!("/products/{lamp}")).await.expect(204);
    assert_eq!(history(&one, &lamp).await.len(), 1, "of archived products too");
    one.get(&format!("{path}?cursor=e30")).await.refused(422, "validation_failed");
    app.finish().await;
}

#[tokio::test]
async fn the_prices_of_a_product_are_known_to_everybody() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let lamp = product(&seller, "Lamp", "10.00", "home", "").await;
    let path = format!("/products/{lamp}");
    for change in [
        json!({ "price": "12.50" }),
        json!({ "name": "Lamp, large" }),
        json!({ "price": "12.50" }),
        json!({ "price": "9.99", "description": "cheap" }),
    ] {
        seller.patch(&path, change).await.expect(200);
    }
    let prices = format!("{path}/price-history");
    let answer = app.guest().get(&prices).await.expect(200);
    let prices_of = |body: &Value| -> Vec<(String, Value)> {
        items(body).iter().map(|entry| (text(entry, "price"), entry["previous"].clone())).collect()
    };
    let expected = [
        ("9.99".to_owned(), json!("12.50")),
        ("12.50".to_owned(), json!("10.00")),
        ("10.00".to_owned(), Value::Null),
    ];
    assert_eq!(prices_of(&answer.body), expected);
    assert_eq!(items(&answer.body)[0]["currency"], "KZT");
    let tag = answer.header("etag").to_owned();
    app.guest().get(&prices).header("If-None-Match", &tag).await.expect(304);
    let first = app.guest().get(&format!("{prices}?limit=2")).await.expect(200).body;
    let cursor = text(&first, "next_cursor");
    let second = app.guest().get(&format!("{prices}?cursor={cursor}")).await.expect(200).body;
    assert_eq!([prices_of(&first), prices_of(&second)].concat(), expected);

    let unknown = format!("/products/{}/price-history", any_id());
    app.guest().get(&unknown).await.refused(404, "product_not_found");
    seller.delete(&path).await.expect(204);
    app.guest().get(&prices).await.refused(404, "product_not_found");
    app.finish().await;
}

#[tokio::test]
async fn the_funnel_begins_with_the_carts() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let lamp = product(&seller, "Lamp", "10.00", "home", "").await;
    let chair = product(&seller, "Chair", "20.00", "home", "").await;
    let admin = app.admin().await;
    let funnel = async || {
        let dashboard = admin.get("/analytics/dashboard").await.expect(200).body;
        (dashboard["funnel"]["cart"].clone(), dashboard["funnel"]["placed"].clone())
    };
    assert_eq!(funnel().await, (json!(0), json!(0)));
    let (buyer, undecided) = (app.customer().await, app.customer().await);
    for product in [&lamp, &chair, &lamp] {
        buyer.add_to_cart(product, 1).await;
    }
    undecided.add_to_cart(&lamp, 1).await;
    assert_eq!(funnel().await, (json!(2), json!(0)));
    buyer.order().await.expect(201);
    buyer.add_to_cart(&lamp, 1).await;
    buyer.order().await.expect(201);
    assert_eq!(funnel().await, (json!(3), json!(2)));
    undecided.delete("/cart").await;
    assert_eq!(funnel().await, (json!(3), json!(2)), "an emptied cart was filled once");
    let before = [("from", "2026-01-01"), ("to", "2026-01-02")];
    let earlier = admin.find("/analytics/dashboard", &before).await.expect(200).body;
    assert_eq!(earlier["funnel"]["cart"], 0);
    app.finish().await;
}
