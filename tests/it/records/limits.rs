//! What is too long, too many or not what it should be is refused, with its place.

use serde_json::{Value, json};

use super::{album_body, artist, titles};
use crate::support::app::TestApp;
use crate::support::client::PREFIX;

#[tokio::test]
async fn albums_out_of_bounds_are_refused_with_the_place() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let davis = artist(&seller, "Miles Davis").await;
    let tracks = |count: usize| -> Value {
        (0..count).map(|number| json!({ "title": format!("Track {number}") })).collect()
    };
    let placed =
        |position: Value| json!([{ "title": "A", "position": position }, { "title": "B" }]);
    for (more, pointer) in [
        (json!({ "title": "" }), "/title"),
        (json!({ "title": "t".repeat(201) }), "/title"),
        (json!({ "release_year": 1859 }), "/release_year"),
        (json!({ "release_year": 2101 }), "/release_year"),
        (json!({ "release_year": -1 }), "/release_year"),
        (json!({ "genre": "g".repeat(65) }), "/genre"),
        (json!({ "label": " " }), "/label"),
        (json!({ "format": "shellac" }), "/format"),
        (json!({ "tracks": tracks(301) }), "/tracks"),
        (json!({ "tracks": placed(json!(2)) }), "/tracks"),
        (json!({ "tracks": placed(json!("x".repeat(17))) }), "/tracks/0/position"),
        (json!({ "tracks": [{ "title": "" }] }), "/tracks/0/title"),
        (json!({ "tracks": [{ "title": "A", "duration_s": 86_401 }] }), "/tracks"),
        (json!({ "tracks": [{ "title": "A", "duration_s": -1 }] }), "/tracks/0/duration_s"),
        (json!({ "price": "-1" }), "/price"),
        (json!({ "price": "1.001" }), "/price"),
        (json!({ "quantity": 1_000_000_001 }), "/quantity"),
        (json!({ "category": "" }), "/category"),
        (json!({ "artist_id": "nobody" }), "/artist_id"),
        (json!({ "image_urls": vec![""; 21] }), "/image_urls"),
    ] {
        let answer = seller.post("/albums", album_body(&davis, "Kind of Blue", &more)).await;
        let problem = answer.refused(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{more}: {problem}");
    }
    assert!(titles(&app, &[]).await.is_empty());
    let most = json!({ "tracks": tracks(300), "title": "t".repeat(200) });
    let kept = seller.post("/albums", album_body(&davis, "", &most)).await.expect(201);
    assert_eq!(kept.body["tracks"].as_array().unwrap().len(), 300);
    assert_eq!(
        kept.body["name"].as_str().unwrap().chars().count(),
        200,
        "cut to what a name may be"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_or_malformed_is_refused() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let davis = artist(&seller, "Miles Davis").await;
    let large = json!({ "description": "d".repeat(1_100_000) });
    let large = album_body(&davis, "Large", &large);
    seller.post("/albums", large).await.refused(413, "body_too_large");
    for path in ["/albums", "/artists"] {
        let call = seller.call(reqwest::Method::POST, &format!("{PREFIX}{path}"));
        call.raw("application/json", "{\"name\": ").await.refused(400, "malformed_json");
        let call = seller.call(reqwest::Method::POST, &format!("{PREFIX}{path}"));
        call.raw("text/plain", "hello").await.refused(415, "unsupported_media_type");
    }
    app.finish().await;
}

#[tokio::test]
async fn artists_and_queries_out_of_bounds_are_refused() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    for (body, pointer) in [
        (json!({ "name": "n".repeat(201) }), "/name"),
        (json!({ "name": "  " }), "/name"),
        (json!({ "name": "X", "bio": "b".repeat(10_001) }), "/bio"),
        (json!({ "name": "X", "country": "c".repeat(65) }), "/country"),
        (json!({ "name": "X", "image_url": "u".repeat(2001) }), "/image_url"),
        (json!({ "name": 7 }), "/name"),
    ] {
        let problem = seller.post("/artists", &body).await.refused(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    for (path, parameter) in [
        ("/albums?format=shellac", "format"),
        ("/albums?year_from=99999", "year_from"),
        ("/albums?year_from=1970&year_to=1960", "year_from"),
        ("/albums?min_price=2&max_price=1", "min_price"),
        ("/albums?artist_id=nobody", "artist_id"),
        ("/albums?sort=artist", "sort"),
        ("/albums?limit=101", "limit"),
        ("/albums?cursor=%21", "cursor"),
        ("/artists?sort=price", "sort"),
        ("/artists?cursor=e30", "cursor"),
    ] {
        let problem = app.guest().get(path).await.refused(422, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], parameter, "{path}: {problem}");
    }
    let long = "q".repeat(201);
    app.guest().find("/albums", &[("q", &long)]).await.refused(422, "validation_failed");
    app.finish().await;
}
