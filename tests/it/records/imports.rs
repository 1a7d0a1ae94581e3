//! Lists of releases through the bulk route.

use serde_json::{Value, json};

use super::{artist, listed, titles};
use crate::support::app::TestApp;
use crate::support::client::{Answer, Client, PREFIX, text};

/// As Discogs exports an inventory, with what is not ours to know.
const LIST: &str = "Catalog#,ARTIST,Title,Label,Format,Rating,Released,Genre,Price,Quantity\r\n\
    CL 1355,Miles Davis,Kind Of Blue,Columbia,\"LP, Album, RE\",5,1959-08-17,Jazz,9900.00,3\r\n\
    GP 26,miles  davis,Bitches Brew,Columbia,\"2xCD, Album\",,1970,Jazz,4500,1\r\n\
    ,The Who,Tommy,Track,\"LP, Album\",,0,Rock,12000,2\r\n\
    ,The Who,Tommy,Track,\"LP, Album\",,0,Rock,12000,2\r\n\
    ,Blondie,Heart Of Glass,Chrysalis,\"7\"\", Single\",,1979,,2500,1\r\n\
    ,Blondie,No Format Known,Chrysalis,Shellac,,1979,,2500,1\r\n\
    ,Blondie,No Price,Chrysalis,LP,,1979,,,1\r\n";

async fn import(seller: &Client, query: &str, content_type: &str, body: &str) -> Answer {
    let path = format!("{PREFIX}/products/bulk{query}");
    seller.call(reqwest::Method::POST, &path).raw(content_type, body.to_owned()).await
}

fn statuses(report: &Value) -> Vec<String> {
    listed(report, "status")
}

#[tokio::test]
async fn a_list_makes_albums_and_their_artists_and_a_second_time_nothing() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let report = import(&seller, "", "text/csv", LIST).await.expect(200).body;
    let first = ["created", "created", "created", "exists", "created", "refused", "refused"];
    assert_eq!(statuses(&report), first);
    assert_eq!(
        (&report["created"], &report["exists"], &report["refused"]),
        (&json!(4), &json!(1), &json!(2))
    );
    assert!(text(&report["items"][5], "error").starts_with("format: "), "{report}");
    assert!(text(&report["items"][6], "error").starts_with("price: "), "{report}");
    assert_eq!(report["items"][2]["id"], report["items"][3]["id"], "one record twice in the list");

    let artists = app.guest().get("/artists").await.expect(200).body;
    assert_eq!(listed(&artists, "name"), ["Blondie", "Miles Davis", "The Who"]);
    assert_eq!(artists["items"][1]["albums_count"], 2);
    let id = text(&report["items"][0], "id");
    let shown = app.guest().get(&format!("/albums/{id}")).await.expect(200).body;
    assert_eq!(
        (&shown["name"], &shown["format"], &shown["release_year"], &shown["quantity"]),
        (&json!("Miles Davis — Kind Of Blue"), &json!("vinyl_lp"), &json!(1959), &json!(3))
    );
    let attributes = json!({ "catalog_number": "CL 1355", "format": "vinyl_lp", "genre": "Jazz" });
    assert_eq!((&shown["attributes"], &shown["category"]), (&attributes, &json!("music")));
    assert_eq!(shown["seller_id"], seller.id.to_string());
    let found = titles(&app, &[("format", "cd"), ("format", "vinyl_7"), ("sort", "title")]).await;
    assert_eq!(found, ["Bitches Brew", "Heart Of Glass"]);

    let again = import(&seller, "", "text/csv", LIST).await.expect(200).body;
    assert_eq!((&again["created"], &again["exists"]), (&json!(0), &json!(5)));
    assert_eq!(again["items"][0]["id"], report["items"][0]["id"]);
    assert_eq!(titles(&app, &[]).await.len(), 4);
    assert_eq!(app.guest().get("/artists").await.expect(200).body["total"], 3);
    assert_eq!(app.stock(&id).await, 3, "no stock is received twice");
    // What another seller has on the shelf is another record, of the same artist.
    let other = app.seller().await;
    let report = import(&other, "", "text/csv", LIST).await.expect(200).body;
    assert_eq!(report["created"], 4);
    assert_eq!(app.guest().get("/artists").await.expect(200).body["total"], 3);
    app.finish().await;
}

