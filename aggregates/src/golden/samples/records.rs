//! One sample of each event of artists, and the album of a product.

use crate::artist;
use crate::product::{Album, Format, ReleaseYear, Track};
use crate::testing::id;

pub fn artist() -> Vec<artist::Event> {
    use artist::{Event, Profile};
    let product_id = id(1);
    let profile = |name: &str| Profile {
        name: name.parse().unwrap(),
        bio: Some("Trumpet, 1926 to 1991".parse().unwrap()),
        country: Some("US".parse().unwrap()),
        image_url: Some("/uploads/davis.webp".parse().unwrap()),
    };
    vec![
        Event::Created { profile: profile("Miles Davis"), created_by: Some(id(3)) },
        Event::Changed { profile: profile("Miles Dewey Davis") },
        Event::AlbumAdded { product_id },
        Event::AlbumRemoved { product_id },
        Event::Deleted {},
    ]
}

pub fn album() -> Box<Album> {
    let track = |position: &str, title: &str, duration_s| Track {
        position: position.parse().unwrap(),
        title: title.parse().unwrap(),
        duration_s,
    };
    let tracks = vec![track("A1", "So What", Some(562)), track("2", "Freddie Freeloader", None)];
    Box::new(Album {
        artist_id: id(7),
        artist_name: "Miles Davis".parse().unwrap(),
        title: "Kind of Blue".parse().unwrap(),
        release_year: ReleaseYear::try_from(1959).ok(),
        genre: Some("Jazz".parse().unwrap()),
        label: Some("Columbia".parse().unwrap()),
        format: Format::VinylLp,
        tracks: tracks.try_into().unwrap(),
    })
}
