//! Finding albums: words of artist, title and tracks together, filters, and page by page.

use std::collections::BTreeSet;

use serde_json::json;

use super::{album, artist, listed, titles};
use crate::support::app::TestApp;
use crate::support::client::Client;

/// Artist, title, year, genre, label, format, price, quantity, track.
type Record = (
    &'static str,
    &'static str,
    Option<u16>,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    u32,
    &'static str,
);

const SHELF: [Record; 6] = [
    (
        "Miles Davis",
        "Kind of Blue",
        Some(1959),
        "Jazz",
        "Columbia",
        "vinyl_lp",
        "9900",
        5,
        "So What",
    ),
    (
        "Miles Davis",
        "Bitches Brew",
        Some(1970),
        "Fusion",
        "Columbia",
        "cd",
        "4500",
        0,
        "Spanish Key",
    ),
    ("The Who", "Tommy", Some(1969), "Rock", "Track", "vinyl_lp", "12000", 2, "Pinball Wizard"),
    ("Кино", "Группа крови", Some(1988), "Rock", "Melodiya", "cassette", "1500", 9, "Война"),
    ("Bill Evans", "Explorations", None, "jazz", "Riverside", "digital", "990", 99, "Nardis"),
    (
        "Blondie",
        "Heart of Glass",
        Some(1979),
        "Pop",
        "Chrysalis",
        "vinyl_7",
        "2500",
        1,
        "Rifle Range",
    ),
];

async fn shelf(app: &TestApp) -> Client {
    let seller = app.seller().await;
    let mut davis = None;
    for (name, title, year, genre, label, format, price, quantity, track) in SHELF {
        let id = match (name, davis.take()) {
            ("Miles Davis", Some(id)) => id,
            _ => artist(&seller, name).await,
        };
        let more = json!({ "release_year": year, "genre": genre, "label": label, "format": format,
                           "price": price, "quantity": quantity, "tracks": [{ "title": track }] });
        album(&seller, &id, title, &more).await;
        davis = Some(id).filter(|_| name == "Miles Davis");
    }
    seller
}

