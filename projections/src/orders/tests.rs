//! The fold of orders.

use super::Orders;
use crate::ApplyError;
use crate::testing::{History, at};
use aggregates::order::{DeliveryMethod, Event, Line, PaymentMethod, Status};
use aggregates::{Currency, Fact, Money, PaymentId, Points, ProductId, Quantity, UserId};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);

fn line(product: u128, seller: u128) -> Line {
    let price = Money::from_minor(100_000).unwrap();
    Line {
        product_id: ProductId::new(Uuid::from_u128(product)),
        seller_id: UserId::new(Uuid::from_u128(seller)),
        name: "Lamp".to_owned(),
        quantity: Quantity::ONE,
        price,
        line_total: price,
        discount: Money::ZERO,
    }
}

fn placed() -> Fact {
    let subtotal = Money::from_minor(300_000).unwrap();
    Fact::Order(Event::Placed {
        number: "LL-1".to_owned(),
        user_id: UserId::new(Uuid::from_u128(7)),
        cart_id: None,
        lines: vec![line(1, 3), line(2, 2), line(3, 3)],
        currency: Currency::KZT,
        subtotal,
        discount: Money::ZERO,
        delivery_method: DeliveryMethod::Standard,
        delivery_cost: Money::ZERO,
        total_amount: subtotal,
        promo_code: None,
        points: Points::ZERO,
        gift_card: None,
        payment_method: PaymentMethod::Card,
        payment_id: PaymentId::new(Uuid::from_u128(8)),
        expires_at: at(900),
        at: at(0),
        by: "somebody".to_owned(),
    })
}

fn confirmed() -> Fact {
    Fact::Order(Event::Confirmed {
        booked: None,
        points_earned: Points::ZERO,
        at: at(60),
        by: "system".to_owned(),
    })
}

#[test]
fn an_order_is_found_by_each_of_its_sellers_once() {
    let row = History::default().then(ID, placed()).row::<Orders>();
    let sellers: Vec<_> = row.seller_ids.iter().map(|id| id.uuid().as_u128()).collect();
    assert_eq!(sellers, [2, 3]);
    assert_eq!((row.status, row.total.to_string()), (Status::Pending, "3000.00".to_owned()));
}

#[test]
fn columns_follow_the_state() {
    let payment_id = PaymentId::new(Uuid::from_u128(9));
    let reopened = Event::PaymentReopened { payment_id, at: at(30), by: "somebody".to_owned() };
    let row = History::default()
        .then(ID, placed())
        .then(ID, Fact::Order(reopened))
        .then(ID, confirmed())
        .row::<Orders>();
    assert_eq!((row.status, row.payment_id, row.version), (Status::Confirmed, payment_id, 3));
    assert_eq!((row.created_at, row.updated_at), (at(0), at(60)));
    assert_eq!(row.state.status(), Some(Status::Confirmed));
}

#[test]
fn an_order_that_was_never_placed_stops_the_fold() {
    let error = History::default().then(ID, confirmed()).fold::<Orders>().unwrap_err();
    assert!(matches!(error, ApplyError::NotCreated(_)), "{error}");
}
