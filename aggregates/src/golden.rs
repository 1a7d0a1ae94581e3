//! The stored form of every event, kept as golden files in `golden/`: what is in a log must stay
//! readable. A failure here means that the storage contract changed: add a variant, or raise the
//! version and write an upcaster; never just accept the new file.

mod samples;

use crate::{Decider, Fact, account, cart, order, payment, product, stock_item, upcast};
use cqrs_es::DomainEvent;
use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

/// An event as the log stores it.
#[derive(Serialize)]
struct Stored<'a, E> {
    event_type: String,
    event_version: String,
    payload: &'a E,
}

fn in_golden_folder(check: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(check);
}

fn name(aggregate_type: &str, event_type: &str, event_version: &str) -> String {
    format!("{aggregate_type}.{event_type}.{event_version}")
}

/// Compares each sample with its golden file, and reads it back.
fn check<A: Decider>(types: &[(&str, &str)], samples: &[A::Event], fact: fn(A::Event) -> Fact) {
    let mut seen = Vec::new();
    in_golden_folder(|| {
        for payload in samples {
            let (event_type, event_version) = (payload.event_type(), payload.event_version());
            let text = serde_json::to_string(payload).unwrap();
            let decoded = Fact::decode(A::TYPE, &event_type, &event_version, &text).unwrap();
            assert_eq!(decoded, fact(payload.clone()));
            let name = name(A::TYPE, &event_type, &event_version);
            seen.push((event_type.clone(), event_version.clone()));
            insta::assert_json_snapshot!(name, Stored { event_type, event_version, payload });
        }
    });
    let all: Vec<_> = types.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!(seen, all, "an event of {} without a sample", A::TYPE);
}

#[test]
fn account_events_keep_their_stored_form() {
    check::<crate::Account>(account::Event::TYPES, &samples::account(), Fact::Account);
}

#[test]
fn cart_events_keep_their_stored_form() {
    check::<crate::Cart>(cart::Event::TYPES, &samples::cart(), Fact::Cart);
}

#[test]
fn order_events_keep_their_stored_form() {
    check::<crate::Order>(order::Event::TYPES, &samples::order(), Fact::Order);
}

#[test]
fn payment_events_keep_their_stored_form() {
    check::<crate::Payment>(payment::Event::TYPES, &samples::payment(), Fact::Payment);
}

#[test]
fn product_events_keep_their_stored_form() {
    check::<crate::Product>(product::Event::TYPES, &samples::product(), Fact::Product);
}

#[test]
fn stock_item_events_keep_their_stored_form() {
    check::<crate::StockItem>(stock_item::Event::TYPES, &samples::stock_item(), Fact::StockItem);
}

/// The golden files are exactly those of today's events: a variant that is gone, or a version that
/// was raised, leaves a file that fails here until its old form is read by an upcaster.
#[test]
fn there_is_one_golden_file_for_each_event() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/golden");
    let files: BTreeSet<_> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().unwrap().into())
        .filter_map(|file: String| file.strip_suffix(".snap").map(str::to_owned))
        .collect();
    let of = |aggregate_type: &'static str, types: &'static [(&str, &str)]| {
        types.iter().map(move |(event, version)| name(aggregate_type, event, version))
    };
    let expected: BTreeSet<_> = of("account", account::Event::TYPES)
        .chain(of("cart", cart::Event::TYPES))
        .chain(of("order", order::Event::TYPES))
        .chain(of("payment", payment::Event::TYPES))
        .chain(of("product", product::Event::TYPES))
        .chain(of("stock_item", stock_item::Event::TYPES))
        .collect();
    assert_eq!(files, expected);
}

/// A product as version 1.0 stored it.
const CREATED_1_0: &str = include_str!("golden/product.Created.1.0.json");
const CREATED_1_0_WITHOUT_IMAGE: &str =
    include_str!("golden/product.Created.1.0.without_image.json");

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
