//! One sample of each event of reviews and wishlists.

use crate::testing::{id, minute, money};
use crate::{review, wishlist};

pub fn review() -> Vec<review::Event> {
    use review::{CommentHash, Event, Rating, Remover, Status};
    let product_id = id(1);
    let rating = |number: u8| Rating::try_from(number).unwrap();
    let comment_hash = || Some(CommentHash::new("5f".repeat(32)));
    vec![
        Event::Posted {
            product_id,
            user_id: id(2),
            order_id: id(3),
            rating: rating(5),
            comment_hash: comment_hash(),
            status: Status::Pending,
            at: minute(0),
        },
        Event::Edited {
            product_id,
            rating: rating(4),
            comment_hash: comment_hash(),
            status: Status::Published,
            previous_rating: rating(5),
            previous_status: Status::Pending,
            at: minute(1),
        },
        Event::Published {
            product_id,
            rating: rating(4),
            previous_status: Status::Rejected,
            at: minute(2),
        },
        Event::Rejected {
            product_id,
            rating: rating(4),
            previous_status: Status::Published,
            reason: Some("advertises another shop".to_owned()),
            at: minute(3),
        },
        Event::Deleted {
            product_id,
            rating: rating(4),
            previous_status: Status::Rejected,
            by: Remover::Author,
            at: minute(4),
        },
    ]
}

pub fn wishlist() -> Vec<wishlist::Event> {
    use wishlist::Event;
    let product_id = id(1);
    vec![
        Event::ItemAdded { product_id, price: money("9900.00"), at: minute(0) },
        Event::ItemRemoved { product_id, at: minute(1) },
    ]
}
