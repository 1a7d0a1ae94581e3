//! What an event changes of the rating of its product. Sums of these are exact, in any order.

use super::{Event, Rating, Status};
use crate::ProductId;
use std::ops::Sub;

/// Published reviews and the sum of their ratings, or a change of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub ratings: i64,
    pub reviews: i64,
}

impl Tally {
    /// What one review counts.
    fn of(status: Status, rating: Rating) -> Self {
        match status {
            Status::Published => Self { ratings: rating.get().into(), reviews: 1 },
            Status::Pending | Status::Rejected => Self::default(),
        }
    }
}

impl Sub for Tally {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { ratings: self.ratings - other.ratings, reviews: self.reviews - other.reviews }
    }
}

impl Event {
    /// The product that the review is about.
    pub fn product_id(&self) -> ProductId {
        match self {
            Self::Posted { product_id, .. }
            | Self::Edited { product_id, .. }
            | Self::Published { product_id, .. }
            | Self::Rejected { product_id, .. }
            | Self::Deleted { product_id, .. } => *product_id,
        }
    }

    /// The change of the product's rating.
    pub fn tally(&self) -> Tally {
        match *self {
            Self::Posted { rating, status, .. } => Tally::of(status, rating),
            Self::Edited { rating, status, previous_rating, previous_status, .. } => {
                Tally::of(status, rating) - Tally::of(previous_status, previous_rating)
            }
            Self::Published { rating, previous_status, .. } => {
                Tally::of(Status::Published, rating) - Tally::of(previous_status, rating)
            }
            Self::Rejected { rating, previous_status, .. }
            | Self::Deleted { rating, previous_status, .. } => {
                Tally::default() - Tally::of(previous_status, rating)
            }
        }
    }
}
