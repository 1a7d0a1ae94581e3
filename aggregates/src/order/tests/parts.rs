//! What a promotion takes off an order, and who pays which part of it.

use super::*;

/// 3 × 19.99 less 9.97, and 1 × 40.00 less 5.00: goods for 85.00.
fn discounted() -> Vec<NewLine> {
    let mut lines = two_lines();
    lines[0].discount = money("9.97");
    lines[1].discount = money("5.00");
    lines
}

/// Of 90.00, delivery included, with these points and this much of a gift card.
fn place_with(points_used: u64, card: Option<&str>) -> Command {
    place_paid_with("N-1", discounted(), "5.00", points(points_used), card.map(card_part))
}

fn placed_by(command: Command) -> Vec<Event> {
    Order::default().decide(command).unwrap()
}

fn apply(amount: &str, by: Actor) -> Command {
    Command::ApplyGiftCard { gift_card: card_part(amount), payment_id: id(301), at: minute(9), by }
}

fn applied(amount: &str, by: &str) -> Event {
    Event::GiftCardApplied {
        gift_card: card_part(amount),
        payment_id: id(301),
        at: minute(9),
        by: by.to_owned(),
    }
}

fn customer() -> Actor {
    Actor::Customer(id(CUSTOMER))
}

#[test]
fn a_discount_lowers_the_total_and_not_the_lines() {
    let order = state(&placed_by(place_with(0, None)));
    let details = order.details().unwrap();
    let lines: Vec<_> = details.lines.iter().map(|line| (line.line_total, line.discount)).collect();
    assert_eq!(lines, [(money("59.97"), money("9.97")), (money("40.00"), money("5.00"))]);
    assert_eq!((details.subtotal, details.discount), (money("99.97"), money("14.97")));
    assert_eq!((details.total_amount, details.amount_due()), (money("90.00"), money("90.00")));
}

#[test]
fn an_order_remembers_its_promotion() {
    let mut command = place_with(0, None);
    if let Command::Place { promo_code, .. } = &mut command {
        *promo_code = Some("SUMMER".parse().unwrap());
    }
    let order = state(&placed_by(command));
    assert_eq!(order.details().unwrap().promo_code, Some("SUMMER".parse().unwrap()));
}

#[test]
fn no_more_is_taken_off_a_line_than_it_costs() {
    let with = |discount: &str| {
        let mut lines = two_lines();
        lines[1].discount = money(discount);
        place("N-1", lines, "0.00")
    };
    given(vec![])
        .when(with("40.01"))
        .then_expect_error(Error::DiscountExceedsLine { product_id: id(2) });
    let order = state(&placed_by(with("40.00")));
    assert_eq!(order.details().unwrap().total_amount, money("59.97"));
}

#[test]
fn points_then_the_gift_card_then_money_pay() {
    let order = state(&placed_by(place_with(20, Some("30.00"))));
    let details = order.details().unwrap();
    assert_eq!((details.points, details.gift_card), (points(20), Some(card_part("30.00"))));
    assert_eq!(details.gift_card_amount(), money("30.00"));
    assert_eq!(details.amount_due(), money("40.00"));
    assert_eq!(details.total_amount, money("90.00"), "who pays does not change what it costs");
    assert_eq!(details.spend(), money("65.00"), "the goods that were not paid with points");
}

#[test]
fn points_pay_goods_and_no_delivery() {
    assert_eq!(placed_by(place_with(85, None)).len(), 1);
    given(vec![])
        .when(place_with(86, None))
        .then_expect_error(Error::MoreThanDue { due: money("85.00"), requested: money("86.00") });
}

#[test]
fn a_gift_card_pays_what_is_left_delivery_included() {
    let order = state(&placed_by(place_with(20, Some("70.00"))));
    assert_eq!(order.details().unwrap().amount_due(), Money::ZERO);
    given(vec![])
        .when(place_with(20, Some("70.01")))
        .then_expect_error(Error::MoreThanDue { due: money("70.00"), requested: money("70.01") });
}

