//! Commands on an artist and its albums at the same moment: the sets never disagree.

use std::future::IntoFuture;

use futures_util::future::join_all;
use serde_json::json;

use super::{album, album_body, artist, listed, titles};
use crate::support::app::TestApp;
use crate::support::client::Call;

async fn all(calls: impl IntoIterator<Item = Call>) -> Vec<u16> {
    let answers = join_all(calls.into_iter().map(Call::into_future)).await;
    answers.into_iter().map(|answer| answer.status).collect()
}

#[tokio::test]
async fn an_album_is_never_left_without_its_artist() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    for round in 0..12 {
        let davis = artist(&seller, &format!("Artist {round}")).await;
        let path = format!("/artists/{davis}");
        let body = album_body(&davis, "Race", &json!({}));
        let (create, delete) = (seller.post("/albums", body), seller.delete(&path));
        let calls = if round % 2 == 0 { vec![create, delete] } else { vec![delete, create] };
        let mut statuses = all(calls).await;
        if round % 2 == 1 {
            statuses.reverse();
        }
        match statuses[..] {
            // The album was first: the artist stays.
            [201, 409] => {
                assert_eq!(titles(&app, &[("artist_id", &davis)]).await, ["Race"]);
                app.guest().get(&path).await.expect(200);
            }
            // The artist was gone first: there is no album.
            [404, 204] => {
                assert!(titles(&app, &[("artist_id", &davis)]).await.is_empty());
                app.guest().get(&path).await.refused(404, "artist_not_found");
            }
            _ => panic!("{statuses:?}"),
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn albums_created_while_their_artist_is_renamed_have_its_new_name() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let davis = artist(&seller, "Before").await;
    for number in 0..3 {
        album(&seller, &davis, &format!("Old {number}"), &json!({})).await;
    }
    let create = |number: usize| {
        seller.post("/albums", album_body(&davis, &format!("New {number}"), &json!({})))
    };
    let rename = seller.put(&format!("/artists/{davis}"), json!({ "name": "After" }));
    let calls = (0..4).map(create).chain([rename]).chain((4..8).map(create));
    let statuses = all(calls).await;
    assert_eq!((statuses.iter().filter(|status| **status == 201).count(), statuses[4]), (8, 200));
    let page = app.guest().find("/albums", &[("artist_id", &davis)]).await.expect(200).body;
    assert_eq!(listed(&page, "artist_name"), vec!["After"; 11]);
    assert!(listed(&page, "name").iter().all(|name| name.starts_with("After — ")));
    app.finish().await;
}

#[tokio::test]
async fn an_album_that_moves_while_its_artists_are_renamed_or_deleted_has_one_artist() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    for round in 0..6 {
        let (from, to) = (artist(&seller, "From").await, artist(&seller, "To").await);
        let id = album(&seller, &from, &format!("Moving {round}"), &json!({})).await;
        let path = format!("/albums/{id}");
        let statuses = all([
            seller.put(&path, json!({ "artist_id": to })),
            seller.put(&format!("/artists/{from}"), json!({ "name": "From here" })),
            seller.put(&format!("/artists/{to}"), json!({ "name": "To there" })),
            seller.delete(&format!("/artists/{from}")),
        ])
        .await;
        assert_eq!(statuses[..1], [200], "{statuses:?}");
        let shown = app.guest().get(&path).await.expect(200).body;
        assert_eq!((&shown["artist_id"], &shown["artist_name"]), (&json!(to), &json!("To there")));
        let artist = app.guest().get(&format!("/artists/{to}")).await.expect(200).body;
        assert_eq!(artist["albums_count"], 1);
    }
    app.finish().await;
}
