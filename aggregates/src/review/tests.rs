//! The rules of a review, given / when / then; that a product's rating follows from the events
//! alone, under any history.

mod laws;
mod purchases;

use super::*;
use crate::testing::{id, minute};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use purchases::purchase;

fn given(events: Vec<Event>) -> AggregateTestExecutor<Review> {
    TestFramework::with(()).given(events)
}

fn rating(n: u8) -> Rating {
    Rating::try_from(n).unwrap()
}

fn hash(text: &str) -> CommentHash {
    CommentHash::new(text)
}

const AUTHOR: u128 = 1;
const PRODUCT: u128 = 2;
const ORDER: u128 = 3;

fn post(stars: u8, moderation: Moderation) -> Command {
    let (purchase, comment_hash) = (purchase(), Some(hash("aa")));
    Command::Post { purchase, rating: rating(stars), comment_hash, moderation, at: minute(0) }
}

fn posted(stars: u8, status: Status) -> Event {
    Event::Posted {
        product_id: id(PRODUCT),
        user_id: id(AUTHOR),
        order_id: id(ORDER),
        rating: rating(stars),
        comment_hash: Some(hash("aa")),
        status,
        at: minute(0),
    }
}

fn edit(stars: Option<u8>, comment: NewComment, moderation: Moderation) -> Command {
    let rating = stars.map(rating);
    Command::Edit { by: id(AUTHOR), rating, comment, moderation, at: minute(1) }
}

fn edited(from: (u8, Status), to: (u8, Status), comment: Option<&str>) -> Event {
    Event::Edited {
        product_id: id(PRODUCT),
        rating: rating(to.0),
        comment_hash: comment.map(hash),
        status: to.1,
        previous_rating: rating(from.0),
        previous_status: from.1,
        at: minute(1),
    }
}

fn published(stars: u8, previous_status: Status) -> Event {
    let (product_id, rating) = (id(PRODUCT), rating(stars));
    Event::Published { product_id, rating, previous_status, at: minute(2) }
}

fn reject(reason: Option<&str>) -> Command {
    Command::Reject { reason: reason.map(str::to_owned), at: minute(3) }
}

fn rejected(stars: u8, previous_status: Status, reason: Option<&str>) -> Event {
    let (product_id, rating) = (id(PRODUCT), rating(stars));
    let reason = reason.map(str::to_owned);
    Event::Rejected { product_id, rating, previous_status, reason, at: minute(3) }
}

fn delete(by: By) -> Command {
    Command::Delete { by, at: minute(4) }
}

fn deleted(stars: u8, previous_status: Status, by: Remover) -> Event {
    let (product_id, rating) = (id(PRODUCT), rating(stars));
    Event::Deleted { product_id, rating, previous_status, by, at: minute(4) }
}

use Moderation::{After, Before};
use Status::{Pending, Published, Rejected};

#[test]
fn a_review_is_shown_at_once_or_waits_for_a_moderator() {
    given(vec![]).when(post(4, After)).then_expect_events(vec![posted(4, Published)]);
    given(vec![]).when(post(4, Before)).then_expect_events(vec![posted(4, Pending)]);
}

#[test]
fn a_product_is_reviewed_once_by_each_user() {
    for status in [Pending, Published, Rejected] {
        given(vec![posted(4, status)]).when(post(5, After)).then_expect_error(Error::AlreadyPosted);
    }
    let one = ReviewId::of(id(1), id(2));
    assert_eq!(one, ReviewId::of(id(1), id(2)));
    assert_ne!(one, ReviewId::of(id(2), id(1)), "another product and another user");
    assert_ne!(one, ReviewId::of(id(1), id(3)));
}

#[test]
fn the_author_changes_rating_and_comment() {
    let given = || given(vec![posted(4, Published)]);
    let was = (4, Published);
    given().when(edit(Some(2), NewComment::Keep, After)).then_expect_events(vec![edited(
        was,
        (2, Published),
        Some("aa"),
    )]);
    given().when(edit(None, NewComment::Set(hash("bb")), After)).then_expect_events(vec![edited(
        was,
        (4, Published),
        Some("bb"),
    )]);
    given().when(edit(None, NewComment::Clear, After)).then_expect_events(vec![edited(
        was,
        (4, Published),
        None,
    )]);
}

#[test]
fn an_edit_that_changes_nothing_causes_nothing() {
    for edit in
        [edit(None, NewComment::Keep, Before), edit(Some(4), NewComment::Set(hash("aa")), Before)]
    {
        given(vec![posted(4, Published)]).when(edit).then_expect_events(vec![]);
    }
}

