//! One sample of each event, in the order in which its variants are declared.

mod community;
mod ledgers;
mod records;
mod webhooks;

pub use community::{review, wishlist};
pub use ledgers::{gift_card, loyalty_account, promotion, promotion_usage};
pub use records::artist;
pub use webhooks::webhook;

use crate::gift_card::CodeHash;
use crate::testing::{id, minute, money, points, units};
use crate::{Currency, account, cart, order, payment, product, stock_item};

pub fn account() -> Vec<account::Event> {
    use account::{Event, Role};
    vec![
        Event::Registered { role: Role::Customer },
        Event::EmailVerified {},
        Event::ProfileChanged { fields: vec!["email".to_owned(), "first_name".to_owned()] },
        Event::PasswordChanged {},
        Event::PasswordResetRequested {},
        Event::RoleChanged { role: Role::Auditor, previous: Role::Customer },
        Event::Blocked { reason: "fraud".to_owned() },
        Event::Unblocked {},
        Event::Erased {},
    ]
}

pub fn cart() -> Vec<cart::Event> {
    use cart::{Event, MergedLine};
    let (product_id, price) = (id(1), money("9900.00"));
    vec![
        Event::ItemAdded { product_id, quantity: units(2), price },
        Event::QuantityChanged { product_id, quantity: units(3) },
        Event::ItemRemoved { product_id },
        Event::Cleared {},
        Event::Merged {
            from: id(2),
            lines: vec![MergedLine { product_id, quantity: units(999), price }],
        },
        Event::HandedOver { to: id(3) },
        Event::PromoApplied { code: "SUMMER-25".parse().unwrap() },
        Event::PromoRemoved {},
        Event::GiftCardApplied {
            gift_card_id: id(5),
            code_hash: CodeHash::new("5f".repeat(32)),
            hint: "7Q2K".to_owned(),
            amount: Some(money("500.00")),
        },
        Event::GiftCardRemoved {},
        Event::PointsApplied { points: points(120) },
        Event::PointsRemoved {},
        Event::CheckedOut { order_id: id(4) },
    ]
}

/// Every field is there, so that the golden files show all of the current form.
pub fn order() -> Vec<order::Event> {
    use order::{Booked, CancelReason, CardPart, Event, RefundedLine};
    let by = || "system".to_owned();
    vec![
        order_placed(),
        Event::PaymentReopened { payment_id: id(5), at: minute(1), by: by() },
        Event::GiftCardApplied {
            gift_card: CardPart { gift_card_id: id(7), amount: money("10.00") },
            payment_id: id(8),
            at: minute(1),
            by: by(),
        },
        Event::Confirmed {
            booked: Some(Booked {
                subtotal: money("59.97"),
                discount: money("9.97"),
                delivery_cost: money("5.00"),
            }),
            points_earned: points(1),
            at: minute(2),
            by: by(),
        },
        Event::ProcessingStarted { at: minute(3), by: by() },
        Event::Shipped { tracking_number: "TRACK-1".to_owned(), at: minute(4), by: by() },
        Event::Delivered { at: minute(5), by: by() },
        Event::FulfilmentProcessingStarted { seller_id: id(3), at: minute(3), by: by() },
        Event::FulfilmentShipped {
            seller_id: id(3),
            tracking_number: "TRACK-2".to_owned(),
            at: minute(4),
            by: by(),
        },
        Event::FulfilmentDelivered { seller_id: id(3), at: minute(5), by: by() },
        Event::Cancelled {
            reason: CancelReason::ByCustomer,
            uncollected: money("25.00"),
            at: minute(6),
            by: by(),
        },
        Event::Refunded {
            refund_id: id(6),
            lines: vec![RefundedLine {
                product_id: id(2),
                quantity: units(3),
                amount: money("50.00"),
            }],
            amount: money("55.00"),
            gift_card: money("10.00"),
            points_value: money("20.00"),
            points: points(20),
            reason: "broken".to_owned(),
            at: minute(7),
            by: by(),
        },
    ]
}

