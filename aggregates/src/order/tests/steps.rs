//! The state machine of an order, and whose step is whose.

use super::*;

const ADMIN: Actor = Actor::Admin;

fn customer() -> Actor {
    Actor::Customer(id(CUSTOMER))
}

fn seller() -> Actor {
    Actor::Seller(id(SELLER))
}

fn cancel(reason: CancelReason, by: Actor) -> Command {
    Command::Cancel { reason, collected: Money::ZERO, at: minute(9), by }
}

fn confirm(by: Actor) -> Command {
    Command::Confirm { points_earned: Points::ZERO, at: minute(9), by }
}

fn ship(by: Actor) -> Command {
    Command::Ship { tracking_number: "TRACK-2".to_owned(), at: minute(9), by }
}

fn reopen(by: Actor) -> Command {
    Command::ReopenPayment { payment_id: id(301), at: minute(9), by }
}

fn refund_all(paid: &str, by: Actor) -> Command {
    Command::Refund {
        refund_id: id(401),
        lines: None,
        amount: None,
        taken: Taken::money(money(paid)),
        reason: "broken".to_owned(),
        at: minute(9),
        by,
    }
}

/// Each step that changes the status, with the statuses it may come from.
fn steps(by: Actor) -> Vec<(Command, Status, Vec<Status>)> {
    vec![
        (confirm(by), Status::Confirmed, vec![Status::Pending]),
        (
            Command::StartProcessing { at: minute(9), by },
            Status::Processing,
            vec![Status::Confirmed],
        ),
        (ship(by), Status::Shipped, vec![Status::Processing]),
        (Command::Deliver { at: minute(9), by }, Status::Delivered, vec![Status::Shipped]),
        (
            cancel(CancelReason::ByStaff, by),
            Status::Cancelled,
            vec![Status::Pending, Status::Confirmed, Status::Processing],
        ),
        (refund_all("104.97", by), Status::Refunded, vec![Status::Delivered, Status::Cancelled]),
    ]
}

#[test]
fn each_step_is_taken_when_it_is_due_and_refused_otherwise() {
    for from in Status::ALL {
        for (command, to, sources) in steps(ADMIN) {
            let order = state(&history(from));
            assert_eq!(order.status(), Some(from));
            assert_eq!(from.may_become(to), sources.contains(&from), "{from} to {to}");
            match order.decide(command) {
                Ok(events) => {
                    assert!(sources.contains(&from), "{from} became {to}");
                    let order = events.iter().fold(order, Order::evolve);
                    assert_eq!(order.status(), Some(to));
                    let details = order.details().unwrap();
                    let last = details.history.last().unwrap();
                    assert_eq!((last.status, last.at, last.by.as_str()), (to, minute(9), "admin"));
                    assert_eq!(details.updated_at, minute(9));
                }
                Err(error) => {
                    assert!(!sources.contains(&from), "{from} did not become {to}: {error}");
                    assert_eq!(error, Error::InvalidTransition { from, to });
                }
            }
        }
    }
}

#[test]
fn what_was_not_placed_takes_no_step() {
    for (command, ..) in steps(ADMIN) {
        given(vec![]).when(command).then_expect_error(Error::NotFound);
    }
    given(vec![]).when(reopen(ADMIN)).then_expect_error(Error::NotFound);
    given(vec![]).when(Command::Expire { at: minute(99) }).then_expect_error(Error::NotFound);
}

#[test]
fn the_system_takes_every_step() {
    for (command, _, sources) in steps(Actor::System) {
        assert!(state(&history(sources[0])).decide(command).is_ok());
    }
}

#[test]
fn the_customer_cancels_their_own_order_and_nothing_else() {
    given(history(Status::Pending))
        .when(cancel(CancelReason::ByCustomer, customer()))
        .then_expect_events(vec![Event::Cancelled {
            reason: CancelReason::ByCustomer,
            uncollected: Money::ZERO,
            at: minute(9),
            by: id::<UserId>(CUSTOMER).to_string(),
        }]);
    given(history(Status::Pending))
        .when(cancel(CancelReason::ByCustomer, Actor::Customer(id(CUSTOMER + 1))))
        .then_expect_error(Error::NotAllowed);
    // A cancellation by staff among them.
    for (command, _, sources) in steps(customer()) {
        given(history(sources[0])).when(command).then_expect_error(Error::NotAllowed);
    }
}

