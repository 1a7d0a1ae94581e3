//! The fold of artists.

use super::Artists;
use crate::ApplyError;
use crate::testing::{History, at};
use aggregates::artist::{Event, Profile};
use aggregates::{Fact, ProductId};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);

fn profile(name: &str) -> Profile {
    Profile { name: name.parse().unwrap(), bio: None, country: None, image_url: None }
}

fn history(events: impl IntoIterator<Item = Event>) -> History {
    events.into_iter().fold(History::default(), |all, event| all.then(ID, Fact::Artist(event)))
}

fn added(album: u128) -> Event {
    Event::AlbumAdded { product_id: ProductId::new(Uuid::from_u128(album)) }
}

#[test]
fn albums_are_counted_and_leave_the_time_of_change() {
    let product_id = ProductId::new(Uuid::from_u128(5));
    let created = Event::Created { profile: profile("Miles Davis"), created_by: None };
    let row =
        history([created, added(5), added(6), Event::AlbumRemoved { product_id }]).row::<Artists>();
    assert_eq!((row.albums, row.version), (1, 4));
    assert_eq!((row.created_at, row.updated_at), (at(0), at(0)));
}

#[test]
fn an_artist_that_comes_back_starts_without_albums() {
    let events = [
        Event::Created { profile: profile("Miles"), created_by: None },
        Event::Deleted {},
        Event::Created { profile: profile("Miles Davis"), created_by: None },
    ];
    assert!(history(events[..2].to_vec()).row::<Artists>().deleted);
    let row = history(events).row::<Artists>();
    assert_eq!((row.deleted, row.name.as_str(), row.albums), (false, "Miles Davis", 0));
    assert_eq!((row.created_at, row.updated_at), (at(0), at(2)));
}

#[test]
fn a_gap_stops_the_fold() {
    let created = Event::Created { profile: profile("Miles Davis"), created_by: None };
    let broken = history([created, added(5), added(6)]).without(1).fold::<Artists>();
    assert!(matches!(broken, Err(ApplyError::Gap { expected: 2, found: 3, .. })), "{broken:?}");
}