fn order_placed() -> order::Event {
    use order::{CardPart, DeliveryMethod, Event, Line, PaymentMethod};
    Event::Placed {
        number: "LL-000001".to_owned(),
        user_id: id(1),
        cart_id: Some(id(1)),
        lines: vec![Line {
            product_id: id(2),
            seller_id: id(3),
            name: "Kind of Blue".to_owned(),
            quantity: units(3),
            price: money("19.99"),
            line_total: money("59.97"),
            discount: money("9.97"),
        }],
        currency: Currency::KZT,
        subtotal: money("59.97"),
        discount: money("9.97"),
        delivery_method: DeliveryMethod::SameDay,
        delivery_cost: money("5.00"),
        total_amount: money("55.00"),
        promo_code: Some("SUMMER-25".parse().unwrap()),
        points: points(20),
        gift_card: Some(CardPart { gift_card_id: id(7), amount: money("10.00") }),
        payment_method: PaymentMethod::CashOnDelivery,
        payment_id: id(4),
        expires_at: minute(15),
        at: minute(0),
        by: "00000000-0000-0000-0000-000000000001".to_owned(),
    }
}

pub fn payment() -> Vec<payment::Event> {
    use order::PaymentMethod;
    use payment::Event;
    let refund_id = id(3);
    vec![
        Event::Requested {
            order_id: Some(id(1)),
            gift_card_id: None,
            user_id: id(2),
            amount: money("64.97"),
            currency: Currency::KZT,
            method: PaymentMethod::Card,
            at: minute(0),
        },
        Event::Started { method: PaymentMethod::Kaspi, at: minute(1) },
        Event::Completed { transaction_id: "txn_1".to_owned(), at: minute(2) },
        Event::Failed { reason: "insufficient funds".to_owned(), at: minute(3) },
        Event::Voided { reason: "the order expired".to_owned(), at: minute(4) },
        Event::RefundRequested {
            refund_id,
            amount: money("24.99"),
            reason: "broken".to_owned(),
            at: minute(5),
        },
        Event::Refunded { refund_id, amount: money("24.99"), at: minute(6) },
    ]
}

pub fn product() -> Vec<product::Event> {
    use product::Event;
    let attributes = || [("format".to_owned(), "vinyl_lp".to_owned())].into();
    let image_urls = || vec!["/uploads/one.webp".to_owned(), "/uploads/two.webp".to_owned()];
    vec![
        Event::Created {
            seller_id: id(1),
            name: "Kind of Blue".to_owned(),
            description: "Recorded in 1959".to_owned(),
            price: money("9900.00"),
            currency: Currency::KZT,
            category: "jazz".to_owned(),
            attributes: attributes(),
            image_urls: image_urls(),
        },
        // Every field is there; that absent ones are left out is a test of its own.
        Event::DetailsChanged {
            name: Some("Blue Train".to_owned()),
            description: Some("Recorded in 1957".to_owned()),
            category: Some("hard bop".to_owned()),
            attributes: Some(attributes()),
            image_urls: Some(image_urls()),
        },
        Event::PriceChanged { price: money("8000.50"), previous: money("9900.00") },
        Event::AlbumDescribed { album: records::album() },
        Event::Activated {},
        Event::Deactivated {},
        Event::Archived {},
    ]
}

pub fn stock_item() -> Vec<stock_item::Event> {
    use stock_item::{Event, ReleaseReason};
    let (order_id, quantity) = (id(1), units(3));
    vec![
        Event::Received { quantity: 10, reason: "delivery".to_owned() },
        Event::Adjusted { delta: -2, reason: "broken in the warehouse".to_owned() },
        Event::Reserved { order_id, quantity, expires_at: minute(15) },
        Event::Committed { order_id, quantity },
        Event::Released { order_id, quantity, reason: ReleaseReason::Expired },
        Event::Returned { order_id, quantity },
    ]
}