#[test]
fn a_gift_card_pays_a_part_of_a_pending_order() {
    let customer_id = id::<UserId>(CUSTOMER).to_string();
    for (by, name) in
        [(Actor::Admin, "admin"), (Actor::System, "system"), (customer(), &customer_id)]
    {
        given(history(Status::Pending))
            .when(apply("30.00", by))
            .then_expect_events(vec![applied("30.00", name)]);
    }
    let order = state(&[placed(), applied("30.00", "admin")]);
    let details = order.details().unwrap();
    assert_eq!(
        (details.gift_card, details.amount_due()),
        (Some(card_part("30.00")), money("74.97"))
    );
    assert_eq!((details.payment_id, details.payments.clone()), (id(301), vec![id(300), id(301)]));
    assert_eq!(order.status(), Some(Status::Pending));
}

#[test]
fn a_gift_card_pays_no_more_than_is_due() {
    let history = || placed_by(place_with(20, None));
    given(history())
        .when(apply("70.00", Actor::Admin))
        .then_expect_events(vec![applied("70.00", "admin")]);
    given(history())
        .when(apply("70.01", Actor::Admin))
        .then_expect_error(Error::MoreThanDue { due: money("70.00"), requested: money("70.01") });
}

#[test]
fn an_order_is_paid_with_one_gift_card() {
    for history in
        [placed_by(place_with(0, Some("1.00"))), vec![placed(), applied("1.00", "admin")]]
    {
        given(history).when(apply("1.00", Actor::Admin)).then_expect_error(Error::HasGiftCard);
    }
}

#[test]
fn a_gift_card_is_not_applied_by_others_or_later() {
    for by in [Actor::Seller(id(SELLER)), Actor::Customer(id(CUSTOMER + 1))] {
        given(history(Status::Pending))
            .when(apply("1.00", by))
            .then_expect_error(Error::NotAllowed);
    }
    for from in Status::ALL.into_iter().filter(|status| *status != Status::Pending) {
        given(history(from))
            .when(apply("1.00", Actor::Admin))
            .then_expect_error(Error::InvalidTransition { from, to: Status::Pending });
    }
    given(vec![]).when(apply("1.00", Actor::Admin)).then_expect_error(Error::NotFound);
}

#[test]
fn a_confirmed_order_is_booked_and_earns_points() {
    let event = Event::Confirmed {
        booked: Some(Booked {
            subtotal: money("99.97"),
            discount: money("14.97"),
            delivery_cost: money("5.00"),
        }),
        points_earned: points(3),
        at: minute(1),
        by: "system".to_owned(),
    };
    let history = placed_by(place_with(20, Some("30.00")));
    given(history.clone())
        .when(Command::Confirm { points_earned: points(3), at: minute(1), by: Actor::System })
        .then_expect_events(vec![event.clone()]);
    assert_eq!(state(&history).details().unwrap().points_earned, Points::ZERO);
    let order = state(&history).evolve(&event);
    assert_eq!(order.details().unwrap().points_earned, points(3));
}

#[test]
fn what_was_booked_and_never_came_is_uncollected_when_the_order_is_cancelled() {
    let uncollected_of = |history: Vec<Event>, collected: &str| {
        let command = Command::Cancel {
            reason: CancelReason::ByStaff,
            collected: money(collected),
            at: minute(9),
            by: Actor::Admin,
        };
        match state(&history).decide(command).unwrap().as_slice() {
            [Event::Cancelled { uncollected, .. }] => *uncollected,
            other => panic!("not cancelled: {other:?}"),
        }
    };
    let pending = || placed_by(place_with(20, Some("30.00")));
    let confirmed = || [pending(), vec![confirmed()]].concat();
    for (history, collected, uncollected) in [
        // Nothing is booked before the confirmation.
        (pending(), "0.00", "0.00"),
        (pending(), "40.00", "0.00"),
        (confirmed(), "0.00", "40.00"),
        (confirmed(), "15.00", "25.00"),
        (confirmed(), "40.00", "0.00"),
        (confirmed(), "41.00", "0.00"),
    ] {
        assert_eq!(uncollected_of(history, collected), money(uncollected), "{collected}");
    }
}
