//! The way of an order of several sellers to its buyer.

use super::{Scene, part};
use crate::support::app::TestApp;
use crate::support::client::text;
use futures_util::future::join_all;
use serde_json::{Value, json};

#[tokio::test]
async fn each_seller_sends_their_part_and_the_order_follows_the_last() {
    let scene = Scene::set().await;
    let number = "RR 123/456-KZ";
    let ship = json!({ "status": "shipped", "tracking_number": number });
    let (one, other) = (&scene.one, &scene.other);
    for (seller, status, expected) in [
        (one, "processing", ["confirmed", "processing", "confirmed"]),
        (one, "shipped", ["confirmed", "shipped", "confirmed"]),
        (other, "processing", ["processing", "shipped", "processing"]),
        (one, "delivered", ["processing", "delivered", "processing"]),
        (other, "shipped", ["shipped", "delivered", "shipped"]),
        (other, "delivered", ["delivered", "delivered", "delivered"]),
    ] {
        if (seller.id, status) == (one.id, "shipped") {
            scene.asked(seller, ship.clone()).await.expect(200);
        } else {
            scene.moved(seller, status).await.expect(200);
        }
        assert_eq!(scene.statuses().await, expected, "{status}");
    }
    let order = scene.shown().await;
    let (first, second) = (part(&order, one), part(&order, other));
    assert_eq!((&first["items"], &second["items"]), (&json!([scene.lamp]), &json!([scene.chair])));
    assert_eq!(
        (text(&first, "tracking_number"), text(&order, "tracking_number")),
        (number.to_owned(), number.to_owned())
    );
    let drawn = text(&second, "tracking_number");
    assert!(drawn.starts_with("LL") && drawn.len() == 14, "{drawn}");
    let way = ["pending", "confirmed", "processing", "shipped", "delivered"];
    for history in [&order["history"], &first["history"], &second["history"]] {
        let statuses: Vec<_> =
            history.as_array().unwrap().iter().map(|entry| text(entry, "status")).collect();
        assert_eq!(statuses, way);
    }
    assert_eq!(first["history"][3]["by"], json!(one.id));
    scene.app.finish().await;
}

#[tokio::test]
async fn an_administrator_moves_one_part_or_the_whole() {
    let scene = Scene::set().await;
    let admin = scene.app.admin().await;
    let of_other = |status: &str| json!({ "status": status, "seller_id": scene.other.id });
    let answer = scene.asked(&admin, of_other("processing")).await.expect(200).body;
    assert_eq!(answer["fulfilments"].as_array().unwrap().len(), 2);
    scene.asked(&admin, of_other("shipped")).await.expect(200);
    assert_eq!(scene.statuses().await, ["confirmed", "confirmed", "shipped"]);
    let before = text(&part(&scene.shown().await, &scene.other), "tracking_number");
    // The whole: only what is behind has to move.
    scene.moved(&admin, "processing").await.expect(200);
    assert_eq!(scene.statuses().await, ["processing", "processing", "shipped"]);
    scene.moved(&admin, "shipped").await.expect(200);
    scene.moved(&admin, "delivered").await.expect(200);
    assert_eq!(scene.statuses().await, ["delivered", "delivered", "delivered"]);
    let order = scene.shown().await;
    assert_eq!(text(&part(&order, &scene.other), "tracking_number"), before);
    assert_ne!(text(&part(&order, &scene.one), "tracking_number"), before);
    scene.app.finish().await;
}

#[tokio::test]
async fn an_order_of_one_seller_is_its_only_part() {
    let app = TestApp::start().await;
    let (seller, buyer) = (app.seller().await, app.customer().await);
    let lamp = app.product_of(&seller, "Lamp", "10.00", 10).await;
    let order = buyer.order_items(&[(&lamp, 1)]).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    for status in ["processing", "shipped", "delivered"] {
        let path = format!("/orders/{order}/status");
        let body = json!({ "status": status, "seller_id": seller.id });
        seller.put(&path, body).await.expect(200);
        for client in [&buyer, &seller] {
            let shown = client.order_now(&order).await;
            assert_eq!(shown["fulfilments"].as_array().unwrap().len(), 1);
            let part = part(&shown, &seller);
            assert_eq!((&shown["status"], &part["items"]), (&json!(status), &json!([lamp])));
            for member in ["status", "tracking_number", "history"] {
                assert_eq!(part[member], shown[member], "{member}");
            }
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sellers_who_move_at_once_do_not_lose_a_step_and_take_none_twice() {
    let mut scene = Scene::set().await;
    for _ in 0..10 {
        for status in ["processing", "shipped", "delivered"] {
            // Each of them twice: a double click moves a part once.
            let sellers = [&scene.one, &scene.other, &scene.one, &scene.other];
            let answers = join_all(sellers.map(|seller| scene.moved(seller, status))).await;
            let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
            for (first, second) in [(0, 2), (1, 3)] {
                let mut of_one = [statuses[first], statuses[second]];
                of_one.sort_unstable();
                assert_eq!(of_one, [200, 409], "{status}: {statuses:?}");
            }
            assert_eq!(scene.statuses().await, [status; 3]);
        }
        let order = scene.shown().await;
        let histories = [
            &order["history"],
            &part(&order, &scene.one)["history"].clone(),
            &part(&order, &scene.other)["history"].clone(),
        ];
        for history in histories {
            assert_eq!(history.as_array().map(Vec::len), Some(5), "{history}");
        }
        scene.order = scene.another_order().await;
    }
    scene.app.finish().await;
}

#[tokio::test]
async fn a_wrong_step_of_a_part_changes_nothing() {
    let scene = Scene::set().await;
    let before = scene.shown().await;
    for status in ["shipped", "delivered", "confirmed", "pending"] {
        let refused = scene.moved(&scene.one, status).await.refused(409, "invalid_transition");
        assert_eq!((&refused["from"], &refused["to"]), (&json!("confirmed"), &json!(status)));
    }
    for (body, pointer) in [
        (json!({ "status": "processing", "tracking_number": "RR1" }), "/tracking_number"),
        (json!({ "status": "shipped", "tracking_number": "" }), "/tracking_number"),
        (json!({ "status": "shipped", "tracking_number": "  " }), "/tracking_number"),
        (json!({ "status": "shipped", "tracking_number": "https://x" }), "/tracking_number"),
        (json!({ "status": "shipped", "tracking_number": "R\n1" }), "/tracking_number"),
        (json!({ "status": "shipped", "tracking_number": "1".repeat(65) }), "/tracking_number"),
        (json!({ "status": "cancelled", "seller_id": scene.one.id }), "/seller_id"),
        (json!({ "status": "refunded", "seller_id": scene.one.id }), "/seller_id"),
        (json!({ "status": "processing", "seller_id": "nobody" }), "/seller_id"),
    ] {
        for client in [&scene.one, &scene.app.admin().await] {
            let refused = scene.asked(client, body.clone()).await.refused(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
        }
    }
    // Money is the whole order's: neither of its sellers gives it back.
    for status in ["cancelled", "refunded"] {
        scene.moved(&scene.one, status).await.refused(403, "step_not_allowed");
    }
    let after: Value = scene.shown().await;
    assert_eq!(after, before);
    scene.app.finish().await;
}