#[test]
fn the_seller_of_every_line_moves_the_order_along() {
    for (command, to, sources) in steps(seller()) {
        let result = state(&history(sources[0])).decide(command);
        if to == Status::Confirmed {
            assert_eq!(result, Err(Error::NotAllowed));
        } else {
            assert!(result.is_ok(), "{to}: {result:?}");
        }
    }
    for reason in [CancelReason::ByCustomer, CancelReason::PaymentExpired] {
        given(history(Status::Pending))
            .when(cancel(reason, seller()))
            .then_expect_error(Error::NotAllowed);
    }
    given(history(Status::Confirmed))
        .when(Command::StartProcessing { at: minute(9), by: seller() })
        .then_expect_events(vec![Event::ProcessingStarted {
            at: minute(9),
            by: id::<UserId>(SELLER).to_string(),
        }]);
}

#[test]
fn the_seller_of_some_lines_takes_no_step() {
    let mut lines = two_lines();
    lines[1].seller_id = id(SELLER + 1);
    for seller_id in [SELLER, SELLER + 1, SELLER + 2] {
        given(vec![placed_with(lines.clone()), confirmed()])
            .when(Command::StartProcessing { at: minute(9), by: Actor::Seller(id(seller_id)) })
            .then_expect_error(Error::NotAllowed);
    }
}

#[test]
fn a_shipment_has_a_tracking_number() {
    given(history(Status::Processing))
        .when(Command::Ship { tracking_number: " ".to_owned(), at: minute(9), by: ADMIN })
        .then_expect_error(Error::TrackingNumberMissing);
    let order = state(&history(Status::Shipped));
    let details = order.details().unwrap();
    assert_eq!(details.tracking_number.as_deref(), Some("TRACK-1"));
}

#[test]
fn a_cancelled_order_knows_why() {
    let order = state(&history(Status::Cancelled));
    assert_eq!(order.details().unwrap().cancel_reason, Some(CancelReason::ByStaff));
}

#[test]
fn a_pending_order_expires_at_its_time() {
    given(history(Status::Pending))
        .when(Command::Expire { at: minute(14) })
        .then_expect_error(Error::NotExpired { expires_at: minute(15) });
    given(history(Status::Pending)).when(Command::Expire { at: minute(15) }).then_expect_events(
        vec![Event::Cancelled {
            reason: CancelReason::PaymentExpired,
            uncollected: Money::ZERO,
            at: minute(15),
            by: "system".to_owned(),
        }],
    );
}

#[test]
fn only_a_pending_order_expires() {
    for from in Status::ALL.into_iter().filter(|status| *status != Status::Pending) {
        given(history(from))
            .when(Command::Expire { at: minute(99) })
            .then_expect_error(Error::InvalidTransition { from, to: Status::Cancelled });
    }
}

#[test]
fn a_pending_order_gets_a_further_payment() {
    let reopened =
        |by: &str| Event::PaymentReopened { payment_id: id(301), at: minute(9), by: by.to_owned() };
    let customer_id = id::<UserId>(CUSTOMER).to_string();
    for (by, name) in [(ADMIN, "admin"), (Actor::System, "system"), (customer(), &customer_id)] {
        given(history(Status::Pending)).when(reopen(by)).then_expect_events(vec![reopened(name)]);
    }
    let order = state(&[placed(), reopened("system")]);
    let details = order.details().unwrap();
    assert_eq!((details.payment_id, details.payments.clone()), (id(301), vec![id(300), id(301)]));
    assert_eq!(order.status(), Some(Status::Pending));
    given(vec![placed(), reopened("system")]).when(reopen(ADMIN)).then_expect_events(vec![]);
}

#[test]
fn a_payment_is_not_reopened_by_others_or_later() {
    for by in [seller(), Actor::Customer(id(CUSTOMER + 1))] {
        given(history(Status::Pending)).when(reopen(by)).then_expect_error(Error::NotAllowed);
    }
    for from in Status::ALL.into_iter().filter(|status| *status != Status::Pending) {
        given(history(from))
            .when(reopen(ADMIN))
            .then_expect_error(Error::InvalidTransition { from, to: Status::Pending });
    }
}

#[test]
fn the_text_of_a_status_is_its_json() {
    for status in Status::ALL {
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{status}\""));
        assert_eq!(status.as_str().parse(), Ok(status));
    }
    assert_eq!("lost".parse::<Status>(), Err(UnknownStatus("lost".to_owned())));
}
