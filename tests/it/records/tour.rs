//! One album on its whole way: from its artist to an order, and off the shelf again.

use serde_json::json;

use super::{album, artist, titles};
use crate::support::app::TestApp;
use crate::support::client::text;

#[tokio::test]
async fn an_album_is_found_bought_and_archived_like_any_other_product() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let about = json!({ "name": " Miles Davis ", "country": "US", "bio": "Trumpet" });
    let shown = seller.post("/artists", about).await.expect(201);
    let davis = shown.id();
    assert_eq!(
        (&shown.body["name"], &shown.body["country"]),
        (&json!("Miles Davis"), &json!("US"))
    );
    assert_eq!(shown.header("location"), format!("/api/v1/artists/{davis}"));
    assert_eq!(shown.header("etag"), "\"1\"");

    let tracks = json!([
        { "position": "A1", "title": "So What", "duration_s": 562 },
        { "title": "Freddie Freeloader" },
    ]);
    let more = json!({ "release_year": 1959, "genre": "Jazz", "label": "Columbia",
                       "format": "vinyl_lp", "tracks": tracks, "description": "Recorded in March",
                       "attributes": { "weight_g": "180" } });
    let id = album(&seller, &davis, "Kind of Blue", &more).await;
    let shown = app.guest().get(&format!("/albums/{id}")).await.expect(200).body;
    assert_eq!(shown["name"], "Miles Davis — Kind of Blue");
    assert_eq!(
        (&shown["artist_id"], &shown["artist_name"], &shown["category"], &shown["release_year"]),
        (&json!(davis), &json!("Miles Davis"), &json!("music"), &json!(1959))
    );
    assert_eq!(
        shown["tracks"],
        json!([{ "position": "A1", "title": "So What", "duration_s": 562 },
               { "position": 2, "title": "Freddie Freeloader", "duration_s": null }])
    );
    assert_eq!(shown["seller_id"], seller.id.to_string());
    assert_eq!(
        app.guest().get(&format!("/artists/{davis}")).await.expect(200).body["albums_count"],
        1
    );

    let product = app.guest().get(&format!("/products/{id}")).await.expect(200).body;
    let attributes = json!({ "format": "vinyl_lp", "genre": "Jazz", "weight_g": "180" });
    assert_eq!(product["attributes"], attributes);
    let found = app.guest().find("/products", &[("q", "davis blue")]).await.expect(200).body;
    assert_eq!(text(&found["items"][0], "id"), id);

    let buyer = app.customer().await;
    buyer.add_to_cart(&id, 2).await;
    let order = buyer.order().await.expect(201);
    assert_eq!(order.body["items"][0]["name"], "Miles Davis — Kind of Blue");
    buyer.pay(&order.id(), "tok_ok").await.expect(201);
    assert_eq!(app.stock(&id).await, 3);
    assert_eq!(titles(&app, &[("in_stock", "true")]).await, ["Kind of Blue"]);

    seller.delete(&format!("/albums/{id}")).await.expect(204);
    app.guest().get(&format!("/albums/{id}")).await.refused(404, "album_not_found");
    app.guest().get(&format!("/products/{id}")).await.refused(404, "product_not_found");
    assert!(titles(&app, &[]).await.is_empty());
    let kept = buyer.order_now(&order.id()).await;
    assert_eq!(kept["items"][0]["name"], "Miles Davis — Kind of Blue");
    seller.delete(&format!("/artists/{davis}")).await.expect(204);
    app.guest().get(&format!("/artists/{davis}")).await.refused(404, "artist_not_found");
    app.finish().await;
}

#[tokio::test]
async fn what_changes_of_an_album_is_seen_everywhere() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let (davis, evans) =
        (artist(&seller, "Miles Davis").await, artist(&seller, "Bill Evans").await);
    let more = json!({ "genre": "Jazz", "label": "Columbia", "release_year": 1958 });
    let id = album(&seller, &davis, "Portrait", &more).await;
    let path = format!("/albums/{id}");
    let changed = seller
        .put(
            &path,
            json!({ "title": "Portrait in Jazz", "artist_id": evans, "genre": null,
                            "format": "cd", "price": "5000", "quantity": 9 }),
        )
        .await
        .expect(200);
    assert_eq!(changed.body["name"], "Bill Evans — Portrait in Jazz");
    assert_eq!(
        (&changed.body["genre"], &changed.body["label"]),
        (&json!(null), &json!("Columbia"))
    );
    assert_eq!(changed.body["attributes"], json!({ "format": "cd" }));
    let shown = app.guest().get(&path).await.expect(200).body;
    assert_eq!(shown, changed.body, "a query answers as the command did");
    assert_eq!((&shown["price"], &shown["quantity"]), (&json!("5000.00"), &json!(9)));
    let counts = async |artist: &str| {
        app.guest().get(&format!("/artists/{artist}")).await.expect(200).body["albums_count"]
            .clone()
    };
    assert_eq!((counts(&davis).await, counts(&evans).await), (json!(0), json!(1)));
    assert_eq!(titles(&app, &[("artist_id", &evans)]).await, ["Portrait in Jazz"]);
    assert!(titles(&app, &[("artist_id", &davis)]).await.is_empty());

    let stale = seller.put(&path, json!({ "title": "X" })).header("If-Match", "\"1\"").await;
    assert_eq!(stale.refused(412, "version_mismatch")["version"], shown["version"]);
    let same = seller.put(&path, json!({ "title": "Portrait in Jazz", "tracks": shown["tracks"] }));
    let same = same.await.expect(200).body;
    assert_eq!(
        (&same["version"], &same["updated_at"]),
        (&shown["version"], &shown["updated_at"]),
        "nothing changed"
    );
    let product = format!("/products/{id}");
    seller.patch(&product, json!({ "name": "Mine" })).await.refused(422, "validation_failed");
    seller.patch(&product, json!({ "price": "4000" })).await.expect(200);
    assert_eq!(app.guest().get(&path).await.expect(200).body["price"], "4000.00");
    seller.put(&path, json!({ "is_active": false })).await.expect(200);
    assert!(titles(&app, &[]).await.is_empty());
    // As a plain product it goes, too, and its artist knows.
    seller.delete(&product).await.expect(204);
    seller.delete(&format!("/artists/{evans}")).await.expect(204);
    app.finish().await;
}

#[tokio::test]
async fn a_product_that_is_no_album_is_not_one_for_any_command() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let lamp = app.product_of(&seller, "Lamp", "10.00", 1).await;
    let path = format!("/albums/{lamp}");
    app.guest().get(&path).await.refused(404, "album_not_found");
    seller.put(&path, json!({ "title": "Lamp" })).await.refused(404, "album_not_found");
    seller.delete(&path).await.refused(404, "album_not_found");
    assert_eq!(app.stock(&lamp).await, 1);
    app.finish().await;
}
