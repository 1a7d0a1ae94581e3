//! A product that is an album.

use super::{SELLER, attributes, change, create, created, given};
use crate::product::{
    Album, AlbumError, Command, Editor, Error, Event, Format, Product, ReleaseYear, Track,
    TrackPosition, Tracks,
};
use crate::testing::id;
use crate::{Decider, Money};
use std::collections::BTreeMap;

const BY: Editor = Editor::Seller(crate::UserId::new(uuid::Uuid::from_u128(SELLER)));

fn album() -> Album {
    Album {
        artist_id: id(7),
        artist_name: "Miles Davis".parse().unwrap(),
        title: "Kind of Blue".parse().unwrap(),
        release_year: None,
        genre: Some("Jazz".parse().unwrap()),
        label: None,
        format: Format::Cd,
        tracks: Tracks::default(),
    }
}

fn track(position: TrackPosition) -> Track {
    Track { position, title: "So What".parse().unwrap(), duration_s: Some(562) }
}

fn described(album: Album) -> Event {
    Event::AlbumDescribed { album: Box::new(album) }
}

fn describe(album: Album) -> Command {
    Command::DescribeAlbum { by: BY, album: Box::new(album) }
}

/// The details that follow from an album.
fn details(name: Option<&str>, attributes: Option<&[(&str, &str)]>) -> Event {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Event::DetailsChanged {
        name: name.map(str::to_owned),
        description: None,
        category: None,
        attributes: attributes.map(|pairs| pairs.iter().map(pair).collect()),
        image_urls: None,
    }
}

/// An album "Miles Davis — Kind of Blue" with the attributes of [`created`] and its own.
fn listed() -> Vec<Event> {
    vec![
        created(),
        described(album()),
        details(
            Some("Miles Davis — Kind of Blue"),
            Some(&[("format", "cd"), ("genre", "Jazz"), ("key 0", "value")]),
        ),
    ]
}

#[test]
fn a_product_becomes_an_album_and_is_called_so() {
    given(vec![created()]).when(describe(album())).then_expect_events(listed().split_off(1));
    let product = listed().iter().fold(Product::default(), Product::evolve);
    assert_eq!(product.album(), Some(&album()));
}

#[test]
fn a_product_that_is_created_with_its_name_needs_no_change_of_it() {
    let fresh = create(|product| {
        product.name = album().product_name();
        product.attributes = album().with_attributes(BTreeMap::new());
    });
    let created = Product::default().decide(fresh).unwrap();
    given(created).when(describe(album())).then_expect_events(vec![described(album())]);
}

#[test]
fn the_same_album_again_causes_nothing() {
    given(listed()).when(describe(album())).then_expect_events(vec![]);
}

#[test]
fn a_new_name_of_the_artist_renames_the_product() {
    let renamed = Album { artist_name: "Miles Dewey Davis".parse().unwrap(), ..album() };
    given(listed()).when(describe(renamed.clone())).then_expect_events(vec![
        described(renamed),
        details(Some("Miles Dewey Davis — Kind of Blue"), None),
    ]);
}

#[test]
fn what_filters_see_follows_the_genre_and_the_format() {
    let other = Album { genre: None, format: Format::Vinyl7, ..album() };
    given(listed()).when(describe(other.clone())).then_expect_events(vec![
        described(other),
        details(None, Some(&[("format", "vinyl_7"), ("key 0", "value")])),
    ]);
}

#[test]
fn other_attributes_change_beside_those_of_the_album() {
    given(listed())
        .when(change(|ask| ask.attributes = Some([("format".to_owned(), "?".to_owned())].into())))
        .then_expect_events(vec![details(None, Some(&[("format", "cd"), ("genre", "Jazz")]))]);
    given(listed())
        .when(change(|ask| ask.attributes = Some(attributes(1))))
        .then_expect_events(vec![]);
    given(listed())
        .when(change(|ask| ask.attributes = Some(attributes(49))))
        .then_expect_error(Error::TooManyAttributes { count: 51 });
}

