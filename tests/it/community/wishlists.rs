//! Wishlists: what became of the price, and whether it can still be had.

use crate::support::app::{TestApp, any_id};
use crate::support::client::{Call, Client};
use futures_util::future::join_all;
use serde_json::{Value, json};

fn wish(user: &Client, product: &str) -> Call {
    user.post("/wishlist/items", json!({ "product_id": product }))
}

async fn item(user: &Client, product: &str) -> Value {
    user.get(&format!("/wishlist/items/{product}")).await.expect(200).body
}

async fn items(user: &Client) -> Vec<Value> {
    let page = user.get("/wishlist").await.expect(200).body;
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_item_is_added_once_shown_and_removed() {
    let app = TestApp::start().await;
    let (user, other) = (app.customer().await, app.customer().await);
    let (first, second) = (app.product("10.00", 1).await, app.product("20.00", 1).await);
    assert!(items(&user).await.is_empty());
    let added = wish(&user, &first).await.expect(201);
    assert_eq!(added.header("location"), format!("/api/v1/wishlist/items/{first}"));
    assert_eq!(added.header("etag"), "\"1\"");
    let again = wish(&user, &first).await.expect(200);
    assert_eq!((&again.body, again.header("etag")), (&added.body, "\"1\""));
    assert_eq!(item(&user, &first).await, added.body, "both sides show it alike");
    wish(&user, &second).await.expect(201);
    let listed: Vec<_> = items(&user).await.iter().map(|item| item["product_id"].clone()).collect();
    assert_eq!(listed, [second.as_str(), first.as_str()], "the latest comes first");

    assert!(items(&other).await.is_empty());
    let path = format!("/wishlist/items/{first}");
    other.get(&path).await.refused(404, "wishlist_item_not_found");
    other.delete(&path).await.refused(404, "wishlist_item_not_found");
    user.delete(&path).header("If-Match", "\"1\"").await.refused(412, "version_mismatch");
    user.delete(&path).await.expect(204);
    user.get(&path).await.refused(404, "wishlist_item_not_found");
    user.delete(&path).await.refused(404, "wishlist_item_not_found");
    wish(&user, &any_id().to_string()).await.refused(404, "product_not_found");
    assert_eq!(items(&user).await.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_price_that_changed_since_is_shown_with_its_change() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "2999.00", 1).await;
    let user = app.customer().await;
    let added = wish(&user, &product).await.expect(201).body;
    assert_eq!((&added["price_change"], &added["price_changed"]), (&json!("0.00"), &json!(false)));
    for (price, change) in [("2599.50", "-399.50"), ("3000.00", "1.00")] {
        seller.patch(&format!("/products/{product}"), json!({ "price": price })).await.expect(200);
        for shown in [item(&user, &product).await, items(&user).await.remove(0)] {
            assert_eq!(shown["price_when_added"], "2999.00");
            assert_eq!(shown["price"], price);
            assert_eq!(shown["product"]["price"], price);
            assert_eq!(
                (&shown["price_change"], &shown["price_changed"]),
                (&json!(change), &json!(true))
            );
        }
    }
    // Adding it again does not forget the price of the first time.
    let again = wish(&user, &product).await.expect(200).body;
    assert_eq!(again["price_change"], "1.00");
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_ordered_now_is_not_available() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "10.00", 1).await;
    let path = format!("/products/{product}");
    let user = app.customer().await;
    assert_eq!(wish(&user, &product).await.expect(201).body["available"], true);
    // The last one is reserved for somebody.
    let order = app.customer().await.order_items(&[(&product, 1)]).await.expect(201).id();
    let shown = item(&user, &product).await;
    assert_eq!((&shown["available"], &shown["product"]["quantity"]), (&json!(false), &json!(0)));
    let sold_out = app.customer().await;
    assert_eq!(wish(&sold_out, &product).await.expect(201).body["available"], false);
    app.admin().await.put(&format!("/orders/{order}/cancel"), json!({})).await.expect(200);
    assert_eq!(item(&user, &product).await["available"], true);
    seller.patch(&path, json!({ "is_active": false })).await.expect(200);
    assert_eq!(item(&user, &product).await["available"], false);
    wish(&app.customer().await, &product).await.refused(404, "product_not_found");
    seller.patch(&path, json!({ "is_active": true })).await.expect(200);
    assert_eq!(item(&user, &product).await["available"], true);
    seller.delete(&path).await.expect(204);
    let gone = item(&user, &product).await;
    assert_eq!((&gone["available"], &gone["product"]["name"]), (&json!(false), &json!("Lamp")));
    user.delete(&format!("/wishlist/items/{product}")).await.expect(204);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sessions_add_to_one_list_and_pages_show_all_of_it() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let user = app.customer().await;
    let mut products = Vec::new();
    for number in 0..12 {
        products.push(app.product_of(&seller, &format!("P{number}"), "1.00", 1).await);
    }
    let twice = products.iter().chain(&products);
    let adding = twice.map(|product| wish(&user.reconnected(), product).into_future());
    let answers = join_all(adding).await;
    let added = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((added, answers.len()), (12, 24));
    assert!(answers.iter().all(|answer| [200, 201].contains(&answer.status)), "{answers:?}");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = user.get(&format!("/wishlist?limit=5&cursor={cursor}")).await.expect(200).body;
        let ids = page["items"].as_array().unwrap().iter();
        seen.extend(ids.map(|item| item["product_id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    seen.sort();
    products.sort();
    assert_eq!(seen, products);
    app.finish().await;
}
