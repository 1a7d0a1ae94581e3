//! Forms of events that nobody writes any more, kept as JSON files beside the golden ones: the log
//! still has them, so each must be read for what it meant.

use super::samples;
use crate::order::{self, CancelReason, DeliveryMethod, Line, PaymentMethod, RefundedLine};
use crate::testing::{id, minute, money, units};
use crate::{Currency, Fact, Money, Points, artist, payment, product, upcast};
use cqrs_es::persist::{EventUpcaster, SerializedEvent};

/// A product as version 1.0 stored it.
const CREATED_1_0: &str = include_str!("product.Created.1.0.json");
const CREATED_1_0_WITHOUT_IMAGE: &str = include_str!("product.Created.1.0.without_image.json");

fn created_with(image_urls: Vec<String>) -> product::Event {
    let product::Event::Created {
        seller_id,
        name,
        description,
        price,
        currency,
        category,
        attributes,
        ..
    } = samples::product().remove(0)
    else {
        panic!("the first sample is Created");
    };
    product::Event::Created {
        seller_id,
        name,
        description,
        price,
        currency,
        category,
        attributes,
        image_urls,
    }
}

#[test]
fn a_product_stored_by_version_1_0_is_read_with_a_list_of_images() {
    for (stored, image_urls) in
        [(CREATED_1_0, vec!["/uploads/one.webp".to_owned()]), (CREATED_1_0_WITHOUT_IMAGE, vec![])]
    {
        let fact = Fact::decode("product", "Created", "1.0", stored).unwrap();
        assert_eq!(fact, Fact::Product(created_with(image_urls)));
    }
}

#[test]
fn a_cqrs_es_store_reads_the_old_product_too() {
    let event = SerializedEvent {
        aggregate_id: "1".to_owned(),
        sequence: 1,
        aggregate_type: "product".to_owned(),
        event_type: "Created".to_owned(),
        event_version: "1.0".to_owned(),
        payload: serde_json::from_str(CREATED_1_0).unwrap(),
        metadata: serde_json::Value::Null,
    };
    let upcasters: Vec<&dyn EventUpcaster> = upcast::upcasters("product").collect();
    assert_eq!(upcasters.len(), 1);
    assert!(upcasters[0].can_upcast("Created", "1.0"));
    assert!(!upcasters[0].can_upcast("Created", "2.0"));
    assert!(!upcasters[0].can_upcast("PriceChanged", "1.0"));
    let event = upcasters[0].upcast(event);
    assert!(!upcasters[0].can_upcast("Created", &event.event_version), "upcast once");
    let event: product::Event = serde_json::from_value(event.payload).unwrap();
    assert_eq!(event, created_with(vec!["/uploads/one.webp".to_owned()]));
    assert_eq!(upcast::upcasters("order").count(), 0);
}

