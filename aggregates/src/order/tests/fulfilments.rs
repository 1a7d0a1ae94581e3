//! Orders of several sellers: each moves their own part, and the order follows the last of them.

use super::*;
use proptest::prelude::*;

const OTHER: u128 = SELLER + 1;
const THIRD: u128 = SELLER + 2;
const STEPS: [Status; 3] = [Status::Processing, Status::Shipped, Status::Delivered];

/// An order of product 1 by the one seller, and 2 by the other.
fn shared() -> Vec<Event> {
    let mut lines = two_lines();
    lines[1].seller_id = id(OTHER);
    vec![placed_with(lines), confirmed()]
}

fn step_to(status: Status, tracking_number: &str) -> FulfilmentStep {
    match status {
        Status::Processing => FulfilmentStep::StartProcessing,
        Status::Shipped => FulfilmentStep::Ship { tracking_number: tracking_number.to_owned() },
        Status::Delivered => FulfilmentStep::Deliver,
        other => panic!("nobody moves a part to {other}"),
    }
}

fn fulfil(seller: u128, to: Status, by: Actor) -> Command {
    let step = step_to(to, &format!("TRACK-{seller}"));
    Command::Fulfil { seller_id: id(seller), step, at: minute(9), by }
}

fn whole(to: Status) -> Command {
    let (at, by) = (minute(9), Actor::Admin);
    match to {
        Status::Processing => Command::StartProcessing { at, by },
        Status::Shipped => Command::Ship { tracking_number: "WHOLE".to_owned(), at, by },
        Status::Delivered => Command::Deliver { at, by },
        other => panic!("nobody moves an order to {other} by hand"),
    }
}

/// The order after each seller took these steps.
fn moved(mut order: Order, steps: &[(u128, Status)]) -> Order {
    for (seller, to) in steps {
        let events = order.decide(fulfil(*seller, *to, Actor::Seller(id(*seller)))).unwrap();
        order = events.iter().fold(order, Order::evolve);
    }
    order
}

fn part(order: &Order, seller: u128) -> Fulfilment {
    order.fulfilments().into_iter().find(|part| part.seller_id == id(seller)).unwrap()
}

#[test]
fn each_seller_moves_their_own_part_and_the_order_follows_the_last() {
    use Status::{Confirmed, Delivered, Processing, Shipped};
    let mut order = state(&shared());
    for (seller, to, status) in [
        (SELLER, Processing, Confirmed),
        (SELLER, Shipped, Confirmed),
        (OTHER, Processing, Processing),
        (SELLER, Delivered, Processing),
        (OTHER, Shipped, Shipped),
        (OTHER, Delivered, Delivered),
    ] {
        order = moved(order, &[(seller, to)]);
        assert_eq!((part(&order, seller).status, order.status()), (to, Some(status)));
    }
    let own: Vec<_> = part(&order, SELLER).history.iter().map(|entry| entry.status).collect();
    assert_eq!(own, [Status::Pending, Confirmed, Processing, Shipped, Delivered]);
    let details = order.details().unwrap();
    let whole: Vec<_> = details.history.iter().map(|entry| entry.status).collect();
    assert_eq!(whole, own);
}

#[test]
fn the_last_part_moves_the_order_in_the_same_breath() {
    let (at, by) = (minute(9), id::<UserId>(OTHER).to_string());
    let seller_id = id(OTHER);
    let mut events = shared();
    for to in [Status::Processing, Status::Shipped] {
        let first = state(&events).decide(fulfil(SELLER, to, Actor::Seller(id(SELLER)))).unwrap();
        assert_eq!(first.len(), 1, "the other part is behind");
        events.extend(first);
        let processing = Event::FulfilmentProcessingStarted { seller_id, at, by: by.clone() };
        let tracking_number = format!("TRACK-{OTHER}");
        let shipped = Event::FulfilmentShipped { seller_id, tracking_number, at, by: by.clone() };
        let tracking_number = format!("TRACK-{SELLER}");
        let expected = if to == Status::Processing {
            vec![processing, Event::ProcessingStarted { at, by: by.clone() }]
        } else {
            // The number of the order is that of the part that left first.
            vec![shipped, Event::Shipped { tracking_number, at, by: by.clone() }]
        };
        let second = state(&events).decide(fulfil(OTHER, to, Actor::Seller(seller_id))).unwrap();
        assert_eq!(second, expected);
        events.extend(second);
    }
}

