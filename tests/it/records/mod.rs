//! The record store: artists, albums that are sold like anything else, and lists of releases.

mod artists;
mod imports;
mod limits;
mod races;
mod search;
mod tour;

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::{Client, text};

async fn artist(staff: &Client, name: &str) -> String {
    staff.post("/artists", json!({ "name": name })).await.expect(201).id()
}

/// An album with one track, and what `more` adds or replaces.
fn album_body(artist: &str, title: &str, more: &Value) -> Value {
    let mut body = json!({
        "artist_id": artist, "title": title, "price": "9900.00", "quantity": 5,
        "tracks": [{ "title": format!("The first of {title}") }],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

async fn album(staff: &Client, artist: &str, title: &str, more: &Value) -> String {
    staff.post("/albums", album_body(artist, title, more)).await.expect(201).id()
}

/// The titles of the albums that a search finds, all of them on one page, in their order.
async fn titles(app: &TestApp, query: &[(&str, &str)]) -> Vec<String> {
    let page = app.guest().find("/albums", query).await.expect(200).body;
    let titles = listed(&page, "title");
    assert_eq!(page["total"], titles.len(), "all of it is on one page: {page}");
    titles
}

fn listed(page: &Value, member: &str) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| text(item, member)).collect()
}
