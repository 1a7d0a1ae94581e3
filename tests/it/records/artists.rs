//! Artists: telling about them, renaming, deleting, and who may.

use aggregates::account::Role;
use serde_json::json;

use super::{album, album_body, artist, listed, titles};
use crate::support::app::{TestApp, any_id};
use crate::support::client::Client;

#[tokio::test]
async fn a_new_name_shows_on_all_albums_and_in_every_search() {
    let app = TestApp::start().await;
    let (seller, other) = (app.seller().await, app.seller().await);
    let prince = artist(&seller, "Prince").await;
    let mine = album(&seller, &prince, "1999", &json!({})).await;
    album(&other, &prince, "Dirty Mind", &json!({})).await;
    let path = format!("/artists/{prince}");
    let told = json!({ "name": "Симфонический оркестр", "country": "KZ" });
    let admin = app.admin().await;
    let renamed = admin.put(&path, told).await.expect(200);
    assert_eq!(renamed.body["albums_count"], 2);
    assert_eq!(app.guest().get(&path).await.expect(200).body, renamed.body);

    let found = titles(&app, &[("q", "оркестры"), ("sort", "title")]).await;
    assert_eq!(found, ["1999", "Dirty Mind"]);
    assert!(titles(&app, &[("q", "Prince")]).await.is_empty());
    let product = app.guest().get(&format!("/products/{mine}")).await.expect(200).body;
    assert_eq!(product["name"], "Симфонический оркестр — 1999");
    let found = app.guest().find("/products", &[("q", "оркестр")]).await.expect(200).body;
    assert_eq!(found["total"], 2);

    let kept = admin.put(&path, json!({ "bio": "From Almaty", "country": null })).await.expect(200);
    assert_eq!(
        (&kept.body["name"], &kept.body["country"], &kept.body["bio"]),
        (&json!("Симфонический оркестр"), &json!(null), &json!("From Almaty"))
    );
    app.finish().await;
}

#[tokio::test]
async fn an_artist_with_albums_stays() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let davis = artist(&seller, "Miles Davis").await;
    let id = album(&seller, &davis, "Kind of Blue", &json!({})).await;
    let path = format!("/artists/{davis}");
    assert_eq!(seller.delete(&path).await.refused(409, "artist_has_albums")["albums"], 1);
    app.guest().get(&path).await.expect(200);
    seller.delete(&format!("/albums/{id}")).await.expect(204);
    let removal = || seller.delete(&path).key("remove");
    removal().await.expect(204);
    assert_eq!(removal().await.expect(204).header("idempotent-replayed"), "true");
    seller.delete(&path).await.refused(404, "artist_not_found");
    seller.put(&path, json!({ "name": "X" })).await.refused(404, "artist_not_found");
    let orphan = album_body(&davis, "Orphan", &json!({}));
    seller.post("/albums", orphan).await.refused(404, "artist_not_found");
    let orphan = album_body(&any_id().to_string(), "Orphan", &json!({}));
    seller.post("/albums", orphan).await.refused(404, "artist_not_found");
    assert!(titles(&app, &[]).await.is_empty(), "a refused album leaves nothing");
    app.finish().await;
}

#[tokio::test]
async fn artists_are_listed_found_and_paged() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    for (name, country) in [
        ("The Who", "GB"),
        ("Кино", "SU"),
        ("Miles Davis", "US"),
        ("ABBA", "SE"),
        ("Ray Davies", "gb"),
    ] {
        seller.post("/artists", json!({ "name": name, "country": country })).await.expect(201);
    }
    let found = async |query: &[(&str, &str)]| {
        listed(&app.guest().find("/artists", query).await.expect(200).body, "name")
    };
    let all = ["ABBA", "Miles Davis", "Ray Davies", "The Who", "Кино"];
    assert_eq!(found(&[]).await, all);
    // Of stop words only, in another case, with a typing error, in another form.
    assert_eq!(found(&[("q", "the who")]).await, ["The Who"]);
    assert_eq!(found(&[("q", "КИНО")]).await, ["Кино"]);
    assert_eq!(found(&[("q", "miles devis")]).await[0], "Miles Davis");
    assert_eq!(found(&[("country", "GB"), ("sort", "-name")]).await, ["The Who", "Ray Davies"]);
    for (sort, expected) in [("name", all.to_vec()), ("-name", all.into_iter().rev().collect())] {
        let (mut names, mut cursor) = (vec![], String::new());
        loop {
            let query = [("sort", sort), ("limit", "2"), ("cursor", &*cursor)];
            let page = app.guest().find("/artists", &query).await.expect(200).body;
            assert_eq!(page["total"], 5);
            names.extend(listed(&page, "name"));
            let Some(next) = page["next_cursor"].as_str() else { break };
            next.clone_into(&mut cursor);
        }
        assert_eq!(names, expected, "{sort}");
    }
    app.finish().await;
}