#[test]
fn each_part_has_its_own_tracking_number() {
    use Status::{Processing, Shipped};
    let steps = [(SELLER, Processing), (OTHER, Processing), (OTHER, Shipped), (SELLER, Shipped)];
    let order = moved(state(&shared()), &steps);
    let number = |seller| part(&order, seller).tracking_number.unwrap();
    assert_eq!((number(SELLER), number(OTHER)), ("TRACK-200".to_owned(), "TRACK-201".to_owned()));
    assert_eq!(order.details().unwrap().tracking_number.as_deref(), Some("TRACK-201"));
    given(shared().into_iter().chain([processing_started()]).collect())
        .when(Command::Fulfil {
            seller_id: id(SELLER),
            step: FulfilmentStep::Ship { tracking_number: " ".to_owned() },
            at: minute(9),
            by: Actor::Admin,
        })
        .then_expect_error(Error::TrackingNumberMissing);
}

#[test]
fn a_part_takes_one_step_after_the_other() {
    for to in [Status::Shipped, Status::Delivered] {
        given(shared())
            .when(fulfil(SELLER, to, Actor::Seller(id(SELLER))))
            .then_expect_error(Error::InvalidTransition { from: Status::Confirmed, to });
    }
    let order = moved(state(&shared()), &[(SELLER, Status::Processing)]);
    let again = order.decide(fulfil(SELLER, Status::Processing, Actor::Seller(id(SELLER))));
    let (from, to) = (Status::Processing, Status::Processing);
    assert_eq!(again, Err(Error::InvalidTransition { from, to }));
}

#[test]
fn nothing_is_sent_before_the_payment_or_after_the_end() {
    let unpaid = vec![shared().remove(0)];
    let ended = shared().into_iter().chain([cancelled()]).collect();
    for (events, from) in [(unpaid, Status::Pending), (ended, Status::Cancelled)] {
        given(events)
            .when(fulfil(OTHER, Status::Processing, Actor::Seller(id(OTHER))))
            .then_expect_error(Error::InvalidTransition { from, to: Status::Processing });
    }
    given(vec![])
        .when(fulfil(OTHER, Status::Processing, Actor::Admin))
        .then_expect_error(Error::NotFound);
}

#[test]
fn nobody_moves_the_part_of_somebody_else() {
    for by in [
        Actor::Seller(id(OTHER)),
        Actor::Seller(id(THIRD)),
        Actor::Customer(id(CUSTOMER)),
        Actor::Customer(id(SELLER)),
    ] {
        given(shared())
            .when(fulfil(SELLER, Status::Processing, by))
            .then_expect_error(Error::NotAllowed);
    }
    // Who sells nothing in it learns nothing of it.
    given(shared())
        .when(fulfil(THIRD, Status::Processing, Actor::Seller(id(THIRD))))
        .then_expect_error(Error::NotAllowed);
    given(shared())
        .when(fulfil(THIRD, Status::Processing, Actor::Admin))
        .then_expect_error(Error::NoSuchFulfilment { seller_id: id(THIRD) });
    for (seller, by) in [(SELLER, Actor::Admin), (OTHER, Actor::System)] {
        assert!(state(&shared()).decide(fulfil(seller, Status::Processing, by)).is_ok());
    }
}

#[test]
fn the_part_of_an_only_seller_is_the_order() {
    let at = minute(9);
    for by in [Actor::Seller(id(SELLER)), Actor::Admin] {
        given(history(Status::Confirmed))
            .when(fulfil(SELLER, Status::Processing, by))
            .then_expect_events(vec![Event::ProcessingStarted { at, by: by.name() }]);
    }
    let order = state(&history(Status::Shipped));
    let parts = order.fulfilments();
    let details = order.details().unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!((parts[0].seller_id, parts[0].status), (id(SELLER), Status::Shipped));
    assert_eq!(parts[0].product_ids, [id(1), id(2)]);
    assert_eq!(
        (&parts[0].history, &parts[0].tracking_number),
        (&details.history, &details.tracking_number)
    );
    assert!(Order::default().fulfilments().is_empty());
}

/// As all orders were moved before there were parts: what the log has of them means the same.
#[test]
fn an_order_that_is_moved_as_a_whole_takes_all_its_parts_along() {
    let mut events = shared();
    events.extend([processing_started(), shipped(), delivered()]);
    let order = state(&events);
    for seller in [SELLER, OTHER] {
        let part = part(&order, seller);
        assert_eq!(part.status, Status::Delivered);
        assert_eq!(part.tracking_number.as_deref(), Some("TRACK-1"));
        assert_eq!(part.history, order.details().unwrap().history);
    }
    events.push(history(Status::Refunded).pop().unwrap());
    assert_eq!(part(&state(&events), OTHER).status, Status::Refunded);
}

