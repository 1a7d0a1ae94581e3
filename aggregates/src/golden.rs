//! The stored form of every event, kept as golden files in `golden/`: what is in a log must stay
//! readable. A failure here means that the storage contract changed: add a variant, or raise the
//! version and write an upcaster; never just accept the new file.

mod old_forms;
mod samples;

use crate::{Decider, Fact};
use crate::{
    account, artist, cart, gift_card, loyalty_account, order, payment, product, promotion,
    promotion_usage, review, stock_item, webhook, wishlist,
};
use cqrs_es::DomainEvent;
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
fn artist_events_keep_their_stored_form() {
    check::<crate::Artist>(artist::Event::TYPES, &samples::artist(), Fact::Artist);
}

#[test]
fn cart_events_keep_their_stored_form() {
    check::<crate::Cart>(cart::Event::TYPES, &samples::cart(), Fact::Cart);
}

#[test]
fn gift_card_events_keep_their_stored_form() {
    check::<crate::GiftCard>(gift_card::Event::TYPES, &samples::gift_card(), Fact::GiftCard);
}

#[test]
fn loyalty_account_events_keep_their_stored_form() {
    check::<crate::LoyaltyAccount>(
        loyalty_account::Event::TYPES,
        &samples::loyalty_account(),
        Fact::LoyaltyAccount,
    );
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
fn promotion_events_keep_their_stored_form() {
    check::<crate::Promotion>(promotion::Event::TYPES, &samples::promotion(), Fact::Promotion);
}

#[test]
fn promotion_usage_events_keep_their_stored_form() {
    check::<crate::PromotionUsage>(
        promotion_usage::Event::TYPES,
        &samples::promotion_usage(),
        Fact::PromotionUsage,
    );
}

#[test]
fn review_events_keep_their_stored_form() {
    check::<crate::Review>(review::Event::TYPES, &samples::review(), Fact::Review);
}

#[test]
fn webhook_events_keep_their_stored_form() {
    check::<crate::Webhook>(webhook::Event::TYPES, &samples::webhook(), Fact::Webhook);
}

#[test]
fn wishlist_events_keep_their_stored_form() {
    check::<crate::Wishlist>(wishlist::Event::TYPES, &samples::wishlist(), Fact::Wishlist);
}

#[test]
fn stock_item_events_keep_their_stored_form() {
    check::<crate::StockItem>(stock_item::Event::TYPES, &samples::stock_item(), Fact::StockItem);
}

/// The golden files are exactly those of today's events: a variant that is gone, or a version that
/// was raised, leaves a file that fails here until a test in `old_forms` reads its old form.
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
        .chain(of("artist", artist::Event::TYPES))
        .chain(of("cart", cart::Event::TYPES))
        .chain(of("gift_card", gift_card::Event::TYPES))
        .chain(of("loyalty_account", loyalty_account::Event::TYPES))
        .chain(of("order", order::Event::TYPES))
        .chain(of("payment", payment::Event::TYPES))
        .chain(of("product", product::Event::TYPES))
        .chain(of("promotion", promotion::Event::TYPES))
        .chain(of("promotion_usage", promotion_usage::Event::TYPES))
        .chain(of("review", review::Event::TYPES))
        .chain(of("stock_item", stock_item::Event::TYPES))
        .chain(of("webhook", webhook::Event::TYPES))
        .chain(of("wishlist", wishlist::Event::TYPES))
        .collect();
    assert_eq!(files, expected);
}
