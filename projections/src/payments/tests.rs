//! The fold of payments.

use super::Payments;
use crate::testing::{History, at};
use aggregates::order::PaymentMethod;
use aggregates::payment::{Event, Status};
use aggregates::{Currency, Fact, Money, OrderId, RefundId, UserId};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);

#[test]
fn a_payment_shows_how_far_it_has_come() {
    let amount = Money::from_minor(150_000).unwrap();
    let method = PaymentMethod::Card;
    let refund_id = RefundId::new(Uuid::from_u128(4));
    let order_id = OrderId::new(Uuid::from_u128(2));
    let user_id = UserId::new(Uuid::from_u128(3));
    let currency = Currency::KZT;
    let steps = [
        (
            Event::Requested {
                order_id: Some(order_id),
                gift_card_id: None,
                user_id,
                amount,
                currency,
                method,
                at: at(0),
            },
            Status::Pending,
        ),
        (Event::Started { method, at: at(1) }, Status::Processing),
        (Event::Completed { transaction_id: "tx".to_owned(), at: at(2) }, Status::Completed),
        (
            Event::RefundRequested { refund_id, amount, reason: "broken".to_owned(), at: at(3) },
            Status::Completed,
        ),
        (Event::Refunded { refund_id, amount, at: at(4) }, Status::Refunded),
    ];
    let mut history = History::default();
    for (place, (event, status)) in steps.into_iter().enumerate() {
        history = history.then(ID, Fact::Payment(event));
        let row = history.row::<Payments>();
        let place = i64::try_from(place).unwrap();
        assert_eq!((row.status, row.version, row.updated_at), (status, place + 1, at(place)));
        assert_eq!((row.order_id, row.created_at), (Some(order_id), at(0)));
    }
}
