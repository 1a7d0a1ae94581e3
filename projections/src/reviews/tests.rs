//! The fold of reviews, and what it makes of the rating of their product.

use super::{Reviews, Status};
use crate::catalogue::Catalogue;
use crate::testing::{History, at};
use aggregates::review::{Event, Rating, Remover, Status as Shown};
use aggregates::{Fact, OrderId, ProductId, ReviewId, UserId};
use uuid::Uuid;

const PRODUCT: ProductId = ProductId::new(Uuid::from_u128(1));

fn rating(number: u8) -> Rating {
    Rating::try_from(number).unwrap()
}

fn id(user: u128) -> ReviewId {
    ReviewId::of(PRODUCT, UserId::new(Uuid::from_u128(user)))
}

fn posted(user: u128, stars: u8, status: Shown) -> Fact {
    Fact::Review(Event::Posted {
        product_id: PRODUCT,
        user_id: UserId::new(Uuid::from_u128(user)),
        order_id: OrderId::new(Uuid::from_u128(9)),
        rating: rating(stars),
        comment_hash: None,
        status,
        at: at(0),
    })
}

fn edited(from: (u8, Shown), to: (u8, Shown)) -> Fact {
    Fact::Review(Event::Edited {
        product_id: PRODUCT,
        rating: rating(to.0),
        comment_hash: None,
        status: to.1,
        previous_rating: rating(from.0),
        previous_status: from.1,
        at: at(1),
    })
}

fn deleted(stars: u8, previous_status: Shown) -> Fact {
    let (rating, by) = (rating(stars), Remover::Author);
    Fact::Review(Event::Deleted { product_id: PRODUCT, rating, previous_status, by, at: at(2) })
}

#[test]
fn a_deleted_review_is_kept_so_that_another_one_can_follow() {
    let history = History::default()
        .then(id(1), posted(1, 4, Shown::Published))
        .then(id(1), deleted(4, Shown::Published));
    let row = history.row::<Reviews>();
    assert_eq!((row.status, row.version), (Status::Deleted, 2));
    let row = history.then(id(1), posted(1, 2, Shown::Pending)).row::<Reviews>();
    assert_eq!((row.status, row.rating, row.version), (Status::Pending, rating(2), 3));
}

#[test]
fn a_lost_event_stops_the_fold() {
    let history = History::default()
        .then(id(1), posted(1, 4, Shown::Published))
        .then(id(1), edited((4, Shown::Published), (5, Shown::Published)))
        .then(id(1), deleted(5, Shown::Published))
        .without(1);
    assert!(history.fold::<Reviews>().is_err());
}

/// Rating, number and sum as the catalogue shows them.
fn shown(history: &History) -> (String, i64, i64) {
    let row = history.row::<Catalogue>();
    (row.rating.to_string(), row.reviews_count, row.rating_sum)
}

#[test]
fn a_product_is_rated_by_its_published_reviews_to_two_digits() {
    use Shown::{Pending, Published, Rejected};
    let history = History::default()
        .then(id(1), posted(1, 5, Published))
        .then(id(2), posted(2, 4, Published))
        .then(id(3), posted(3, 1, Pending));
    assert_eq!(shown(&history), ("4.50".to_owned(), 2, 9));
    let reject = Event::Rejected {
        product_id: PRODUCT,
        rating: rating(4),
        previous_status: Published,
        reason: None,
        at: at(5),
    };
    let publish = Event::Published {
        product_id: PRODUCT,
        rating: rating(4),
        previous_status: Rejected,
        at: at(6),
    };
    let history = history.then(id(2), Fact::Review(reject));
    assert_eq!(shown(&history), ("5".to_owned(), 1, 5));
    let history = history
        .then(id(2), Fact::Review(publish))
        .then(id(4), posted(4, 4, Published))
        .then(id(3), edited((1, Pending), (2, Published)))
        .then(id(3), edited((2, Published), (4, Published)))
        .then(id(4), edited((4, Published), (4, Pending)));
    // 5 + 4 + 4
    assert_eq!(shown(&history), ("4.33".to_owned(), 3, 13));
    let history = history
        .then(id(1), deleted(5, Published))
        .then(id(2), deleted(4, Published))
        .then(id(3), deleted(4, Published))
        .then(id(4), deleted(4, Pending));
    assert_eq!(shown(&history), ("0".to_owned(), 0, 0));
}

#[test]
fn halves_are_rounded_up() {
    let stars = [5, 5, 5, 4, 4, 4, 4, 4];
    let history = (1..).zip(stars).fold(History::default(), |history, (user, stars)| {
        history.then(id(user), posted(user, stars, Shown::Published))
    });
    assert_eq!(shown(&history), ("4.38".to_owned(), 8, 35), "35 / 8 is 4.375");
}