#[test]
fn what_cannot_be_read_says_so() {
    for (aggregate_type, event_type, version, payload, error) in [
        ("parcel", "Sent", "1.0", "{}", "unknown stream type \"parcel\""),
        ("cart", "Cleared", "1.0", "{", "cart event Cleared 1.0 does not parse"),
        ("cart", "Emptied", "1.0", r#"{"Emptied":{}}"#, "unknown variant `Emptied`"),
        ("product", "Created", "1.0", "{", "product event Created 1.0 does not parse"),
        ("product", "Created", "1.0", "{}", "product event Created 1.0 does not parse"),
        ("product", "Created", "2.0", CREATED_1_0, "missing field `image_urls`"),
    ] {
        let result = Fact::decode(aggregate_type, event_type, version, payload);
        let message = result.unwrap_err().to_string();
        assert!(message.contains(error), "{message}");
    }
}

/// An artist as version 1.0 stored it: without who created it.
const ARTIST_CREATED_1_0: &str = include_str!("artist.Created.1.0.json");

#[test]
fn an_artist_stored_by_version_1_0_was_created_by_nobody_known() {
    let artist::Event::Created { profile, .. } = samples::artist().remove(0) else {
        panic!("the first sample is Created");
    };
    let event = artist::Event::Created { profile, created_by: None };
    let fact = Fact::decode("artist", "Created", "1.0", ARTIST_CREATED_1_0).unwrap();
    assert_eq!(serde_json::to_string(&event).unwrap(), ARTIST_CREATED_1_0.trim_end());
    assert_eq!(fact, Fact::Artist(event));
}

/// Order events as version 1.0 stored them: before promotions, points and gift cards.
const PLACED_1_0: &str = include_str!("order.Placed.1.0.json");
const CONFIRMED_1_0: &str = include_str!("order.Confirmed.1.0.json");
const CANCELLED_1_0: &str = include_str!("order.Cancelled.1.0.json");
const REFUNDED_1_0: &str = include_str!("order.Refunded.1.0.json");

/// The version is only a label here: what 1.1 does not fill in, it writes as 1.0 did.
fn is_read_and_written_as(stored: &str, event_type: &str, event: order::Event) {
    let fact = Fact::decode("order", event_type, "1.0", stored).unwrap();
    let written = serde_json::to_string(&event).unwrap();
    assert_eq!(fact, Fact::Order(event));
    assert_eq!(written, stored.trim_end());
}

#[test]
fn an_order_placed_by_version_1_0_was_paid_with_money_only() {
    let event = order::Event::Placed {
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
            discount: Money::ZERO,
        }],
        currency: Currency::KZT,
        subtotal: money("59.97"),
        discount: Money::ZERO,
        delivery_method: DeliveryMethod::SameDay,
        delivery_cost: money("5.00"),
        total_amount: money("64.97"),
        promo_code: None,
        points: Points::ZERO,
        gift_card: None,
        payment_method: PaymentMethod::CashOnDelivery,
        payment_id: id(4),
        expires_at: minute(15),
        at: minute(0),
        by: "00000000-0000-0000-0000-000000000001".to_owned(),
    };
    is_read_and_written_as(PLACED_1_0, "Placed", event);
}

#[test]
fn an_order_confirmed_by_version_1_0_was_not_booked_and_earned_no_points() {
    let (booked, points_earned) = (None, Points::ZERO);
    let event =
        order::Event::Confirmed { booked, points_earned, at: minute(2), by: "system".to_owned() };
    is_read_and_written_as(CONFIRMED_1_0, "Confirmed", event);
}

#[test]
fn an_order_cancelled_by_version_1_0_left_no_money_uncollected() {
    let (reason, uncollected) = (CancelReason::PaymentExpired, Money::ZERO);
    let event =
        order::Event::Cancelled { reason, uncollected, at: minute(6), by: "system".to_owned() };
    is_read_and_written_as(CANCELLED_1_0, "Cancelled", event);
}

#[test]
fn a_refund_by_version_1_0_gave_back_money_only() {
    let line = RefundedLine { product_id: id(2), quantity: units(1), amount: money("19.99") };
    let event = order::Event::Refunded {
        refund_id: id(6),
        lines: vec![line],
        amount: money("24.99"),
        gift_card: Money::ZERO,
        points_value: Money::ZERO,
        points: Points::ZERO,
        reason: "broken".to_owned(),
        at: minute(7),
        by: "system".to_owned(),
    };
    is_read_and_written_as(REFUNDED_1_0, "Refunded", event);
}

/// The golden file of `Requested` is that of an order's payment; this is a gift card's.
#[test]
fn a_payment_for_a_gift_card_keeps_its_stored_form() {
    let event = payment::Event::Requested {
        order_id: None,
        gift_card_id: Some(id(1)),
        user_id: id(2),
        amount: money("64.97"),
        currency: Currency::KZT,
        method: PaymentMethod::Card,
        at: minute(0),
    };
    let stored = include_str!("payment.Requested.1.0.gift_card.json").trim_end();
    assert_eq!(serde_json::to_string(&event).unwrap(), stored);
    let fact = Fact::decode("payment", "Requested", "1.0", stored).unwrap();
    assert_eq!(fact, Fact::Payment(event));
}
