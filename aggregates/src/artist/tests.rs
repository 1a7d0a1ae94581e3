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
    Event::Created { profile: profile("Miles Davis") }
}

fn added(album: u128) -> Event {
    Event::AlbumAdded { product_id: id(album) }
}

fn removed(album: u128) -> Event {
    Event::AlbumRemoved { product_id: id(album) }
}

#[test]
fn an_artist_is_created_once() {
    let create = || Command::Create { profile: profile("Miles Davis") };
    given(vec![]).when(create()).then_expect_events(vec![created()]);
    given(vec![created()]).when(create()).then_expect_error(Error::AlreadyExists);
}

#[test]
fn one_that_was_deleted_may_be_listed_again_and_has_no_albums_then() {
    let before = vec![created(), added(1), removed(1), Event::Deleted {}];
    let again = Command::Create { profile: profile("Miles Davis") };
    given(before.clone()).when(again).then_expect_events(vec![created()]);
    let artist = before.iter().chain([&created()]).fold(Artist::default(), Artist::evolve);
    assert!(artist.details().unwrap().albums.is_empty());
}

#[test]
fn a_change_holds_all_that_is_told_and_one_of_nothing_causes_nothing() {
    let profile = Profile { bio: Some("Trumpet".parse().unwrap()), ..profile("Miles Davis") };
    given(vec![created()])
        .when(Command::Change { profile: profile.clone() })
        .then_expect_events(vec![Event::Changed { profile: profile.clone() }]);
    given(vec![created(), Event::Changed { profile: profile.clone() }])
        .when(Command::Change { profile })
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
        .when(Command::Delete)
        .then_expect_error(Error::HasAlbums { count: 2 });
    given(vec![created(), added(1), removed(1)])
        .when(Command::Delete)
        .then_expect_events(vec![Event::Deleted {}]);
}

#[test]
fn nothing_happens_to_an_artist_that_is_not_there() {
    let commands = || {
        [
            Command::Change { profile: profile("Nobody") },
            Command::AddAlbum { product_id: id(1) },
            Command::RemoveAlbum { product_id: id(1) },
            Command::Delete,
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
