//! The fold of albums.

use super::{Albums, Row};
use crate::ApplyError;
use crate::testing::History;
use aggregates::product::{Album, Event, Format, Tracks};
use aggregates::{ArtistId, Currency, Fact, Money, UserId};
use std::collections::BTreeMap;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);

fn created() -> Event {
    Event::Created {
        seller_id: UserId::new(Uuid::from_u128(2)),
        name: "Miles Davis — Kind of Blue".to_owned(),
        description: String::new(),
        price: Money::ZERO,
        currency: Currency::KZT,
        category: "music".to_owned(),
        attributes: BTreeMap::new(),
        image_urls: vec![],
    }
}

fn described(artist: &str) -> Event {
    Event::AlbumDescribed {
        album: Box::new(Album {
            artist_id: ArtistId::new(Uuid::from_u128(7)),
            artist_name: artist.parse().unwrap(),
            title: "Kind of Blue".parse().unwrap(),
            release_year: None,
            genre: None,
            label: None,
            format: Format::Cd,
            tracks: Tracks::default(),
        }),
    }
}

fn history(events: impl IntoIterator<Item = Event>) -> History {
    events.into_iter().fold(History::default(), |all, event| all.then(ID, Fact::Product(event)))
}

fn row(events: impl IntoIterator<Item = Event>) -> Row {
    history(events).row::<Albums>()
}

#[test]
fn a_product_that_is_no_album_has_no_row() {
    let rows = history([created(), Event::Deactivated {}, Event::Archived {}]).fold::<Albums>();
    assert!(rows.unwrap().is_empty());
}

#[test]
fn a_new_description_leaves_whether_it_is_sold() {
    let row = row([created(), described("Miles"), Event::Deactivated {}, described("Miles Davis")]);
    assert_eq!((row.artist_name.as_str(), row.is_active), ("Miles Davis", false));
    assert_eq!((row.archived, row.version), (false, 4));
}

#[test]
fn it_is_on_and_off_sale_as_its_product_is() {
    let on = row([created(), described("Miles"), Event::Deactivated {}, Event::Activated {}]);
    assert_eq!((on.is_active, on.archived), (true, false));
    assert!(row([created(), described("Miles"), Event::Archived {}]).archived);
}

#[test]
fn a_gap_stops_the_fold() {
    let events = [created(), described("Miles"), Event::Deactivated {}, Event::Activated {}];
    let broken = history(events).without(2).fold::<Albums>();
    assert!(matches!(broken, Err(ApplyError::Gap { expected: 3, found: 4, .. })), "{broken:?}");
}
