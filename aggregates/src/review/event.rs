//! What can have happened to a review. Changing this file changes the storage contract.
//!
//! Each event names the product, and what the review was before: the product's rating is kept from
//! the events alone, one at a time, see [`super::Tally`].

use super::Rating;
use crate::{OrderId, ProductId, UserId, cqrs::domain_event};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whether a review is shown. Only a published one counts in the product's rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits for a moderator.
    Pending,
    Published,
    Rejected,
}

/// Who deleted a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remover {
    Author,
    Moderator,
}

/// The salted SHA-256 of a comment in hexadecimal. The salt is not here: it is erased with the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommentHash(String);

impl CommentHash {
    pub fn new(hex: impl Into<String>) -> Self {
        Self(hex.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Posted {
        product_id: ProductId,
        user_id: UserId,
        /// The order that brought the product.
        order_id: OrderId,
        rating: Rating,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment_hash: Option<CommentHash>,
        status: Status,
        at: DateTime<Utc>,
    },
    /// All of the review as it is now, and what it counted before.
    Edited {
        product_id: ProductId,
        rating: Rating,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment_hash: Option<CommentHash>,
        status: Status,
        previous_rating: Rating,
        previous_status: Status,
        at: DateTime<Utc>,
    },
    /// By a moderator; what is published at once is so by `Posted` and `Edited`.
    Published { product_id: ProductId, rating: Rating, previous_status: Status, at: DateTime<Utc> },
    Rejected {
        product_id: ProductId,
        rating: Rating,
        previous_status: Status,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        at: DateTime<Utc>,
    },
    Deleted {
        product_id: ProductId,
        rating: Rating,
        previous_status: Status,
        by: Remover,
        at: DateTime<Utc>,
    },
}

domain_event!(Event {
    Posted => "1.0",
    Edited => "1.0",
    Published => "1.0",
    Rejected => "1.0",
    Deleted => "1.0",
});
