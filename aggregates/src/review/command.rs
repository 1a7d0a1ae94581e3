//! What can be asked of a review.

use super::{CommentHash, Moderation, Purchase, Rating};
use crate::UserId;
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Post {
        /// What entitles the author.
        purchase: Purchase,
        rating: Rating,
        comment_hash: Option<CommentHash>,
        moderation: Moderation,
        at: DateTime<Utc>,
    },
    /// Causes nothing where nothing changes.
    Edit {
        by: UserId,
        /// `None` leaves it as it is.
        rating: Option<Rating>,
        comment: NewComment,
        moderation: Moderation,
        at: DateTime<Utc>,
    },
    /// Causes nothing where it is published already.
    Publish {
        at: DateTime<Utc>,
    },
    /// Causes nothing where it is rejected for the same reason already.
    Reject {
        reason: Option<String>,
        at: DateTime<Utc>,
    },
    Delete {
        by: By,
        at: DateTime<Utc>,
    },
}

/// What becomes of the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewComment {
    Keep,
    Clear,
    Set(CommentHash),
}

/// Who wants a review deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// This user, who must be its author.
    Author(UserId),
    Moderator,
}