fn set<'t>(titles: impl IntoIterator<Item = &'t str>) -> BTreeSet<String> {
    titles.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn words_of_artist_title_and_tracks_match_together() {
    let app = TestApp::start().await;
    shelf(&app).await;
    for (words, expected) in [
        ("davis", &["Kind of Blue", "Bitches Brew"][..]),
        ("davis blue", &["Kind of Blue"]),
        ("BLUE miles", &["Kind of Blue"]),
        ("tommy wizard", &["Tommy"]),
        ("who pinball", &["Tommy"]),
        ("the who", &["Tommy"]),
        ("davis pinball", &[]),
        ("spanish keys", &["Bitches Brew"]),
        ("кино войны", &["Группа крови"]),
        ("группы кровь", &["Группа крови"]),
        ("\"heart of glass\"", &["Heart of Glass"]),
        ("davis -blue", &["Bitches Brew"]),
        // Typing errors, in a name, a title and a track.
        ("miles devis", &["Kind of Blue", "Bitches Brew"]),
        ("bill evens explorasions", &["Explorations"]),
        ("pinbal wizzard", &["Tommy"]),
        ("zzzzzz", &[]),
        ("& | ! ( ) : * ' \\", &[]),
    ] {
        let found: BTreeSet<_> = titles(&app, &[("q", words)]).await.into_iter().collect();
        assert_eq!(found, set(expected.iter().copied()), "{words}");
    }
    let best = titles(&app, &[("q", "blue davis")]).await;
    assert_eq!(best, ["Kind of Blue"]);
    app.finish().await;
}

#[tokio::test]
async fn filters_narrow_alone_and_together() {
    let app = TestApp::start().await;
    shelf(&app).await;
    for (query, expected) in [
        (&[("genre", "JAZZ")][..], &["Kind of Blue", "Explorations"][..]),
        (&[("genre", "rock"), ("genre", "pop")], &["Tommy", "Группа крови", "Heart of Glass"]),
        (&[("year_from", "1969"), ("year_to", "1970")], &["Bitches Brew", "Tommy"]),
        (&[("year_to", "1959")], &["Kind of Blue"]),
        (&[("format", "vinyl_lp")], &["Kind of Blue", "Tommy"]),
        (&[("format", "cd"), ("format", "cassette")], &["Bitches Brew", "Группа крови"]),
        (&[("label", "columbia")], &["Kind of Blue", "Bitches Brew"]),
        (&[("label", "columbia"), ("in_stock", "true")], &["Kind of Blue"]),
        (&[("in_stock", "false")], &["Bitches Brew"]),
        (
            &[("min_price", "2500"), ("max_price", "9900.00")],
            &["Kind of Blue", "Bitches Brew", "Heart of Glass"],
        ),
        (&[("q", "davis"), ("genre", "fusion")], &["Bitches Brew"]),
        (&[("genre", "Polka")], &[]),
        (&[("min_rating", "1")], &[]),
    ] {
        let found: BTreeSet<_> = titles(&app, query).await.into_iter().collect();
        assert_eq!(found, set(expected.iter().copied()), "{query:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn every_order_gives_each_album_once_page_by_page() {
    let app = TestApp::start().await;
    let seller = shelf(&app).await;
    // Two that only their ids tell apart.
    let again = artist(&seller, "Twins").await;
    for _ in 0..2 {
        album(&seller, &again, "Same", &json!({ "release_year": 1988 })).await;
    }
    let sorts = [
        "price",
        "-price",
        "name",
        "-name",
        "title",
        "-title",
        "year",
        "-year",
        "rating",
        "newest",
        "relevance",
    ];
    for sort in sorts {
        let all = app.guest().find("/albums", &[("sort", sort)]).await.expect(200).body;
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = [("sort", sort), ("limit", "3"), ("cursor", &*cursor)];
            let page = app.guest().find("/albums", &query).await.expect(200).body;
            assert_eq!(page["total"], 8);
            ids.extend(listed(&page, "id"));
            let Some(next) = page["next_cursor"].as_str() else { break };
            next.clone_into(&mut cursor);
        }
        assert_eq!(ids, listed(&all, "id"), "{sort}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 8, "{sort}");
        let query = [("sort", sort), ("limit", "2"), ("offset", "5")];
        let page = app.guest().find("/albums", &query).await.expect(200).body;
        assert_eq!(listed(&page, "id"), ids[5..7], "{sort}");
    }
    let sorted = async |sort: &str| titles(&app, &[("sort", sort)]).await;
    assert_eq!(sorted("price").await[..2], ["Explorations", "Группа крови"]);
    assert_eq!(sorted("year").await[..2], ["Explorations", "Kind of Blue"]);
    assert_eq!(sorted("-title").await[0], "Группа крови");
    assert_eq!(sorted("name").await[0], "Explorations");
    assert_eq!(sorted("newest").await[2], "Heart of Glass");

    // Found by relevance, page by page.
    let query = [("q", "miles"), ("limit", "1")];
    let first = app.guest().find("/albums", &query).await.expect(200).body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let query = [("q", "miles"), ("limit", "1"), ("cursor", cursor)];
    let second = app.guest().find("/albums", &query).await.expect(200).body;
    assert_eq!((&first["total"], &second["next_cursor"]), (&json!(2), &json!(null)));
    assert_ne!(listed(&first, "id"), listed(&second, "id"));
    // A cursor of another order is refused, and not guessed at.
    let query = [("sort", "year"), ("cursor", cursor)];
    app.guest().find("/albums", &query).await.refused(422, "validation_failed");
    app.finish().await;
}

#[tokio::test]
async fn a_list_or_an_album_that_has_not_changed_is_not_sent_again() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let davis = artist(&seller, "Miles Davis").await;
    let id = album(&seller, &davis, "Kind of Blue", &json!({})).await;
    let path = format!("/albums/{id}");
    for path in ["/albums?q=blue", "/artists", &path, &format!("/artists/{davis}")] {
        let tag = seller.get(path).await.expect(200).header("etag").to_owned();
        seller.get(path).header("If-None-Match", &tag).await.expect(304);
    }
    let tag = seller.get(&path).await.expect(200).header("etag").to_owned();
    let stock = format!("/products/{id}/stock");
    seller.put(&stock, json!({ "quantity": 1 })).await.expect(200);
    seller.get(&path).header("If-None-Match", &tag).await.expect(200);
    app.finish().await;
}