#[test]
fn an_album_is_renamed_by_its_title_only() {
    given(listed())
        .when(change(|ask| ask.name = Some("Blue Train".to_owned())))
        .then_expect_error(Error::NamedByAlbum);
    // A client that sends all of a product back changes nothing.
    let price: Money = "1.00".parse().unwrap();
    given(listed())
        .when(change(|ask| {
            ask.name = Some("Miles Davis — Kind of Blue".to_owned());
            ask.price = Some(price);
        }))
        .then_expect_events(vec![Event::PriceChanged {
            price,
            previous: "9900.00".parse().unwrap(),
        }]);
}

#[test]
fn only_its_seller_or_an_administrator_describes_an_album() {
    let by_other =
        Command::DescribeAlbum { by: Editor::Seller(id(SELLER + 1)), album: Box::new(album()) };
    given(vec![created()]).when(by_other).then_expect_error(Error::NotOwner);
    given(vec![]).when(describe(album())).then_expect_error(Error::NotFound);
    given(vec![created(), Event::Archived {}])
        .when(describe(album()))
        .then_expect_error(Error::Archived);
}

#[test]
fn a_name_that_is_too_long_for_a_product_is_cut() {
    let long = Album {
        artist_name: "ы".repeat(200).parse().unwrap(),
        title: "t".repeat(200).parse().unwrap(),
        ..album()
    };
    let name = long.product_name();
    assert_eq!((name.chars().count(), name.ends_with('…')), (200, true));
    assert!(given(vec![created()]).when(describe(long)).inspect_result().is_ok());
}

#[test]
fn a_year_is_one_in_which_sound_could_be_recorded() {
    for year in [0, 1859, 2101, u16::MAX] {
        assert_eq!(ReleaseYear::try_from(year), Err(AlbumError::YearOutOfRange { year }));
    }
    for year in [1860, 1959, 2100] {
        assert_eq!(ReleaseYear::try_from(year).map(ReleaseYear::get), Ok(year));
    }
}

#[test]
fn each_track_has_a_position_of_its_own() {
    let places = |texts: &[&str]| {
        let tracks = texts.iter().map(|text| track(text.parse().unwrap()));
        Tracks::try_from(tracks.collect::<Vec<_>>())
    };
    assert_eq!(places(&["A1", "1", "2", "B1"]).unwrap().as_slice().len(), 4);
    let position = TrackPosition::Number(1);
    assert_eq!(places(&["1", "2", " 1"]), Err(AlbumError::PositionTaken { position }));
    let position: TrackPosition = "A1".parse().unwrap();
    assert_eq!(places(&["A1", "A1"]), Err(AlbumError::PositionTaken { position }));
}

#[test]
fn an_album_has_300_tracks_of_a_day_at_most() {
    let tracks =
        |count: u16| (0..count).map(|n| track(TrackPosition::Number(n))).collect::<Vec<_>>();
    assert!(Tracks::try_from(tracks(300)).is_ok());
    let count = 301;
    assert_eq!(Tracks::try_from(tracks(301)), Err(AlbumError::TooManyTracks { count }));
    let lasting = |duration_s| {
        let track = Track { duration_s: Some(duration_s), ..track(TrackPosition::Number(1)) };
        Tracks::try_from(vec![track])
    };
    assert!(lasting(86_400).is_ok());
    let duration_s = 86_401;
    assert_eq!(lasting(duration_s), Err(AlbumError::TrackTooLong { duration_s }));
}

#[test]
fn an_album_without_what_is_not_known_reads_back() {
    let album = Album { genre: None, ..album() };
    let stored = serde_json::to_string(&described(album.clone())).unwrap();
    assert_eq!(
        stored,
        r#"{"AlbumDescribed":{"album":{"artist_id":"00000000-0000-0000-0000-000000000007","artist_name":"Miles Davis","title":"Kind of Blue","format":"cd","tracks":[]}}}"#
    );
    assert_eq!(serde_json::from_str::<Event>(&stored).unwrap(), described(album));
}
