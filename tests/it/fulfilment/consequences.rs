//! What follows from the parts: for the money, the points, the stock and the reviews of an order.

use super::Scene;
use crate::support::client::order_body;
use serde_json::json;

#[tokio::test]
async fn what_follows_from_the_delivery_follows_once_all_has_arrived() {
    let mut scene = Scene::set().await;
    let mut body = order_body("cash_on_delivery");
    body["items"] = json!([{ "product_id": scene.lamp, "quantity": 100 - 2 },
                           { "product_id": scene.chair, "quantity": 9 }]);
    scene.order = scene.buyer.post("/orders", body).await.expect(201).id();
    let points = async || {
        let status = scene.buyer.get("/loyalty/status").await.expect(200).body;
        (status["points"].as_u64().unwrap(), status["pending_points"].as_u64().unwrap())
    };
    let (_, pending) = points().await;
    assert!(pending > 0, "an order that is to be paid in cash earns points");
    for seller in [&scene.one, &scene.other] {
        let before = scene.shown().await;
        assert_eq!(before["payment_status"], "pending");
        assert_eq!(points().await, (0, pending));
        for status in ["processing", "shipped", "delivered"] {
            scene.moved(seller, status).await.expect(200);
        }
    }
    let order = scene.shown().await;
    assert_eq!(
        (&order["payment_status"], &order["amount_due"]),
        (&json!("completed"), &json!("0.00"))
    );
    let (usable, left) = points().await;
    assert!(usable > 0 && left < pending, "{usable} usable, {left} pending of {pending}");
    scene.app.finish().await;
}

#[tokio::test]
async fn what_has_left_in_part_is_not_cancelled_and_not_refunded_before_all_is_there() {
    let scene = Scene::set().await;
    scene.moved(&scene.one, "processing").await.expect(200);
    scene.moved(&scene.one, "shipped").await.expect(200);
    let admin = scene.app.admin().await;
    let cancel = format!("/orders/{}/cancel", scene.order);
    scene.buyer.put(&cancel, json!({})).await.refused(409, "partly_shipped");
    scene.moved(&admin, "cancelled").await.refused(409, "partly_shipped");
    let refund = format!("/orders/{}/refund", scene.order);
    let lines =
        json!({ "reason": "broken", "lines": [{ "product_id": scene.lamp, "quantity": 1 }] });
    admin.post(&refund, &lines).await.refused(409, "invalid_transition");
    scene.moved(&scene.one, "delivered").await.expect(200);
    for status in ["processing", "shipped", "delivered"] {
        scene.moved(&scene.other, status).await.expect(200);
    }
    admin.post(&refund, &lines).await.expect(200);
    assert_eq!(scene.app.stock(&scene.lamp).await, 99);
    scene.app.finish().await;
}

#[tokio::test]
async fn before_anything_has_left_all_of_it_is_cancelled() {
    let scene = Scene::set().await;
    scene.moved(&scene.one, "processing").await.expect(200);
    let cancel = format!("/orders/{}/cancel", scene.order);
    scene.buyer.put(&cancel, json!({})).await.expect(200);
    assert_eq!(scene.statuses().await, ["refunded", "refunded", "refunded"]);
    assert_eq!(
        (scene.app.stock(&scene.lamp).await, scene.app.stock(&scene.chair).await),
        (100, 100)
    );
    scene.moved(&scene.one, "shipped").await.refused(409, "invalid_transition");
    scene.app.finish().await;
}

#[tokio::test]
async fn what_has_arrived_may_be_reviewed_though_the_rest_has_not() {
    let scene = Scene::set().await;
    let review = |product: &str| json!({ "product_id": product, "rating": 5, "comment": "Good" });
    for status in ["processing", "shipped"] {
        scene.moved(&scene.one, status).await.expect(200);
    }
    scene.buyer.post("/reviews", review(&scene.lamp)).await.refused(403, "not_a_buyer");
    scene.moved(&scene.one, "delivered").await.expect(200);
    scene.buyer.post("/reviews", review(&scene.lamp)).await.expect(201);
    scene.buyer.post("/reviews", review(&scene.chair)).await.refused(403, "not_a_buyer");
    scene.app.finish().await;
}
