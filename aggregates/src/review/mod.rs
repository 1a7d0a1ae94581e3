//! What a buyer says about a product: its rating, and whether it is shown. One review for each
//! product and user: the stream's id follows from the two, so that no index has to see to it.
//!
//! Never holds the text. A comment is what a person wrote, often about themselves: it is personal
//! data of its author, kept as the piece `review/{id}` beside their address and gone with it. The
//! events keep what the product's rating is made of, and a hash of the comment, which shows that the
//! text that is there is the one that was written and moderated. The hash is salted, with the salt
//! kept and erased together with the text: after an erasure nobody can confirm a guess by it.

mod command;
mod error;
mod event;
mod purchase;
mod rating;
mod tally;
#[cfg(test)]
mod tests;

pub use command::{By, Command, NewComment};
pub use error::Error;
pub use event::{CommentHash, Event, Remover, Status};
pub use purchase::Purchase;
pub use rating::{Rating, RatingError};
pub use tally::Tally;

use crate::{Decider, OrderId, ProductId, ReviewId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name space of the ids of reviews.
const REVIEWS: Uuid = Uuid::from_u128(0x2d4c_a1d7_55f3_5b1e_8f0e_61c9_7a0b_93e4);

impl ReviewId {
    /// The one review that a user can have of a product.
    pub fn of(product_id: ProductId, user_id: UserId) -> Self {
        let (product_id, user_id) = (product_id.uuid(), user_id.uuid());
        let name = [product_id.into_bytes(), user_id.into_bytes()].concat();
        Self::new(Uuid::new_v5(&REVIEWS, &name))
    }
}

/// When a review is shown: the store's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moderation {
    /// At once; a moderator may take it away.
    #[default]
    After,
    /// Once a moderator has approved it.
    Before,
}

/// One user's review of one product.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Review {
    #[default]
    Nonexistent,
    Posted {
        status: Status,
        details: Details,
    },
    /// Gone; its author may post another one.
    Deleted(Details),
}

/// What is known of a review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub product_id: ProductId,
    pub user_id: UserId,
    /// The order that brought the product.
    pub order_id: OrderId,
    pub rating: Rating,
    /// Of the comment; absent where there is none.
    pub comment_hash: Option<CommentHash>,
    /// Why it was rejected, where it was and somebody said so.
    pub reason: Option<String>,
    /// A moderator took it away once: from then on its author publishes nothing here unseen.
    pub watched: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Review {
    /// `None` where there is no review (any more).
    pub fn details(&self) -> Option<&Details> {
        match self {
            Self::Posted { details, .. } => Some(details),
            Self::Nonexistent | Self::Deleted(_) => None,
        }
    }

    /// `None` where there is no review (any more).
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Posted { status, .. } => Some(*status),
            Self::Nonexistent | Self::Deleted(_) => None,
        }
    }

    fn existing(&self) -> Result<(Status, &Details), Error> {
        match self {
            Self::Posted { status, details } => Ok((*status, details)),
            Self::Nonexistent | Self::Deleted(_) => Err(Error::NotFound),
        }
    }

    /// The review, where it is this user's. To strangers one that is not shown does not exist.
    fn own(&self, user_id: UserId) -> Result<(Status, &Details), Error> {
        let (status, details) = self.existing()?;
        if details.user_id == user_id {
            return Ok((status, details));
        }
        match status {
            Status::Published => Err(Error::NotAuthor),
            Status::Pending | Status::Rejected => Err(Error::NotFound),
        }
    }

    fn is_watched(&self) -> bool {
        match self {
            Self::Nonexistent => false,
            Self::Posted { details, .. } | Self::Deleted(details) => details.watched,
        }
    }

    /// The status of what the author writes now.
    fn next_status(&self, moderation: Moderation) -> Status {
        match moderation {
            Moderation::After if !self.is_watched() => Status::Published,
            Moderation::After | Moderation::Before => Status::Pending,
        }
    }

    fn edit(&self, command: Command) -> Result<Vec<Event>, Error> {
        let Command::Edit { by, rating, comment, moderation, at } = command else {
            return Ok(vec![]);
        };
        let (previous_status, now) = self.own(by)?;
        let rating = rating.unwrap_or(now.rating);
        let comment_hash = match comment {
            NewComment::Keep => now.comment_hash.clone(),
            NewComment::Clear => None,
            NewComment::Set(hash) => Some(hash),
        };
        if rating == now.rating && comment_hash == now.comment_hash {
            return Ok(vec![]);
        }
        Ok(vec![Event::Edited {
            product_id: now.product_id,
            rating,
            comment_hash,
            status: self.next_status(moderation),
            previous_rating: now.rating,
            previous_status,
            at,
        }])
    }

    fn reject(&self, reason: Option<String>, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
        let (previous_status, now) = self.existing()?;
        if previous_status == Status::Rejected && reason == now.reason {
            return Ok(vec![]);
        }
        let (product_id, rating) = (now.product_id, now.rating);
        Ok(vec![Event::Rejected { product_id, rating, previous_status, reason, at }])
    }

    fn change(self, at: DateTime<Utc>, status: Status, change: impl FnOnce(&mut Details)) -> Self {
        match self {
            Self::Posted { mut details, .. } => {
                details.updated_at = at;
                change(&mut details);
                Self::Posted { status, details }
            }
            Self::Nonexistent | Self::Deleted(_) => self,
        }
    }
}

