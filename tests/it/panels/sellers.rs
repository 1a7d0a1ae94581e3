//! A seller sees all of their own business and nothing of anybody else's.

use super::{buy, deliver, items, product, refund};
use crate::support::app::TestApp;
use crate::support::client::text;
use serde_json::{Value, json};

#[tokio::test]
async fn of_a_common_order_a_seller_sees_only_the_own_lines() {
    let app = TestApp::start().await;
    let (one, other, third) = (app.seller().await, app.seller().await, app.seller().await);
    let lamp = product(&one, "Lamp", "10.00", "home", "").await;
    let chair = product(&other, "Chair", "20.55", "home", "").await;
    let buyer = app.customer().await;
    let order = buy(&buyer, &[(&lamp, 3), (&chair, 1)]).await;

    let page = one.get("/seller/orders").await.expect(200);
    for foreign in [chair.as_str(), "Chair", "20.55", "50.55"] {
        assert!(!page.text.contains(foreign), "{foreign}: {}", page.text);
    }
    for personal in [buyer.id.to_string(), other.id.to_string()] {
        assert!(!page.text.contains(&personal), "{}", page.text);
    }
    let shown = &items(&page.body)[0];
    assert_eq!((text(shown, "id"), text(shown, "total")), (order.clone(), "30.00".to_owned()));
    assert_eq!(
        (&shown["has_other_sellers"], &shown["items"][0]["quantity"]),
        (&json!(true), &json!(3))
    );
    let page = other.get("/seller/orders").await.expect(200).body;
    assert_eq!(text(&items(&page)[0], "total"), "20.55");
    assert_eq!(items(&third.get("/seller/orders").await.expect(200).body), &Vec::<Value>::new());

    let line = json!([{ "product_id": lamp, "quantity": 1 }]);
    deliver(&app, &order).await;
    refund(&app, &order, json!({ "lines": line })).await;
    let shown = one.get("/seller/orders").await.expect(200).body;
    assert_eq!(items(&shown)[0]["items"][0]["refunded_units"], 1);
    let figures = async |seller: &crate::support::client::Client| {
        let totals = seller.get("/seller/analytics").await.expect(200).body["totals"].clone();
        (text(&totals, "revenue"), totals["orders"].clone(), totals["returned_units"].clone())
    };
    assert_eq!(figures(&one).await, ("20.00".to_owned(), json!(1), json!(1)));
    assert_eq!(figures(&other).await, ("20.55".to_owned(), json!(1), json!(0)));
    assert_eq!(figures(&third).await, ("0.00".to_owned(), json!(0), json!(0)));
    app.finish().await;
}

#[tokio::test]
async fn the_address_is_shown_as_long_as_the_goods_have_to_get_there() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let lamp = product(&seller, "Lamp", "10.00", "home", "").await;
    let buyer = app.customer().await;
    let address = async || {
        let page = seller.get("/seller/orders").await.expect(200).body;
        let shown = &items(&page)[0];
        (shown["delivery_address"].clone(), shown["phone"].clone())
    };
    let (hidden, known) =
        ((Value::Null, Value::Null), (json!("Almaty, Abay 1"), json!("+7 700 000 00 00")));
    let order = buyer.order_items(&[(&lamp, 1)]).await.expect(201).id();
    assert_eq!(address().await, hidden, "not paid yet");
    buyer.pay(&order, "tok_ok").await.expect(201);
    assert_eq!(address().await, known);
    for (status, expected) in [("processing", &known), ("shipped", &known), ("delivered", &hidden)]
    {
        let path = format!("/orders/{order}/status");
        seller.put(&path, json!({ "status": status })).await.expect(200);
        assert_eq!(address().await, *expected, "{status}");
    }
    app.finish().await;
}

#[tokio::test]
async fn no_parameter_leads_to_the_business_of_another_seller() {
    let app = TestApp::start().await;
    let (one, other) = (app.seller().await, app.seller().await);
    let lamp = product(&one, "Lamp", "10.00", "home", "").await;
    let chair = product(&other, "Chair", "20.00", "home", "").await;
    let hidden = product(&one, "Hidden lamp", "30.00", "home", "").await;
    one.patch(&format!("/products/{hidden}"), json!({ "is_active": false })).await.expect(200);
    let buyer = app.customer().await;
    buy(&buyer, &[(&lamp, 1)]).await;
    let theirs = buy(&buyer, &[(&chair, 1)]).await;

    let products = async |query: &str| -> Vec<String> {
        let page = one.get(&format!("/seller/products{query}")).await.expect(200).body;
        items(&page).iter().map(|item| text(item, "id")).collect()
    };
    assert_eq!(products("").await, [hidden.as_str(), &lamp]);
    assert_eq!(products("?show=for_sale").await, [lamp.as_str()]);
    assert_eq!(products("?q=chair").await, [""; 0]);
    for parameter in ["seller_id", "seller", "user"] {
        let query = format!("?{parameter}={}", other.id);
        assert_eq!(products(&query).await, [hidden.as_str(), &lamp], "{parameter}");
        for path in ["/seller/orders", "/seller/analytics"] {
            let answer = one.get(&format!("{path}{query}")).await.expect(200);
            for foreign in [&theirs, &chair, "Chair"] {
                assert!(!answer.text.contains(foreign), "{path} {parameter}: {}", answer.text);
            }
        }
    }
    // The place in a list of somebody else's opens nothing either.
    buy(&buyer, &[(&chair, 1)]).await;
    let page = other.get("/seller/orders?limit=1").await.expect(200).body;
    let cursor = text(&page, "next_cursor");
    let answer = one.get(&format!("/seller/orders?cursor={cursor}")).await.expect(200);
    assert!(!answer.text.contains("Chair"), "{}", answer.text);
    app.finish().await;
}
