//! Posting, editing, moderating and deleting reviews. A comment is stored beside its event, as
//! personal data of its author; the event only carries its hash.

mod comment;

pub use comment::Comment;

use crate::expected::Expected;
use crate::log::{Answer, Execute};
use aggregates::review::{self, By, Command, Moderation, NewComment, Purchase, Rating};
use aggregates::{Account, Order, OrderId, ProductId, Review, ReviewId, UserId};
use chrono::{DateTime, Utc};
use eventlog::{EventLog, IdempotencyKey, Metadata, Outcome, UnitError, Work};

/// A review after a change, with the version of its stream.
#[derive(Debug, Clone)]
pub struct ReviewState {
    pub id: ReviewId,
    pub review: Review,
    pub version: i64,
}

/// Why a change of a review was refused.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error(transparent)]
    Review(#[from] review::Error),
    #[error("the account is blocked or erased")]
    AccountInactive,
    /// The caller's `If-Match` names another version.
    #[error("the review is at version {found}, not at the one that `If-Match` names")]
    Stale { found: i64 },
}

/// When it is wanted, and under which conditions.
#[derive(Debug, Clone)]
pub struct Request {
    pub metadata: Metadata,
    pub at: DateTime<Utc>,
    pub expected: Expected,
    pub key: Option<IdempotencyKey>,
}

/// A review about to be posted.
#[derive(Debug, Clone)]
pub struct NewReview {
    pub product_id: ProductId,
    pub user_id: UserId,
    /// The order that brought the product.
    pub order_id: OrderId,
    pub rating: Rating,
    pub comment: Option<Comment>,
    pub moderation: Moderation,
}

/// What is wanted of a review.
#[derive(Debug, Clone)]
pub enum Change {
    /// By its author; `None` leaves a part as it is.
    Edit {
        by: UserId,
        rating: Option<Rating>,
        comment: Text,
        moderation: Moderation,
    },
    Publish,
    Reject {
        reason: Option<String>,
    },
    Delete {
        by: By,
    },
}

/// What becomes of the text.
#[derive(Debug, Clone)]
pub enum Text {
    Keep,
    Clear,
    Set(Comment),
}

type Done<A> = Result<Outcome<A>, UnitError<ReviewError>>;

/// Posts a review. `answer` makes what is recorded under the idempotency key.
pub async fn post<A: Answer>(
    log: &EventLog,
    request: Request,
    new: NewReview,
    answer: impl Fn(&ReviewState) -> A + Send + 'static,
) -> Done<A> {
    let Request { metadata, at, expected, key } = request;
    let id = ReviewId::of(new.product_id, new.user_id);
    log.unit(metadata)
        .write::<Review>(id.to_string())
        .read::<Order>(new.order_id.to_string())
        .read::<Account>(new.user_id.to_string())
        .idempotency(key)
        .run(move |work| {
            check_version(work, id, &expected)?;
            check_author(work, new.user_id)?;
            let order = work.state::<Order>(&new.order_id.to_string());
            let purchase = Purchase::proven_by(new.order_id, order, new.product_id, new.user_id)?;
            let command = Command::Post {
                purchase,
                rating: new.rating,
                comment_hash: new.comment.as_ref().map(Comment::hash),
                moderation: new.moderation,
                at,
            };
            work.execute::<Review>(id, command)?;
            if let Some(comment) = &new.comment {
                comment.store(work, new.user_id, id);
            }
            Ok(after(work, id, &answer))
        })
        .await
}

/// Changes a review that exists. `answer` makes what is recorded under the idempotency key.
pub async fn change<A: Answer>(
    log: &EventLog,
    request: Request,
    id: ReviewId,
    change: Change,
    answer: impl Fn(&ReviewState) -> A + Send + 'static,
) -> Done<A> {
    let Request { metadata, at, expected, key } = request;
    let (review, _) = log.peek::<Review>(&id.to_string()).await.map_err(UnitError::widen)?;
    // The id names the author, so that it never changes.
    let author = match &*review {
        Review::Nonexistent => return Err(UnitError::Rejected(review::Error::NotFound.into())),
        Review::Posted { details, .. } | Review::Deleted(details) => details.user_id,
    };
    log.unit(metadata)
        .write::<Review>(id.to_string())
        .read::<Account>(author.to_string())
        .idempotency(key)
        .run(move |work| {
            check_version(work, id, &expected)?;
            work.execute::<Review>(id, command(&change, at))?;
            store_text(work, author, id, &change)?;
            Ok(after(work, id, &answer))
        })
        .await
}

fn command(change: &Change, at: DateTime<Utc>) -> Command {
    match change.clone() {
        Change::Edit { by, rating, comment, moderation } => {
            let comment = match comment {
                Text::Keep => NewComment::Keep,
                Text::Clear => NewComment::Clear,
                Text::Set(comment) => NewComment::Set(comment.hash()),
            };
            Command::Edit { by, rating, comment, moderation, at }
        }
        Change::Publish => Command::Publish { at },
        Change::Reject { reason } => Command::Reject { reason, at },
        Change::Delete { by } => Command::Delete { by, at },
    }
}

/// The text follows its review. Of an erased author nothing is stored any more.
fn store_text(
    work: &mut Work<'_>,
    author: UserId,
    id: ReviewId,
    change: &Change,
) -> Result<(), ReviewError> {
    match change {
        Change::Publish | Change::Reject { .. } => {}
        Change::Delete { .. } => {
            if *work.state::<Account>(&author.to_string()) != Account::Erased {
                Comment::clear(work, author, id);
            }
        }
        Change::Edit { comment, .. } => {
            check_author(work, author)?;
            match comment {
                Text::Keep => {}
                Text::Clear => Comment::clear(work, author, id),
                Text::Set(comment) => comment.store(work, author, id),
            }
        }
    }
    Ok(())
}

/// An erased author must leave nothing personal behind, a blocked one may not write.
fn check_author(work: &Work<'_>, user_id: UserId) -> Result<(), ReviewError> {
    match work.state::<Account>(&user_id.to_string()) {
        Account::Blocked { .. } | Account::Erased => Err(ReviewError::AccountInactive),
        Account::Nonexistent | Account::Active { .. } => Ok(()),
    }
}

fn check_version(work: &Work<'_>, id: ReviewId, expected: &Expected) -> Result<(), ReviewError> {
    let found = work.version::<Review>(&id.to_string());
    if expected.allows(found) { Ok(()) } else { Err(ReviewError::Stale { found }) }
}

fn after<A: Answer>(work: &mut Work<'_>, id: ReviewId, answer: &impl Fn(&ReviewState) -> A) -> A {
    let stream = id.to_string();
    let state = ReviewState {
        id,
        review: work.state::<Review>(&stream).clone(),
        version: work.version::<Review>(&stream),
    };
    let answer = answer(&state);
    work.respond_with(|| answer.recorded());
    answer
}