#[tokio::test]
async fn everybody_reads_and_only_staff_writes() {
    let app = TestApp::start().await;
    let (owner, other) = (app.seller().await, app.seller().await);
    let davis = artist(&owner, "Miles Davis").await;
    let id = album(&owner, &davis, "Kind of Blue", &json!({})).await;
    let (artist_path, album_path) = (format!("/artists/{davis}"), format!("/albums/{id}"));
    let new = album_body(&davis, "Milestones", &json!({}));
    let title = json!({ "title": "Mine" });
    let guest = app.guest();
    for role in [Role::Customer, Role::Auditor, Role::Analyst] {
        let user = app.user(role).await;
        for path in ["/artists", "/albums", &artist_path, &album_path] {
            user.get(path).await.expect(200);
        }
        for call in [
            user.post("/artists", json!({ "name": "X" })),
            user.put(&artist_path, json!({ "name": "X" })),
            user.delete(&artist_path),
            user.post("/albums", &new),
            user.put(&album_path, &title),
            user.delete(&album_path),
        ] {
            call.await.refused(403, "role_not_allowed");
        }
    }
    for call in [guest.post("/artists", json!({})), guest.post("/albums", &new)] {
        call.await.refused(401, "not_authenticated");
    }
    for call in [guest.put(&album_path, &title), guest.delete(&album_path)] {
        call.await.refused(401, "not_authenticated");
    }
    for call in [guest.put(&artist_path, json!({})), guest.delete(&artist_path)] {
        call.await.refused(401, "not_authenticated");
    }
    other.put(&album_path, &title).await.refused(403, "not_owner");
    other.delete(&album_path).await.refused(403, "not_owner");
    assert_eq!(guest.get(&album_path).await.expect(200).body["title"], "Kind of Blue");
    app.admin().await.put(&album_path, json!({ "title": "Kind of Blue (Mono)" })).await.expect(200);
    app.admin().await.delete(&album_path).await.expect(204);
    app.finish().await;
}

#[tokio::test]
async fn an_artist_is_changed_by_the_only_seller_of_its_albums() {
    let app = TestApp::start().await;
    let (owner, other, admin) = (app.seller().await, app.seller().await, app.admin().await);
    let davis = artist(&owner, "Miles Davis").await;
    let path = format!("/artists/{davis}");
    let refused = async |seller: &Client| {
        for change in [json!({ "name": "Mine" }), json!({ "bio": "Mine" })] {
            seller.put(&path, change).await.refused(403, "not_owner");
        }
        seller.delete(&path).await.refused(403, "not_owner");
    };
    // Without albums it is whoever listed it.
    refused(&other).await;
    owner.put(&path, json!({ "bio": "Trumpet" })).await.expect(200);

    let blue = album(&owner, &davis, "Kind of Blue", &json!({})).await;
    refused(&other).await;
    let renamed = json!({ "name": "Miles Dewey Davis" });
    owner.put(&path, renamed).await.expect(200);

    let brew = album(&other, &davis, "Bitches Brew", &json!({})).await;
    refused(&other).await;
    refused(&owner).await;
    let shown = app.guest().get(&format!("/products/{brew}")).await.expect(200).body;
    assert_eq!(shown["name"], "Miles Dewey Davis — Bitches Brew");
    admin.put(&path, json!({ "name": "Miles Davis" })).await.expect(200);

    owner.delete(&format!("/albums/{blue}")).await.expect(204);
    refused(&owner).await;
    other.put(&path, json!({ "country": "US" })).await.expect(200);
    other.delete(&path).await.refused(409, "artist_has_albums");
    other.delete(&format!("/albums/{brew}")).await.expect(204);
    refused(&other).await;
    owner.delete(&path).await.expect(204);
    app.finish().await;
}

#[tokio::test]
async fn an_artist_that_an_import_made_is_the_importers() {
    let app = TestApp::start().await;
    let (owner, other) = (app.seller().await, app.seller().await);
    let rows = json!([{ "artist": "ABBA", "title": "Arrival", "price": 5000 }]);
    let report = owner.post("/products/bulk", rows).await.expect(200).body;
    let id = report["items"][0]["id"].as_str().unwrap();
    let abba = app.guest().get("/artists").await.expect(200).body;
    let path = format!("/artists/{}", listed(&abba, "id")[0]);
    owner.delete(&format!("/albums/{id}")).await.expect(204);
    other.delete(&path).await.refused(403, "not_owner");
    owner.delete(&path).await.expect(204);
    app.finish().await;
}