#[test]
fn where_reviews_are_approved_first_a_change_waits_again() {
    given(vec![posted(4, Pending), published(4, Pending)])
        .when(edit(Some(5), NewComment::Keep, Before))
        .then_expect_events(vec![edited((4, Published), (5, Pending), Some("aa"))]);
}

#[test]
fn strangers_change_nothing_and_do_not_learn_what_waits() {
    let stranger = |by| Command::Edit {
        by,
        rating: Some(rating(1)),
        comment: NewComment::Keep,
        moderation: After,
        at: minute(1),
    };
    let theirs = By::Author(id(9));
    for command in [stranger(id(9)), delete(theirs)] {
        given(vec![posted(4, Published)]).when(command.clone()).then_expect_error(Error::NotAuthor);
        for hidden in [Pending, Rejected] {
            given(vec![posted(4, hidden)]).when(command.clone()).then_expect_error(Error::NotFound);
        }
    }
}

#[test]
fn a_moderator_publishes_and_rejects() {
    let publish = || Command::Publish { at: minute(2) };
    given(vec![posted(4, Pending)]).when(publish()).then_expect_events(vec![published(4, Pending)]);
    given(vec![posted(4, Published)]).when(publish()).then_expect_events(vec![]);
    given(vec![posted(4, Published)])
        .when(reject(Some("spam")))
        .then_expect_events(vec![rejected(4, Published, Some("spam"))]);
    given(vec![posted(4, Pending), rejected(4, Pending, None)])
        .when(publish())
        .then_expect_events(vec![published(4, Rejected)]);
}

#[test]
fn a_rejection_is_repeated_for_another_reason_only() {
    let given = || given(vec![posted(4, Pending), rejected(4, Pending, Some("spam"))]);
    given().when(reject(Some("spam"))).then_expect_events(vec![]);
    given().when(reject(Some("abuse"))).then_expect_events(vec![rejected(
        4,
        Rejected,
        Some("abuse"),
    )]);
}

#[test]
fn who_was_rejected_publishes_nothing_unseen_any_more() {
    let history = vec![posted(4, Published), rejected(4, Published, Some("abuse"))];
    given(history.clone())
        .when(edit(Some(5), NewComment::Keep, After))
        .then_expect_events(vec![edited((4, Rejected), (5, Pending), Some("aa"))]);

    let mut again = history.clone();
    again.push(deleted(4, Rejected, Remover::Author));
    given(again).when(post(5, After)).then_expect_events(vec![posted(5, Pending)]);

    let mut approved = history;
    approved.push(published(4, Rejected));
    given(approved).when(edit(Some(5), NewComment::Keep, After)).then_expect_events(vec![edited(
        (4, Published),
        (5, Pending),
        Some("aa"),
    )]);
}

#[test]
fn a_review_is_deleted_by_its_author_or_a_moderator() {
    given(vec![posted(4, Published)])
        .when(delete(By::Author(id(AUTHOR))))
        .then_expect_events(vec![deleted(4, Published, Remover::Author)]);
    given(vec![posted(4, Pending)]).when(delete(By::Moderator)).then_expect_events(vec![deleted(
        4,
        Pending,
        Remover::Moderator,
    )]);
}

#[test]
fn after_a_deletion_the_author_may_write_anew() {
    given(vec![posted(4, Published), deleted(4, Published, Remover::Author)])
        .when(post(2, After))
        .then_expect_events(vec![posted(2, Published)]);
    given(vec![posted(4, Published), deleted(4, Published, Remover::Moderator)])
        .when(post(2, After))
        .then_expect_events(vec![posted(2, Pending)]);
}

#[test]
fn what_does_not_exist_is_not_found() {
    for history in [vec![], vec![posted(4, Published), deleted(4, Published, Remover::Author)]] {
        for command in [
            edit(Some(1), NewComment::Keep, After),
            Command::Publish { at: minute(2) },
            reject(None),
            delete(By::Author(id(AUTHOR))),
            delete(By::Moderator),
        ] {
            given(history.clone()).when(command).then_expect_error(Error::NotFound);
        }
    }
}

#[test]
fn a_rating_is_one_to_five() {
    for wrong in [0, 6, 255] {
        assert_eq!(Rating::try_from(wrong), Err(RatingError(wrong)));
        assert!(serde_json::from_str::<Rating>(&wrong.to_string()).is_err());
    }
    for right in 1..=5 {
        assert_eq!(serde_json::to_string(&rating(right)).unwrap(), right.to_string());
    }
}