#[test]
fn who_moves_the_whole_leaves_alone_what_is_further_on() {
    let order = moved(
        state(&shared()),
        &[(SELLER, Status::Processing), (SELLER, Status::Shipped), (OTHER, Status::Processing)],
    );
    let events = order.decide(whole(Status::Shipped)).unwrap();
    let order = events.iter().fold(order, Order::evolve);
    let numbers = [SELLER, OTHER].map(|seller| part(&order, seller).tracking_number.unwrap());
    assert_eq!(numbers, ["TRACK-200", "WHOLE"]);
    assert_eq!(order.details().unwrap().tracking_number.as_deref(), Some("TRACK-200"));
    assert_eq!(order.status(), Some(Status::Shipped));
}

#[test]
fn what_has_left_in_part_is_not_cancelled() {
    let order = moved(state(&shared()), &[(SELLER, Status::Processing)]);
    let cancel = || Command::Cancel {
        reason: CancelReason::ByCustomer,
        collected: Money::ZERO,
        at: minute(9),
        by: Actor::Customer(id(CUSTOMER)),
    };
    assert!(order.decide(cancel()).is_ok());
    let order = moved(order, &[(SELLER, Status::Shipped)]);
    assert_eq!(order.status(), Some(Status::Confirmed));
    assert_eq!(order.decide(cancel()), Err(Error::PartlyShipped));
    let cancelled = state(&shared().into_iter().chain([cancelled()]).collect::<Vec<_>>());
    assert_eq!(part(&cancelled, OTHER).status, Status::Cancelled);
}

/// Read models keep states as JSON: those of before have no parts in them.
#[test]
fn the_state_of_an_order_of_one_seller_is_stored_as_before() {
    let alone = serde_json::to_value(state(&history(Status::Shipped))).unwrap();
    assert_eq!(alone["Placed"]["details"].get("fulfilments"), None);
    let read: Order = serde_json::from_value(alone).unwrap();
    assert_eq!(read, state(&history(Status::Shipped)));
    let shared = state(&shared());
    let read: Order = serde_json::from_value(serde_json::to_value(&shared).unwrap()).unwrap();
    assert_eq!(read, shared);
}

/// Who wants what: a seller their part, an administrator any part or the whole.
fn any_wish() -> impl Strategy<Value = Command> {
    let sellers = prop_oneof![Just(SELLER), Just(OTHER), Just(THIRD)];
    (sellers, 0..STEPS.len(), 0..3_u8).prop_map(|(seller, step, who)| match who {
        0 => fulfil(seller, STEPS[step], Actor::Seller(id(seller))),
        1 => fulfil(seller, STEPS[step], Actor::Admin),
        _ => whole(STEPS[step]),
    })
}

proptest! {
    #[test]
    fn the_status_of_an_order_is_that_of_its_last_part(
        wishes in prop::collection::vec(any_wish(), 0..40),
        sellers in 1..=3_u128,
    ) {
        let lines = (1..=6).map(|product| NewLine {
            seller_id: id(SELLER + product % sellers),
            ..new_line(product, 1, "10.00")
        });
        let mut order = state(&[placed_with(lines.collect()), confirmed()]);
        for wish in wishes {
            let before = order.status().unwrap();
            let Ok(events) = order.decide(wish) else { continue };
            prop_assert!(!events.is_empty());
            order = events.iter().fold(order, Order::evolve);
            let status = order.status().unwrap();
            let parts = order.fulfilments();
            prop_assert_eq!(parts.len() as u128, sellers);
            prop_assert!(parts.iter().all(|part| part.status.has_come_to(status)));
            prop_assert!(parts.iter().any(|part| part.status == status));
            prop_assert!(status == before || before.may_become(status));
            let details = order.details().unwrap();
            prop_assert_eq!(details.history.last().unwrap().status, status);
            for part in parts {
                prop_assert_eq!(part.history.last().unwrap().status, part.status);
                let has_left = part.status.has_come_to(Status::Shipped);
                prop_assert_eq!(part.tracking_number.is_some(), has_left);
                let steps = part.history.windows(2);
                for step in steps {
                    prop_assert!(step[0].status.may_become(step[1].status));
                }
            }
        }
    }
}
