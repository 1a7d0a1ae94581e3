//! Reads of the figures. Each sums few rows of the tables of sums, whatever the range; none reads the
//! orders themselves but for counting the different customers of a range.

mod customers;
mod products;
mod sums;

pub use customers::{Cohort, Customers, cohorts, customers};
pub use products::{Product, ProductFilter, products};
pub use sums::{
    Counts, Figures, Funnel, Member, Period, average, by_member, by_period, counts, funnel, total,
    total_of_seller,
};

use super::range::{Piece, Range};
use chrono::{DateTime, Utc};

/// Pieces as statements take them: an array for each column.
#[derive(Debug, Default)]
struct Pieces {
    /// Which period it is a piece of.
    places: Vec<i32>,
    grains: Vec<String>,
    from: Vec<DateTime<Utc>>,
    to: Vec<DateTime<Utc>>,
}

impl Pieces {
    fn of<'r>(ranges: impl IntoIterator<Item = &'r Range>) -> Self {
        let mut pieces = Self::default();
        for (place, range) in (0..).zip(ranges) {
            for Piece { grain, from, to } in range.pieces() {
                pieces.places.push(place);
                pieces.grains.push(grain.to_owned());
                pieces.from.push(from);
                pieces.to.push(to);
            }
        }
        pieces
    }
}