impl Decider for Review {
    const TYPE: &'static str = "review";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Post { .. } if self.details().is_some() => Err(Error::AlreadyPosted),
            Command::Post { purchase, rating, comment_hash, moderation, at } => {
                Ok(vec![Event::Posted {
                    product_id: purchase.product_id(),
                    user_id: purchase.user_id(),
                    order_id: purchase.order_id(),
                    rating,
                    comment_hash,
                    status: self.next_status(moderation),
                    at,
                }])
            }
            Command::Edit { .. } => self.edit(command),
            Command::Publish { at } => {
                let (previous_status, now) = self.existing()?;
                let (product_id, rating) = (now.product_id, now.rating);
                Ok(match previous_status {
                    Status::Published => vec![],
                    Status::Pending | Status::Rejected => {
                        vec![Event::Published { product_id, rating, previous_status, at }]
                    }
                })
            }
            Command::Reject { reason, at } => self.reject(reason, at),
            Command::Delete { by, at } => {
                let ((previous_status, now), by) = match by {
                    By::Author(user_id) => (self.own(user_id)?, Remover::Author),
                    By::Moderator => (self.existing()?, Remover::Moderator),
                };
                let (product_id, rating) = (now.product_id, now.rating);
                Ok(vec![Event::Deleted { product_id, rating, previous_status, by, at }])
            }
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Posted { product_id, user_id, order_id, rating, comment_hash, status, at } => {
                let details = Details {
                    product_id: *product_id,
                    user_id: *user_id,
                    order_id: *order_id,
                    rating: *rating,
                    comment_hash: comment_hash.clone(),
                    reason: None,
                    watched: self.is_watched(),
                    created_at: *at,
                    updated_at: *at,
                };
                Self::Posted { status: *status, details }
            }
            Event::Edited { rating, comment_hash, status, at, .. } => {
                self.change(*at, *status, |details| {
                    details.rating = *rating;
                    details.comment_hash.clone_from(comment_hash);
                    details.reason = None;
                })
            }
            Event::Published { at, .. } => {
                self.change(*at, Status::Published, |details| details.reason = None)
            }
            Event::Rejected { reason, at, .. } => self.change(*at, Status::Rejected, |details| {
                details.reason.clone_from(reason);
                details.watched = true;
            }),
            Event::Deleted { by, at, .. } => match self {
                Self::Posted { mut details, .. } => {
                    details.updated_at = *at;
                    details.watched |= *by == Remover::Moderator;
                    Self::Deleted(details)
                }
                Self::Nonexistent | Self::Deleted(_) => self,
            },
        }
    }
}