#[tokio::test]
async fn releases_meet_artists_that_somebody_listed_and_may_stand_beside_products() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let davis = artist(&seller, "Miles Davis").await;
    let lines = [
        json!({ "artist": "MILES DAVIS", "title": "Kind of Blue", "price": 9900, "year": 1959,
                "format": "vinyl_lp",
                "tracks": [{ "position": "A1", "title": "So What", "duration_s": 562 }] }),
        json!({ "name": "Lamp", "price": "10.00", "category": "home" }),
    ];
    let body = lines.each_ref().map(ToString::to_string).join("\n");
    let report = import(&seller, "", "application/x-ndjson", &body).await.expect(200).body;
    assert_eq!(statuses(&report), ["created", "created"], "{report}");
    let page = app.guest().find("/albums", &[("q", "so what")]).await.expect(200).body;
    assert_eq!((&page["total"], &page["items"][0]["artist_id"]), (&json!(1), &json!(davis)));
    assert_eq!(page["items"][0]["artist_name"], "Miles Davis", "as the artist is called here");
    assert_eq!(app.guest().get("/artists").await.expect(200).body["total"], 1);

    let body = format!("[{}]", lines[0]);
    let report = import(&seller, "", "application/json", &body).await.expect(200).body;
    assert_eq!(statuses(&report), ["exists"]);
    app.finish().await;
}

#[tokio::test]
async fn what_was_deleted_may_be_imported_again() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let list = "artist,title,price\nABBA,Arrival,5000\n";
    let first = import(&seller, "", "text/csv", list).await.expect(200).body;
    let id = text(&first["items"][0], "id");
    seller.delete(&format!("/albums/{id}")).await.expect(204);
    let abba = app.guest().get("/artists").await.expect(200).body;
    seller.delete(&format!("/artists/{}", text(&abba["items"][0], "id"))).await.expect(204);

    let second = import(&seller, "", "text/csv", list).await.expect(200).body;
    assert_eq!(statuses(&second), ["created"]);
    assert_ne!(second["items"][0]["id"], first["items"][0]["id"]);
    assert_eq!(titles(&app, &[("q", "abba")]).await, ["Arrival"]);
    let page = app.guest().get("/artists").await.expect(200).body;
    assert_eq!((&page["total"], &page["items"][0]["albums_count"]), (&json!(1), &json!(1)));
    let third = import(&seller, "?atomic=true", "text/csv", list).await.expect(200).body;
    assert_eq!(third["items"][0]["id"], second["items"][0]["id"]);
    app.finish().await;
}

#[tokio::test]
async fn all_or_nothing_holds_for_releases_too_and_two_imports_at_once_make_one_of_each() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let refused = import(&seller, "?atomic=true", "text/csv", LIST).await;
    assert_eq!(refused.refused(422, "bulk_refused")["errors"].as_array().unwrap().len(), 2);
    assert_eq!(app.guest().get("/artists").await.expect(200).body["total"], 0);

    let list: String = std::iter::once("artist,title,price\n".to_owned())
        .chain((0..1200).map(|number| format!("Artist {},Title {number},100\n", number % 7)))
        .collect();
    let (one, two) = tokio::join!(
        import(&seller, "", "text/csv", &list),
        import(&seller, "?atomic=true", "text/csv", &list)
    );
    let (one, two) = (one.expect(200).body, two.expect(200).body);
    let sum = |member: &str| one[member].as_u64().unwrap() + two[member].as_u64().unwrap();
    assert_eq!((sum("created"), sum("exists"), sum("refused")), (1200, 1200, 0));
    let page = app.guest().get("/albums?limit=1").await.expect(200).body;
    assert_eq!((&page["total"], &page["total_is_exact"]), (&json!(1000), &json!(false)));
    let artists = app.guest().get("/artists").await.expect(200).body;
    assert_eq!(artists["total"], 7);
    let albums = artists["items"].as_array().unwrap().iter();
    assert_eq!(albums.map(|artist| artist["albums_count"].as_u64().unwrap()).sum::<u64>(), 1200);
    app.finish().await;
}
