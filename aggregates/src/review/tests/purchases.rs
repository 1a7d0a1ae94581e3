//! Who may review: those to whom an order brought the product.

use super::{AUTHOR, ORDER, PRODUCT};
use crate::order::{self, DeliveryMethod, Line, PaymentMethod};
use crate::review::{Error, Purchase};
use crate::testing::{id, minute, money, units};
use crate::{Currency, Decider, Money, Order, Points, ProductId, UserId};

const SELLER: u128 = 7;

fn placed() -> order::Event {
    order::Event::Placed {
        number: "L-1".to_owned(),
        user_id: id(AUTHOR),
        cart_id: None,
        lines: vec![Line {
            product_id: id(PRODUCT),
            seller_id: id(SELLER),
            name: "Lamp".to_owned(),
            quantity: units(1),
            price: money("10.00"),
            line_total: money("10.00"),
            discount: Money::ZERO,
        }],
        currency: Currency::KZT,
        subtotal: money("10.00"),
        discount: Money::ZERO,
        delivery_method: DeliveryMethod::Standard,
        delivery_cost: Money::ZERO,
        total_amount: money("10.00"),
        promo_code: None,
        points: Points::ZERO,
        gift_card: None,
        payment_method: PaymentMethod::Card,
        payment_id: id(4),
        expires_at: minute(15),
        at: minute(0),
        by: "somebody".to_owned(),
    }
}

fn delivered() -> Vec<order::Event> {
    let by = || "system".to_owned();
    vec![
        placed(),
        order::Event::Confirmed {
            booked: None,
            points_earned: Points::ZERO,
            at: minute(1),
            by: by(),
        },
        order::Event::ProcessingStarted { at: minute(2), by: by() },
        order::Event::Shipped { tracking_number: "T".to_owned(), at: minute(3), by: by() },
        order::Event::Delivered { at: minute(4), by: by() },
    ]
}

fn prove(events: &[order::Event], product: ProductId, user: UserId) -> Result<Purchase, Error> {
    let order = events.iter().fold(Order::default(), Order::evolve);
    Purchase::proven_by(id(ORDER), &order, product, user)
}

/// A proof, for tests of what comes after it.
pub(super) fn purchase() -> Purchase {
    prove(&delivered(), id(PRODUCT), id(AUTHOR)).unwrap()
}

#[test]
fn who_had_it_delivered_may_review_it() {
    let proven = purchase();
    assert_eq!(proven.order_id(), id(ORDER));
    assert_eq!((proven.product_id(), proven.user_id()), (id(PRODUCT), id(AUTHOR)));
}

#[test]
fn before_the_delivery_nobody_may() {
    let history = delivered();
    for length in 0..history.len() {
        let result = prove(&history[..length], id(PRODUCT), id(AUTHOR));
        assert_eq!(result, Err(Error::NotABuyer), "after {length} events");
    }
}

#[test]
fn of_several_sellers_goods_those_that_arrived_may_be_reviewed() {
    let (other, seller_id, at) = (id(8), id(SELLER), minute(5));
    let mut history = delivered();
    history.truncate(2);
    if let order::Event::Placed { lines, .. } = &mut history[0] {
        lines.push(Line { product_id: other, seller_id: id(SELLER + 1), ..lines[0].clone() });
    }
    let (by, tracking_number) = ("system".to_owned(), "T".to_owned());
    history.push(order::Event::FulfilmentProcessingStarted { seller_id, at, by: by.clone() });
    history.push(order::Event::FulfilmentShipped {
        seller_id,
        tracking_number,
        at,
        by: by.clone(),
    });
    assert_eq!(prove(&history, id(PRODUCT), id(AUTHOR)), Err(Error::NotABuyer));
    history.push(order::Event::FulfilmentDelivered { seller_id, at, by });
    assert!(prove(&history, id(PRODUCT), id(AUTHOR)).is_ok());
    assert_eq!(prove(&history, other, id(AUTHOR)), Err(Error::NotABuyer));
}

#[test]
fn another_product_or_another_buyer_is_not_enough() {
    assert_eq!(prove(&delivered(), id(99), id(AUTHOR)), Err(Error::NotABuyer));
    assert_eq!(prove(&delivered(), id(PRODUCT), id(99)), Err(Error::NotABuyer));
}

#[test]
fn who_sent_it_back_may_still_say_why() {
    let mut history = delivered();
    history.push(order::Event::Refunded {
        refund_id: id(6),
        lines: vec![],
        amount: money("10.00"),
        gift_card: Money::ZERO,
        points_value: Money::ZERO,
        points: Points::ZERO,
        reason: "broken".to_owned(),
        at: minute(9),
        by: "system".to_owned(),
    });
    assert!(prove(&history, id(PRODUCT), id(AUTHOR)).is_ok());
}

#[test]
fn sellers_do_not_praise_their_own_goods() {
    let mut history = delivered();
    if let order::Event::Placed { user_id, .. } = &mut history[0] {
        *user_id = id(SELLER);
    }
    assert_eq!(prove(&history, id(PRODUCT), id(SELLER)), Err(Error::OwnProduct));
}
