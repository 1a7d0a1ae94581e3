//! Reviews and wishlists of the trivial shop.

use serde_json::{Value, json};

use super::{Answer, Shop};

/// What a buyer has written about a product.
#[derive(Debug, Clone)]
pub struct Review {
    pub rating: i64,
    pub status: &'static str,
    is_deleted: bool,
    /// It was rejected once: what its author writes from then on waits.
    is_watched: bool,
}

impl Review {
    fn write(&mut self, rating: i64) {
        self.rating = rating;
        self.status = if self.is_watched { "pending" } else { "published" };
    }

    fn shown(&self) -> Value {
        json!({ "rating": self.rating, "status": self.status })
    }
}

impl Shop {
    pub(super) fn review(&mut self, buyer: usize, product: usize, rating: i64) -> Answer {
        let has_it = self.orders.iter().any(|order| order.brought(buyer, product));
        if !has_it {
            return Err(&["not_a_buyer"]);
        }
        let new = Review { rating, status: "", is_deleted: true, is_watched: false };
        let review = self.reviews.entry((buyer, product)).or_insert(new);
        if !review.is_deleted {
            return Err(&["review_exists"]);
        }
        review.is_deleted = false;
        review.write(rating);
        Ok((201, review.shown()))
    }

    /// The review where there is one.
    fn written(
        &mut self,
        buyer: usize,
        product: usize,
    ) -> Result<&mut Review, &'static [&'static str]> {
        let review = self.reviews.get_mut(&(buyer, product)).filter(|review| !review.is_deleted);
        review.ok_or(&["review_not_found"])
    }

    pub(super) fn edit_review(&mut self, buyer: usize, product: usize, rating: i64) -> Answer {
        let review = self.written(buyer, product)?;
        if review.rating != rating {
            review.write(rating);
        }
        Ok((200, review.shown()))
    }

    pub(super) fn moderate(&mut self, buyer: usize, product: usize, publish: bool) -> Answer {
        let review = self.written(buyer, product)?;
        review.status = if publish { "published" } else { "rejected" };
        review.is_watched |= !publish;
        Ok((200, review.shown()))
    }

    pub(super) fn delete_review(&mut self, buyer: usize, product: usize) -> Answer {
        self.written(buyer, product)?.is_deleted = true;
        Ok((204, json!({})))
    }

    /// Number and average of the published ones.
    pub fn rated(&self, product: usize) -> Value {
        let of_it = self.reviews.iter().filter(|((_, of), _)| *of == product);
        let shown = of_it.map(|(_, review)| review);
        let ratings: Vec<i64> = shown
            .filter(|review| review.status == "published" && !review.is_deleted)
            .map(|review| review.rating)
            .collect();
        let count = i64::try_from(ratings.len()).unwrap();
        let hundredths = (100 * ratings.iter().sum::<i64>()).checked_div(count).unwrap_or(0);
        json!({ "reviews_count": count, "rating": super::money(hundredths) })
    }

    pub(super) fn wish(&mut self, buyer: usize, product: usize, wanted: bool) -> Answer {
        let wishes = &mut self.buyers[buyer].wishes;
        match (wanted, wishes.contains(&product)) {
            (true, false) => {
                wishes.insert(product);
                Ok((201, json!({})))
            }
            (true, true) => Ok((200, json!({}))),
            (false, true) => {
                wishes.remove(&product);
                Ok((204, json!({})))
            }
            (false, false) => Err(&["wishlist_item_not_found"]),
        }
    }
}
