//! No seller sees or moves what another one sends, whichever way they ask.

use super::{Scene, part};
use crate::support::client::{Client, text};
use serde_json::{Value, json};

#[tokio::test]
async fn a_seller_sees_the_own_part_and_nothing_of_the_others() {
    let scene = Scene::set().await;
    let admin = scene.app.admin().await;
    let numbers = ["RR-ONE", "RR-OTHER"];
    for status in ["processing", "shipped"] {
        for (seller, number) in [&scene.one, &scene.other].into_iter().zip(numbers) {
            let mut body = json!({ "status": status });
            if status == "shipped" {
                body["tracking_number"] = json!(number);
            }
            let answer = scene.asked(seller, body).await.expect(200);
            see_only_their_own(&scene, seller, &answer.text, &answer.body);
        }
    }
    for seller in [&scene.one, &scene.other] {
        for path in ["/orders", "/seller/orders"] {
            let page = seller.get(path).await.expect(200);
            let shown = page.body["items"][0].clone();
            assert_eq!(text(&shown, "id"), scene.order);
            see_only_their_own(&scene, seller, &page.text, &shown);
        }
        let shown = seller.get(&format!("/orders/{}", scene.order)).await.expect(200);
        see_only_their_own(&scene, seller, &shown.text, &shown.body);
        let page = seller.get("/seller/orders").await.expect(200).body;
        assert_eq!(page["items"][0]["fulfilment"]["status"], "shipped");
    }
    for client in [&scene.buyer, &admin] {
        let shown = client.order_now(&scene.order).await;
        for (seller, number) in [&scene.one, &scene.other].into_iter().zip(numbers) {
            assert_eq!(text(&part(&shown, seller), "tracking_number"), number);
        }
    }
    scene.app.finish().await;
}

/// What a seller was sent names nobody and nothing of the other's, and has the own tracking number.
fn see_only_their_own(scene: &Scene, seller: &Client, sent: &str, order: &Value) {
    let (foreign, number) = if seller.id == scene.one.id {
        ([scene.other.id.to_string(), scene.chair.clone(), "RR-OTHER".to_owned()], "RR-ONE")
    } else {
        ([scene.one.id.to_string(), scene.lamp.clone(), "RR-ONE".to_owned()], "RR-OTHER")
    };
    for foreign in foreign {
        assert!(!sent.contains(&foreign), "{foreign}: {sent}");
    }
    if let Some(shown) = order["tracking_number"].as_str() {
        assert_eq!(shown, number);
    }
    if let Some(parts) = order["fulfilments"].as_array() {
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0]["seller_id"], json!(seller.id));
    }
}

#[tokio::test]
async fn the_address_is_shown_until_the_own_part_is_there() {
    let scene = Scene::set().await;
    let addresses = async |seller: &Client| {
        let page = seller.get("/seller/orders").await.expect(200).body;
        let order = seller.order_now(&scene.order).await;
        [page["items"][0]["delivery_address"].clone(), order["delivery_address"].clone()]
    };
    let known = [json!("Almaty, Abay 1"), json!("Almaty, Abay 1")];
    for status in ["processing", "shipped"] {
        scene.moved(&scene.one, status).await.expect(200);
        assert_eq!(addresses(&scene.one).await, known);
    }
    scene.moved(&scene.one, "delivered").await.expect(200);
    assert_eq!(addresses(&scene.one).await, [Value::Null, Value::Null]);
    assert_eq!(addresses(&scene.other).await, known, "the chair has not left yet");
    scene.app.finish().await;
}

#[tokio::test]
async fn no_id_moves_the_part_of_somebody_else() {
    let scene = Scene::set().await;
    let third = scene.app.seller().await;
    let before = scene.shown().await;
    let of = |seller: &Client| json!({ "status": "processing", "seller_id": seller.id });
    scene.asked(&scene.other, of(&scene.one)).await.refused(403, "step_not_allowed");
    scene.asked(&third, of(&scene.one)).await.refused(403, "step_not_allowed");
    scene.asked(&third, of(&third)).await.refused(403, "step_not_allowed");
    scene.moved(&third, "processing").await.refused(403, "step_not_allowed");
    scene.asked(&scene.buyer, of(&scene.one)).await.refused(403, "role_not_allowed");
    let admin = scene.app.admin().await;
    scene.asked(&admin, of(&third)).await.refused(404, "fulfilment_not_found");
    let path = format!("/orders/{}", scene.order);
    third.patch(&path, of(&scene.one)).await.refused(403, "step_not_allowed");
    third.get(&path).await.refused(404, "order_not_found");
    for path in ["/orders", "/seller/orders"] {
        for parameter in ["seller_id", "seller"] {
            let query = format!("{path}?{parameter}={}", scene.one.id);
            let page = third.get(&query).await.expect(200).body;
            assert_eq!(page["items"], json!([]), "{query}");
        }
    }
    let unknown = format!("/orders/{}/status", crate::support::app::any_id());
    admin.put(&unknown, of(&scene.one)).await.refused(404, "order_not_found");
    assert_eq!(scene.shown().await, before);
    scene.app.finish().await;
}
