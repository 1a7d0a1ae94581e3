//! The rules of an artist, given / when / then.

use super::*;
use crate::testing::id;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

fn given(events: Vec<Event>) -> AggregateTestExecutor<Artist> {
    TestFramework::with(()).given(events)
}

fn profile(name: &str) -> Profile {
    Profile { name: name.parse().unwrap(), bio: None, country: None, image_url: None }
}

fn created() -> Event {
    Event::Created { profile: profile("Miles Davis"), created_by: Some(id(8)) }
}

fn change(by: Editor, sellers: &[u128], profile: Profile) -> Command {
    Command::Change { by, sellers: sellers.iter().copied().map(id).collect(), profile }
}

fn delete(by: Editor, sellers: &[u128]) -> Command {
    Command::Delete { by, sellers: sellers.iter().copied().map(id).collect() }
}

fn added(album: u128) -> Event {
    Event::AlbumAdded { product_id: id(album) }
}

fn removed(album: u128) -> Event {
    Event::AlbumRemoved { product_id: id(album) }
}

#[test]
fn an_artist_is_created_once() {
    let create = || Command::Create { profile: profile("Miles Davis"), created_by: id(8) };
    given(vec![]).when(create()).then_expect_events(vec![created()]);
    given(vec![created()]).when(create()).then_expect_error(Error::AlreadyExists);
}

#[test]
fn one_that_was_deleted_may_be_listed_again_and_has_no_albums_then() {
    let before = vec![created(), added(1), removed(1), Event::Deleted {}];
    let again = Command::Create { profile: profile("Miles Davis"), created_by: id(9) };
    let anew = Event::Created { profile: profile("Miles Davis"), created_by: Some(id(9)) };
    given(before.clone()).when(again).then_expect_events(vec![anew.clone()]);
    let artist = before.iter().chain([&anew]).fold(Artist::default(), Artist::evolve);
    let details = artist.details().unwrap();
    assert!(details.albums.is_empty());
    assert_eq!(details.created_by, Some(id(9)));
}

#[test]
fn a_change_holds_all_that_is_told_and_one_of_nothing_causes_nothing() {
    let profile = Profile { bio: Some("Trumpet".parse().unwrap()), ..profile("Miles Davis") };
    given(vec![created()])
        .when(change(Editor::Admin, &[], profile.clone()))
        .then_expect_events(vec![Event::Changed { profile: profile.clone() }]);
    given(vec![created(), Event::Changed { profile: profile.clone() }])
        .when(change(Editor::Admin, &[], profile))
        .then_expect_events(vec![]);
}

#[test]
fn a_change_leaves_the_albums() {
    let events = [created(), added(1), Event::Changed { profile: profile("Miles Dewey Davis") }];
    let artist = events.iter().fold(Artist::default(), Artist::evolve);
    let details = artist.details().unwrap();
    assert_eq!(details.profile.name.as_str(), "Miles Dewey Davis");
    assert_eq!(details.albums, BTreeSet::from([id(1)]));
}

#[test]
fn an_album_is_added_and_removed_once() {
    let add = || Command::AddAlbum { product_id: id(1) };
    let remove = || Command::RemoveAlbum { product_id: id(1) };
    given(vec![created()]).when(add()).then_expect_events(vec![added(1)]);
    given(vec![created(), added(1)]).when(add()).then_expect_events(vec![]);
    given(vec![created(), added(1)]).when(remove()).then_expect_events(vec![removed(1)]);
    given(vec![created(), added(1), removed(1)]).when(remove()).then_expect_events(vec![]);
}

#[test]
fn an_artist_with_albums_is_not_deleted() {
    given(vec![created(), added(1), added(2)])
        .when(delete(Editor::Admin, &[8, 9]))
        .then_expect_error(Error::HasAlbums { count: 2 });
    given(vec![created(), added(1), removed(1)])
        .when(delete(Editor::Admin, &[]))
        .then_expect_events(vec![Event::Deleted {}]);
}

#[test]
fn an_artist_without_albums_is_whoever_listed_it() {
    let (creator, other) = (Editor::Seller(id(8)), Editor::Seller(id(9)));
    for command in [change(other, &[], profile("Mine")), delete(other, &[])] {
        given(vec![created()]).when(command).then_expect_error(Error::NotOwner);
    }
    given(vec![created()]).when(delete(creator, &[])).then_expect_events(vec![Event::Deleted {}]);
    let unknown = Event::Created { profile: profile("Miles Davis"), created_by: None };
    given(vec![unknown]).when(delete(other, &[])).then_expect_events(vec![Event::Deleted {}]);
}

#[test]
fn an_artist_with_albums_is_changed_by_their_only_seller_or_an_administrator() {
    let (creator, other) = (Editor::Seller(id(8)), Editor::Seller(id(9)));
    let before = || vec![created(), added(1), added(2)];
    let changed = || vec![Event::Changed { profile: profile("Miles Dewey Davis") }];
    let rename = |by, sellers: &[u128]| change(by, sellers, profile("Miles Dewey Davis"));
    given(before()).when(rename(other, &[9])).then_expect_events(changed());
    given(before()).when(rename(Editor::Admin, &[8, 9])).then_expect_events(changed());
    given(before()).when(rename(creator, &[9])).then_expect_error(Error::NotOwner);
    for by in [creator, other] {
        given(before()).when(rename(by, &[8, 9])).then_expect_error(Error::NotOwner);
        given(before()).when(delete(by, &[8, 9])).then_expect_error(Error::NotOwner);
    }
    // Of those who may, it is refused for another reason.
    let refused = Error::HasAlbums { count: 2 };
    given(before()).when(delete(other, &[9])).then_expect_error(refused);
}

#[test]
fn nothing_happens_to_an_artist_that_is_not_there() {
    let commands = || {
        [
            change(Editor::Admin, &[], profile("Nobody")),
            Command::AddAlbum { product_id: id(1) },
            Command::RemoveAlbum { product_id: id(1) },
            delete(Editor::Seller(id(8)), &[]),
        ]
    };
    for before in [vec![], vec![created(), Event::Deleted {}]] {
        for command in commands() {
            given(before.clone()).when(command).then_expect_error(Error::NotFound);
        }
    }
}

#[test]
fn an_artist_has_ten_thousand_albums_at_most() {
    let albums = (1..=10_000).map(added);
    let full: Vec<_> = std::iter::once(created()).chain(albums).collect();
    given(full.clone())
        .when(Command::AddAlbum { product_id: id(10_001) })
        .then_expect_error(Error::TooManyAlbums);
    given(full).when(Command::AddAlbum { product_id: id(10_000) }).then_expect_events(vec![]);
}
